import { join } from 'node:path';
import { connectChain, type Hash, hostKey, type MachineGuard } from '../../chain/index.ts';
import { toLogosError, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { loadHostRecord } from '../host-record.ts';
import type { Attested, Attesting } from './attestation.ts';
import { readPin, withPin } from './pin.ts';

/** Where the guard's own key is: the gatekeeper signs with another. */
export function guardKeys(home: Home): string {
  return join(home.guard, 'keys');
}

/** Blocks are asked for at this pace, milliseconds: what a term in blocks is in time. */
const BLOCK_MS = 3_000;
/** Blocks that an attestation may wait for its block, where the chain does not say. */
const LONGEST_WINDOW = 64;
/** Attestations in a term, so that one may be lost; each is a process of two or three seconds. */
const PER_TERM = 2;

/** Tells the chain what the guard of this host found, as an answer to its newest block. Never throws. */
export async function answerAttest(home: Home, { manifest, intact }: Attesting): Promise<Attested> {
  try {
    const guard = await hostKey(guardKeys(home), { create: true });
    const { chain: pinned } = await loadHostRecord(home);
    const { genesis } = withPin(pinned, await readPin(home));
    const chain = await connectChain(pinned.url);
    try {
      if (chain.identity.genesis !== genesis)
        return failed('chain-changed', 'The chain at this address is another one.');
      const machines = chain.machines;
      const account = await machines.machineOf(guard.address);
      const rules = await machines.rules();
      if (account === undefined || rules?.attestTerm === undefined) return { state: 'unbound' };
      const record = await machines.find(account);
      if (record?.guard === undefined) return { state: 'unbound' };
      if (record.machine.state === 'excluded') return { state: 'excluded' };
      const digest: Hash = `0x${manifest}`;
      const { height } = await chain.head();
      if (intact) {
        const { guard: bond } = record;
        const known = manifestsTaken(bond, height, rules.attestWindow);
        if (known.length > 0 && !known.includes(digest)) return { state: 'manifest-unknown', manifest: digest };
        const blocks = bond.seen + rules.heartbeatGap - height;
        if (blocks >= 0) return { state: 'early', againMs: (blocks + 1) * BLOCK_MS };
      }
      const receipt = await machines.attest(guard, { manifest: digest, intact });
      return { state: 'taken', height: receipt.height, againMs: Math.floor(rules.attestTerm / PER_TERM) * BLOCK_MS };
    } finally {
      await chain.close();
    }
  } catch (thrown) {
    const { code, message } = toLogosError(thrown);
    if (thrown instanceof UserError && code === 'guard-not-bound') return { state: 'unbound' };
    return failed(code, message);
  }
}

/**
 * The manifests that the chain will surely take of a guard: a former one only while it does not run out before an
 * attestation of now has to be in a block, `window` blocks from `height` on. What is taken late is no honest mistake there.
 */
export function manifestsTaken(
  { manifest, former }: Pick<MachineGuard, 'manifest' | 'former'>,
  height: number,
  window = LONGEST_WINDOW,
): Hash[] {
  const still = former !== undefined && former.until > height + window ? former.manifest : undefined;
  return [manifest, still].filter((one) => one !== undefined);
}

function failed(code: string, message: string): Attested {
  return { state: 'failed', code, message };
}
