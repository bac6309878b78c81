import type { GuardCheck } from '../checks.ts';
import type { Deviation } from '../verdict.ts';

/** A domain that runs, as far as it must not change: `digest` is of its definition without what libvirt fills in anew. */
export interface LiveDomain {
  readonly name: string;
  readonly uuid: string;
  readonly digest: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Devices and files of this host that guests of ours never have, in words. */
  readonly foreign: readonly string[];
}

export interface DomainsOptions {
  /** Guests of ours that run, or are paused. */
  domains(): Promise<readonly LiveDomain[]>;
  /** What guests may be, as the chain has it; `undefined` while that is not known. */
  allowed?(): readonly { readonly vcpus: number; readonly memoryMiB: number }[] | undefined;
  /** Calls `changed` for each event in the life of a domain. */
  events?(changed: () => void, signal: AbortSignal): void;
}

/**
 * Target of a guest that has the size of no template. Templates change on chain, and guests that run keep the size that they
 * were ordered with: who judges has to know that it is a rule of the chain.
 */
export const GUEST_SIZES = 'guest sizes on chain';

const EVERY_MS = 2_000;
/** libvirt fills in a definition while QEMU starts, milliseconds. */
const SETTLES_MS = 5_000;

/**
 * Looks whether each guest is what the chain has guests be, and stays what it was when it was first seen: no disk, device
 * or file of the host was put into it, no limit was changed.
 */
export function domainsCheck({ domains, allowed, events }: DomainsOptions): GuardCheck {
  const known = new Map<string, { digest: string; since: number }>();
  return {
    name: 'domains',
    everyMs: EVERY_MS,
    watch: events,
    run: async () => {
      const live = await domains();
      const templates = allowed?.();
      const found = live.flatMap((domain): Deviation[] => {
        const target = `domain ${domain.name}`;
        const now = performance.now();
        const before = known.get(domain.uuid) ?? { digest: domain.digest, since: now };
        const first = now - before.since < SETTLES_MS ? domain.digest : before.digest;
        known.set(domain.uuid, { digest: first, since: before.since });
        const size = `${domain.vcpus} vCPUs, ${domain.memoryMiB} MiB`;
        const fits =
          templates === undefined ||
          templates.some(({ vcpus, memoryMiB }) => vcpus === domain.vcpus && memoryMiB === domain.memoryMiB);
        return [
          ...(first === domain.digest ? [] : [{ target, expected: `definition ${first}`, found: domain.digest }]),
          ...(fits
            ? []
            : [{ target: GUEST_SIZES, expected: 'the size of a template', found: `${domain.name}: ${size}` }]),
          ...domain.foreign.map((what) => ({ target, expected: 'nothing of the host', found: what })),
        ];
      });
      const uuids = new Set(live.map(({ uuid }) => uuid));
      for (const uuid of known.keys()) if (!uuids.has(uuid)) known.delete(uuid);
      return found;
    },
  };
}
