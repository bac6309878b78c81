import { isSilence, isUnproven } from '../chain/index.ts';
import { toLogosError } from '../system/errors.ts';
import { localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { openPinned } from './chain-trust.ts';
import { loadHostRecord } from './host-record.ts';
import { guardStore, readPin, withPin } from './ngd/pin.ts';
import { readWanted } from './ngd/wanted.ts';
import { type RulesAnswer, readRules } from './rules.ts';

/** What the chain that this host joined wants of it, read with proof, and kept how far that was seen. Never throws. */
export async function answerRules(home: Home): Promise<RulesAnswer> {
  try {
    const { chain } = await loadHostRecord(home);
    const pinned = withPin(chain, await readPin(home));
    const verified = await openPinned(home, pinned, undefined, guardStore(home));
    try {
      const rules = await readRules(verified);
      return { rules, wanted: await readWanted(verified, home, localExec) };
    } finally {
      await verified.close();
    }
  } catch (thrown) {
    const error = toLogosError(thrown);
    const { code, message } = error;
    // A chain that stands still and a node that holds blocks back look the same. A full disk here is nobody's lie.
    return { failed: { code, message, silent: !isUnproven(error) || isSilence(error) || code === 'head-stale' } };
  }
}
