import { readdirSync, readFileSync } from 'node:fs';

/**
 * Stops the processes of guests (SIGSTOP) without libvirt's help: for when its daemon does not answer, or is not
 * believed. `uuids`: the guests'. Gives the numbers of the processes.
 */
export function stopProcesses(uuids: readonly string[]): number[] {
  const stopped: number[] = [];
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    if (pid === process.pid || !uuids.some((uuid) => commandOf(pid).includes(`\0-uuid\0${uuid}\0`))) continue;
    try {
      process.kill(pid, 'SIGSTOP');
      stopped.push(pid);
    } catch {
      // It has just ended.
    }
  }
  return stopped;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
