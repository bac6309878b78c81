import { readdir, readFile } from 'node:fs/promises';
import type { Home } from '../../system/home.ts';
import { identify, type ProcessIdentity } from '../../system/process.ts';
import type { ServiceName } from '../definitions.ts';

/** In the environment of the supervisor and of each process that it runs: which service of which instance it is. */
export const SERVICE_VARIABLE = 'LOGOS_SERVICE';

export function serviceMark(home: Home, name: ServiceName | 'supervisor'): string {
  return `${home.root}:${name}`;
}

/**
 * The process that runs a service, found among all by its mark; for a supervisor that died between starting it and
 * writing down its number. What it started itself carries the mark too, but does not lead its own session (setsid(2)).
 */
export async function findServiceProcess(
  home: Home,
  name: ServiceName | 'supervisor',
): Promise<ProcessIdentity | undefined> {
  const entry = `${SERVICE_VARIABLE}=${serviceMark(home, name)}`;
  const found: ProcessIdentity[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter(Number.isInteger)) {
    if (!(await environmentOf(pid)).includes(entry) || !(await leadsSession(pid))) continue;
    const identity = await identify(pid);
    if (identity) found.push(identity);
  }
  return found.sort((a, b) => Number(a.startTime) - Number(b.startTime))[0];
}

async function environmentOf(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  } catch {
    return []; // gone, or another user's
  }
}

async function leadsSession(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // proc(5): session is field 6, the fourth after the closing bracket of the name.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]) === pid;
  } catch {
    return false;
  }
}
