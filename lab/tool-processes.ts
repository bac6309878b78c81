import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Command lines of all processes of this machine. */
export function commandLines(): string[] {
  return processes().map(({ line }) => line);
}

/** The first process whose command line ends so. */
export function pidOf(end: string): string | undefined {
  return processes().find(({ line }) => line.endsWith(end))?.pid;
}

/** The control groups that a tool's sandbox made for this process to be in, whichever version this machine has. */
export function runGroups(pid: string | undefined): string[] {
  if (pid === undefined) return [];
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([, , group]) => group?.includes('/logos-run-'))
    .map(([, controllers = '', group = '']) => join('/sys/fs/cgroup', controllers, group));
}

function processes(): { pid: string; line: string }[] {
  return execFileSync('ps', ['-e', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((text) => {
      const [, pid = '', line = ''] = /^ *(\d+) (.*)$/.exec(text) ?? [];
      return { pid, line };
    });
}
