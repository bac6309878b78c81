import type { DriftRule } from './declaration.ts';

const RECAP = /^\S+\s+:\s+ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm;

/** What a look for drift found: `unknown` where it could not be told. */
export type DriftState = 'clean' | 'drifted' | 'unknown';

/** Reads from how a command ended, and what it printed, whether the host is as it was left. */
export function driftOf(
  clean: DriftRule['clean'],
  { exitCode, output }: { exitCode: number; output: Uint8Array },
): DriftState {
  if (clean === 'exit-code') return exitCode === 0 ? 'clean' : 'drifted';
  if (clean === 'detailed-exit-code') return exitCode === 0 ? 'clean' : exitCode === 2 ? 'drifted' : 'unknown';
  const hosts = [...Buffer.from(output).toString('utf8').matchAll(RECAP)];
  if (exitCode !== 0 || hosts.length === 0) return 'unknown';
  if (hosts.some(([, , unreachable, failed]) => unreachable !== '0' || failed !== '0')) return 'unknown';
  return hosts.every(([, changed]) => changed === '0') ? 'clean' : 'drifted';
}
