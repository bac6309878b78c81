import { readdir, readFile } from 'node:fs/promises';

/** Ends every process of this user that has a variable in its environment: all that a run started, whoever its parent is by now. */
export async function endMarked(variable: string, value: string, graceMs = 3_000): Promise<number> {
  const found = await marked(variable, value);
  for (const pid of found) signal(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  let left = found;
  while (left.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    left = await marked(variable, value);
    if (performance.now() > deadline) for (const pid of left) signal(pid, 'SIGKILL');
  }
  return found.length;
}

/** Process numbers; one that is ending has no environment any more (proc(5), /proc/PID/environ). */
async function marked(variable: string, value: string): Promise<number[]> {
  const wanted = `${variable}=${value}`;
  const numbers = (await readdir('/proc')).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  const found = await Promise.all(
    numbers.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return pid !== process.pid && environment.split('\0').includes(wanted);
    }),
  );
  return numbers.filter((_, index) => found[index]);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // ESRCH: it ended by itself.
  }
}
