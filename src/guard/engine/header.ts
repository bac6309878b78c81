import { z } from 'zod';

const mountSchema = z.strictObject({
  /** Where, as the guard's mount namespace names it. */
  at: z.string(),
  /** Which part of the filesystem is shown there. */
  root: z.string(),
  type: z.string(),
  source: z.string(),
});
export type KnownMount = z.output<typeof mountSchema>;

/** The first line of a baseline file; rows and bytes follow it (store.ts). */
export const headerSchema = z.strictObject({
  format: z.literal('logos-guard-baseline/1'),
  /** ISO 8601. */
  created: z.string(),
  byteOrder: z.enum(['LE', 'BE']),
  entries: z.int().min(1).max(8_000_000),
  /** Bytes of names, link targets and extended attributes. */
  bytes: z.int().min(1),
  /** Content that was hashed. */
  content: z.int().min(0),
  /** Which filesystems the entries lie on; rows name them by their place here. Device numbers change at a reboot, so they are not kept. */
  filesystems: z.array(z.strictObject({ at: z.string(), type: z.string() })),
  /** The mounts that the roots lie on, and those below the roots. */
  mounts: z.array(mountSchema),
  /** What was mounted over or under the roots in other mount namespaces when the baseline was taken. */
  foreignMounts: z.array(z.string()),
});
export type BaselineHeader = z.output<typeof headerSchema>;
