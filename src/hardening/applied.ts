import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { Json } from '../system/journal.ts';
import type { Stage } from './brand.ts';
import { CONTROLLERS, type Unsupported } from './cgroup.ts';
import { sandboxSchema } from './sandbox.ts';

const unsupportedSchema: z.ZodType<Unsupported> = z.object({ feature: z.string(), reason: z.string() });

const groupSchema = z.object({
  directory: z.string(),
  controllers: z.array(z.enum(CONTROLLERS)).readonly(),
  settings: z.array(z.object({ file: z.string(), value: z.string(), optional: z.boolean() })).readonly(),
});

const appliedSchema = z.object({
  version: z.literal(1),
  /** SHA-256 of the policy, hex. */
  policy: z.string(),
  /** Name of our table and group. */
  instance: z.string(),
  groups: z.array(groupSchema).readonly(),
  /** Files to write a process id to, so that it lives within the limits; empty with a slice. */
  cgroupProcs: z.array(z.string()).readonly(),
  /** cgroup partition for a libvirtd that systemd runs, such as `/logos_1a2b3c4d`. */
  partition: z.string().optional(),
  slice: z.object({ name: z.string(), path: z.string(), content: z.string() }).optional(),
  sysctls: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      value: z.string(),
      compare: z.enum(['equal', 'at-least', 'at-most']),
      why: z.string(),
    }),
  ),
  /** Digests of the rules as asked for and as the kernel lists them. */
  firewall: z.object({ table: z.string(), definition: z.string(), listing: z.string() }).optional(),
  /** What the other controls hold to, each in its own form, by name. */
  controls: z
    .record(
      z.string(),
      z.custom<Json>((value) => value !== undefined),
    )
    .default({}),
  sandbox: sandboxSchema,
  unsupported: z.array(unsupportedSchema).readonly(),
});

/** What holds on this host after a run: plain data, kept in the home, the yardstick of `verifyPlan` and NGd. */
export type AppliedPlan = Stage<z.infer<typeof appliedSchema>, 'applied'>;
export type AppliedState = z.infer<typeof appliedSchema>;

/** The last applied plan, or `undefined` on a host that is not hardened. Throws UserError `state-damaged`. */
export async function readApplied(home: Home): Promise<AppliedPlan | undefined> {
  return (await readJson(appliedFile(home), appliedSchema)) as AppliedPlan | undefined;
}

export async function writeApplied(home: Home, applied: AppliedPlan): Promise<void> {
  await writeJson(appliedFile(home), applied);
}

export async function forgetApplied(home: Home): Promise<void> {
  await rm(appliedFile(home), { force: true });
}

/** Where it is kept. */
export function appliedFile(home: Home): string {
  return join(home.state, 'hardening.json');
}
