import { hardeningUndoers } from '../hardening/index.ts';
import { hostUndoers } from '../host/index.ts';
import { hypervisorUndoers } from '../hypervisor/index.ts';
import { fileUndoers } from '../system/changes.ts';
import { toLogosError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { type Change, Journal, type Undoers } from '../system/journal.ts';
import type { Progress } from '../system/progress.ts';
import { openGatekeeper } from './gatekeeper.ts';
import { removeHome } from './home-directory.ts';
import { loadHostRecord } from './host-record.ts';
import { lockOut } from './lock-out.ts';
import { serviceManager } from './manager.ts';
import { leaveMachines } from './oversight.ts';
import { libvirtdUndoers } from './provide/libvirtd.ts';
import { stopProviding } from './stop.ts';
import { serviceUndoers } from './undoers.ts';

export interface ResetOptions {
  home: Home;
  exec: Exec;
  progress: Progress;
  /** Also removes the Debian packages that this program installed. */
  purge: boolean;
}

export interface ResetResult {
  undone: number;
  /** Debian packages that were installed and stay. */
  keptPackages: string[];
  /** What somebody else changed since, and stays as they made it. */
  kept: Kept[];
}

interface Kept {
  kind: string;
  target: string;
  reason: string;
}

/** What reset would undo, newest first. */
export async function resetPlan(home: Home): Promise<Change[]> {
  return (await new Journal(home.journal).pending()).reverse();
}

/**
 * Undoes everything that this instance changed on the machine: leaves the chain where it answers, ends guests and services,
 * takes back each journalled change but what somebody else changed since, which it names, and removes LOGOS_HOME. Killed at any line and called again, it goes on.
 */
export async function reset({ home, exec, progress, purge }: ResetOptions): Promise<ResetResult> {
  const journal = new Journal(home.journal);
  const note = (message: string): void => progress({ event: 'note', message });
  if ((await journal.pending()).length === 0) return { undone: 0, keptPackages: [], kept: [] };
  const lock = await lockOut(home);
  try {
    return await undoAll({ home, exec, purge, journal, note });
  } finally {
    lock?.release();
  }
}

interface UndoAll {
  home: Home;
  exec: Exec;
  purge: boolean;
  journal: Journal;
  note(message: string): void;
}

async function undoAll({ home, exec, purge, journal, note }: UndoAll): Promise<ResetResult> {
  await leave(home, exec, note);
  note('ending guests and services');
  await stopProviding(home, exec);
  const packages = (await journal.pending()).filter((change) => change.kind === 'package').map(({ target }) => target);
  note('taking back changes to this machine');
  const kept: Kept[] = [];
  const undone = await journal.undo(
    undoersFor(home, exec, purge),
    ({ kind }) => kind !== 'home',
    ({ kind, target }, { message: reason }) => {
      kept.push({ kind, target, reason });
      note(`kept: ${reason}`);
    },
  );
  await removeHome(home, journal);
  return { undone: undone.length, keptPackages: purge ? [] : packages, kept };
}

function undoersFor(home: Home, exec: Exec, purge: boolean): Undoers {
  return {
    ...fileUndoers,
    ...serviceUndoers(home, exec),
    ...hypervisorUndoers,
    ...libvirtdUndoers(exec),
    ...hardeningUndoers(exec),
    ...hostUndoers({ exec, journal: new Journal(home.journal), purge }),
  };
}

/** The chain should know that this host is gone; one that can't be told finds out by itself. */
async function leave(home: Home, exec: Exec, note: (message: string) => void): Promise<void> {
  try {
    const { chain } = await loadHostRecord(home);
    // The embedded chain goes with everything else.
    if (chain.mode === 'dev') return;
    const manager = await serviceManager(home, new Journal(home.journal), exec);
    // Only one process may hold the gatekeeper's store.
    if ((await manager.status()).ng) await manager.stop('ng');
    const opened = await openGatekeeper(home, { exec, log: () => {} });
    try {
      const uid = process.getuid?.() ?? 0;
      const request = opened.gatekeeper.request({ kind: 'leave', payload: {}, origin: { source: 'command', uid } });
      const receipt = await opened.gatekeeper.handle(request, AbortSignal.timeout(15_000));
      note(`leaving the chain: ${receipt.outcome}`);
      if (await leaveMachines(opened.connection.machines, opened.signer)) {
        note('the collateral is free after the term of leaving: keep a copy of the key to withdraw it (drn.withdraw)');
      }
    } finally {
      await opened.close();
    }
  } catch (thrown) {
    note(`leaving the chain was not possible: ${toLogosError(thrown).message}`);
  }
}
