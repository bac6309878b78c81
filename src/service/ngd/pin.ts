import { join } from 'node:path';
import { z } from 'zod';
import type { Deviation } from '../../guard/index.ts';
import { readJson, writeJson } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import type { PinnedChain } from '../chain-trust.ts';
import { loadHostRecord } from '../host-record.ts';

const pinSchema = z.object({
  mode: z.enum(['dev', 'remote']),
  genesis: z.string(),
  trust: z.enum(['finality', 'local']),
});
/** Which chain this host joined, as NGd keeps it for itself. */
type Pin = z.output<typeof pinSchema>;

/** Where NGd keeps how far it has verified the chain, apart from the gatekeeper. */
export function guardStore(home: Home): string {
  return join(home.guard, 'verified');
}

/** Taken down when a host joins. Whoever changes the gatekeeper's record later does not change this one. */
export async function savePin(home: Home, pinned: PinnedChain): Promise<void> {
  await writeJson(pinFile(home), pinOf(pinned));
}

/** What the record of the gatekeeper says otherwise than the pin; nothing where neither is there yet. */
export async function pinDeviations(home: Home): Promise<Deviation[]> {
  const pin = await readJson(pinFile(home), pinSchema);
  const record = await loadHostRecord(home).catch(() => undefined);
  if (pin === undefined || record === undefined) return [];
  const found = pinOf(record.chain);
  const words = ({ mode, genesis, trust }: Pin): string => `${genesis} (${mode}, ${trust})`;
  return words(pin) === words(found)
    ? []
    : [{ target: 'chain of this host', expected: words(pin), found: words(found) }];
}

/** The pinned chain, asked at the nodes that the record names: who answers need not be believed. */
export function withPin(pinned: PinnedChain, pin: Pin | undefined): PinnedChain {
  return pin === undefined ? pinned : { ...pinned, ...pin };
}

export function readPin(home: Home): Promise<Pin | undefined> {
  return readJson(pinFile(home), pinSchema);
}

function pinOf({ mode, genesis, trust }: PinnedChain): Pin {
  return { mode, genesis, trust: trust ?? (mode === 'dev' ? 'local' : 'finality') };
}

function pinFile(home: Home): string {
  return join(home.guard, 'chain.json');
}
