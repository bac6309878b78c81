import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { measuringPrograms } from '../../hypervisor/index.ts';
import { MeasuredShell } from './shell.ts';

/** Of proc(5)'s times: USER_HZ, the same on every Linux of this architecture. */
const TICKS_PER_SECOND = 100;

/**
 * The shell that a guest has, as a process of this host, with the same programs, which are put into `directory`. Its clock counts it
 * and what it has started and waited for.
 */
export async function hostShell(directory: string): Promise<MeasuredShell> {
  for (const [name, content] of Object.entries(measuringPrograms())) {
    await writeFile(join(directory, name), content, { mode: 0o755 });
  }
  const child = spawn('busybox', ['sh'], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'ignore'],
    // A group of its own, so that what it is in the middle of ends with it.
    detached: true,
    env: { PATH: `${directory}:/usr/bin:/bin`, LC_ALL: 'C' },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  stream.once('close', () => endGroup(child.pid));
  return new MeasuredShell(stream, () => cpuSeconds(child.pid ?? 0));
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything, the third field comes first; 14 to 17 are the times.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS_PER_SECOND;
}
