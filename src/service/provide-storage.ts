import {
  judgeStorage,
  keptOf,
  parseCommitment,
  type StorageVerdict,
  storageFacts,
  takeInventory,
} from '../host/index.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { readConfig } from './config.ts';
import { lastThresholds } from './keep-class.ts';

/**
 * Judges whether this machine could be a storage node; changes nothing. Throws UserError `storage-refused` with the reasons, and
 * what reading the configuration and the disks does.
 */
export async function checkStorageRole(home: Home, exec: Exec): Promise<StorageVerdict> {
  const [{ sla = [] }, classes, inventory] = await Promise.all([
    readConfig(home),
    lastThresholds(home),
    takeInventory(),
  ]);
  const { unbrokenHours } = keptOf(sla.map(parseCommitment), [], { from: 0, to: 0 });
  const verdict = judgeStorage(await storageFacts(inventory, unbrokenHours, exec), classes.storage ?? []);
  if (verdict.class !== undefined) return verdict;
  const reasons = verdict.next?.reasons ?? [
    { what: 'the chain has no class for storage', nextStep: 'Ask the operators of your region.' },
  ];
  throw new UserError(
    'storage-refused',
    `This machine can't be a storage node: ${reasons.map(({ what }) => what).join('; ')}.`,
    {
      exitCode: ExitCode.refused,
      nextSteps: [...reasons.map(({ nextStep }) => nextStep), 'It can lend compute all the same: `logos provide`.'],
    },
  );
}
