import { z } from 'zod';
import type { StorageFacts } from './facts.ts';

const amount = z.number().nonnegative();

/** Classes of storage nodes, from the lowest to the highest, in the chain's `resource-classes`. */
export const storageSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^storage-[a-z0-9-]{1,20}$/),
      minimum: z.strictObject({
        /** Disks that nothing is on: one is no redundancy. */
        disks: amount,
        /** Of them together, less the largest: what is left when one fails. */
        usableGiB: amount,
        memoryMiB: amount,
        linkMbit: amount,
        unbrokenHours: amount.max(168),
      }),
    }),
  )
  .min(1)
  .max(16);
export type StorageClasses = z.infer<typeof storageSchema>;

/** Something that keeps a machine from being a storage node, or from the next class. */
export interface StorageReason {
  readonly what: string;
  readonly nextStep: string;
}

export interface StorageVerdict {
  /** Missing when it is refused. */
  readonly class?: string;
  readonly next?: { readonly class: string; readonly reasons: readonly StorageReason[] };
  /** What could not be looked at. */
  readonly notes: readonly string[];
}

/** Which storage class a machine has, or why none. A disk that says that it fails counts for nothing. Pure and total. */
export function judgeStorage(facts: StorageFacts, classes: StorageClasses): StorageVerdict {
  const all = classes.map((entry) => ({ class: entry.name, reasons: reasonsOf(facts, entry.minimum) }));
  const missed = all.findIndex(({ reasons }) => reasons.length > 0);
  const reached = missed < 0 ? all.length : missed;
  const unknown = facts.disks.filter(({ health }) => health === 'unknown').map(({ name }) => name);
  const notes = [
    ...(facts.smartctl ? [] : ['the health of the disks (SMART): smartctl is not installed (package smartmontools)']),
    ...(facts.smartctl && unknown.length > 0 ? [`the health of ${unknown.join(', ')}: SMART says nothing`] : []),
  ];
  return { class: all[reached - 1]?.class, next: all[reached], notes };
}

function reasonsOf(facts: StorageFacts, minimum: StorageClasses[number]['minimum']): StorageReason[] {
  const failing = facts.disks.filter(({ health }) => health === 'failing');
  const sound = facts.disks.filter(({ health }) => health !== 'failing');
  const sizes = sound.map(({ sizeGiB }) => sizeGiB);
  const usable = sizes.reduce((sum, size) => sum + size, 0) - Math.max(0, ...sizes);
  const reason = (holds: boolean, what: string, nextStep: string): StorageReason[] =>
    holds ? [] : [{ what, nextStep }];
  return [
    ...failing.map(({ name }) => ({
      what: `${name} says that it fails (SMART)`,
      nextStep: `Replace the disk ${name}.`,
    })),
    ...reason(
      facts.unbrokenHours >= minimum.unbrokenHours,
      `${facts.unbrokenHours} of ${minimum.unbrokenHours} hours without a break are committed`,
      'Commit to more, such as `logos provide --sla always`.',
    ),
    ...reason(
      sound.length >= minimum.disks,
      `${sound.length} of ${minimum.disks} free disks`,
      'Add disks, or free some of partitions and file systems: nothing of yours is ever erased.',
    ),
    ...reason(
      usable >= minimum.usableGiB,
      `${usable} of ${minimum.usableGiB} GiB are left when the largest disk fails`,
      'Add disks, or larger ones.',
    ),
    ...reason(
      facts.memoryMiB >= minimum.memoryMiB,
      `${facts.memoryMiB} of ${minimum.memoryMiB} MiB of memory`,
      'Add memory.',
    ),
    ...reason(
      (facts.linkMbit ?? 0) >= minimum.linkMbit,
      `${facts.linkMbit ?? 'unknown'} of ${minimum.linkMbit} Mbit/s at the default interface`,
      'Connect it by a faster link; a virtual card may not tell its speed.',
    ),
  ];
}
