import { z } from 'zod';
import type { ConfigurationEntry, ConfigurationValue, Hash, Member, Operation, OperationKind } from '../types.ts';

/** What contracts and pallets answer, in the JSON form of polkadot.js, checked and put into our types. */

const hash = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hash>;
const digest = hash.transform((text) => text.slice(2));
const hex = z.string().regex(/^0x([0-9a-f]{2})*$/);
const account = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{46,50}$/);
const block = z.number().int().min(0).max(0xffffffff);
const text = (limit: number) => z.string().max(limit);
/** polkadot.js writes numbers beyond 2^53 in hexadecimal. */
const u64 = z.union([z.number().int().nonnegative(), z.string().regex(/^0x[0-9a-f]{1,16}$/)]).transform(BigInt);
const small = u64.transform(Number).refine(Number.isSafeInteger);

/** Balances have 128 bits. */
export const accountRecord = z.object({
  data: z.object({
    free: z.union([z.number().int().nonnegative(), z.string().regex(/^0x[0-9a-f]{1,32}$/)]).transform(BigInt),
  }),
});

const MAX_INLINE_BYTES = 15 * 1024;

/** What pallet SCL takes for a section's name: its group is a label, its number has 9 digits at most. */
export const sectionName = z.string().regex(/^(?=.{1,64}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?-section-[1-9][0-9]{0,8}$/);
/** A name that polkadot.js writes as bytes. */
export const nameOfBytes = hex
  .max(2 + 2 * 64)
  .transform((bytes) => Buffer.from(bytes.slice(2), 'hex').toString('latin1'));
export const contractKind = z.enum(['Configuration', 'Operation', 'Privacy']);
export const layer = z.int().min(0).max(3);
export const revision = z.int().min(1).max(0xffffffff);
export { account as accountId, hash as hash32 };

export const sclRecord = z.object({ address: account, layer, codeHash: hash, since: block, revision }).nullable();

export const sectionHead = z.object({ version: small, digest: hash });

export const keyPage = z.array(z.string().regex(/^[a-z0-9./-]{1,128}$/)).max(256);

const value: z.ZodType<ConfigurationValue> = z.union([
  z.strictObject({ inline: hex.max(2 + 2 * MAX_INLINE_BYTES) }).transform(({ inline }) => ({
    kind: 'inline' as const,
    bytes: new Uint8Array(Buffer.from(inline.slice(2), 'hex')),
  })),
  z
    .strictObject({ artifact: z.object({ digest, size: small }) })
    .transform(({ artifact }) => ({ kind: 'artifact' as const, ...artifact })),
]);
const entry = z.object({ value, mediaType: text(128), version: small });
export const entries = z.array(entry.nullable()).max(256);

export function entryOf(key: string, found: z.infer<typeof entry>): ConfigurationEntry {
  return { key, value: found.value, mediaType: found.mediaType, version: found.version };
}

const path = z.enum(['Kvm', 'Qemu', 'Gpu']).transform((name) => name.toLowerCase() as 'kvm' | 'qemu' | 'gpu');
const standing = z
  .enum(['Admitted', 'Left', 'Excluded'])
  .transform((name) => name.toLowerCase() as 'admitted' | 'left' | 'excluded');

export const member: z.ZodType<Member | null> = z
  .object({
    standing,
    admission: z.object({ class: text(63), path, inventory: digest, gatekeeper: text(63) }),
    since: block,
  })
  .nullable();

const name = text(63).regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
const commandName = text(63).regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\/[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/);
const kind: z.ZodType<OperationKind> = z.union([
  z
    .strictObject({ startDvm: z.object({ name, template: text(128).regex(/^[a-z0-9./-]+$/) }) })
    .transform(({ startDvm }) => ({ kind: 'start-dvm' as const, ...startDvm })),
  z
    .strictObject({ stopDvm: z.object({ name }) })
    .transform(({ stopDvm }) => ({ kind: 'stop-dvm' as const, ...stopDvm })),
  z
    .strictObject({ run: z.object({ operation: commandName, library: digest, command: digest }) })
    .transform(({ run }) => ({ kind: 'run' as const, ...run })),
]);

const state = z
  .enum(['Requested', 'Approved', 'Claimed', 'Done', 'Failed', 'Expired'])
  .transform((label) => label.toLowerCase() as Operation['state']);

const operationObject: z.ZodType<Operation> = z
  .object({
    ...{ id: u64, requestId: digest, host: account, kind, requestedBy: account },
    ...{ state, requestedAt: block, deadline: block },
  })
  .transform(({ id, requestId, host, kind: asked, requestedBy, state: reached, requestedAt, deadline }) => ({
    ...{ id, requestId, host, kind: asked, requestedBy, state: reached, requestedAt, deadline },
  }));

export const operation = operationObject.nullable();
export const operations = z.array(operationObject).max(64);
export const operationId = u64;
