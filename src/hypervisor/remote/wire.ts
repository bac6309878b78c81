import { z } from 'zod';
import { definitionSchema } from '../definitions.ts';
import { DVM_NAME } from '../domain-xml.ts';

/**
 * What goes between this program here and on another host. Each connection has one purpose, which its first line says; the answer is
 * a line too. Then come a libvirt daemon's own bytes, a migration's, or calls, a line each.
 */
export const purposeSchema = z.discriminatedUnion('purpose', [
  z.object({ purpose: z.literal('calls') }),
  z.object({ purpose: z.literal('libvirt') }),
  z.object({ purpose: z.literal('migration'), socket: z.string().regex(/^[0-9a-f-]{36}\.(memory|disks)$/) }),
]);

export type Purpose = z.infer<typeof purposeSchema>;

const errorSchema = z.object({ code: z.string(), message: z.string(), nextSteps: z.array(z.string()).default([]) });

export const answerSchema = z.union([z.object({ ok: z.json().optional() }).strict(), z.object({ error: errorSchema })]);

/** What another host says of itself. */
export const remoteFactsSchema = z.object({
  id: z.string().min(1),
  diskDirectory: z.string().startsWith('/'),
  sockets: z.string().startsWith('/').optional(),
  uri: z.string().min(1),
  places: z.array(z.object({ host: z.string(), guest: z.string() })),
});

const path = z.string().regex(/^\/[^\p{Cc}]+$/u);
const name = z.string().regex(DVM_NAME);
const disks = definitionSchema.shape.disks;

/** Every call with its arguments. */
export const callSchemas = {
  ping: z.tuple([]),
  lock: z.tuple([name]),
  unlock: z.tuple([name]),
  image: z.tuple([]),
  'definitions.list': z.tuple([]),
  'definitions.find': z.tuple([name]),
  'definitions.write': z.tuple([definitionSchema]),
  'definitions.forget': z.tuple([name]),
  'journal.record': z.tuple([
    z.object({ kind: z.literal('domain'), target: name, before: z.object({ uuid: z.uuid() }) }),
  ]),
  'journal.pending': z.tuple([]),
  'journal.markUndone': z.tuple([z.string().min(1).max(64)]),
  'disks.make': z.tuple([disks]),
  'disks.isThere': z.tuple([path]),
  'disks.remove': z.tuple([z.array(path).max(20)]),
} as const;

export type CallName = keyof typeof callSchemas;
export type CallArguments<N extends CallName> = z.infer<(typeof callSchemas)[N]>;

export const callSchema = z.object({
  id: z.int().min(0),
  call: z.enum(Object.keys(callSchemas) as [CallName, ...CallName[]]),
  args: z.array(z.json()),
});

export const replySchema = z.object({ id: z.int(), answer: answerSchema });
