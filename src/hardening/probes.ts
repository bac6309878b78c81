import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from './enforcement.ts';
import type { KernelFiles } from './kernel-files.ts';

const WINDOW_MS = 130;
/** Answers come within milliseconds; only a machine at its limits makes anyone wait. */
const PATIENCE_MS = 2_000;
const TICK_MS = 10; // USER_HZ is 100 on every architecture: proc(5)

/** A busy loop must be throttled, and get little more than its quota (a share of one CPU). */
export async function probeCpu(directory: string, files: KernelFiles, quota: number): Promise<Verdict> {
  // Each waits for a line, so that nothing runs outside its group; without a parent the line never comes and it ends.
  return withChild(directory, files, 'read -r go || exit 0; while :; do :; done', async (child) => {
    const started = performance.now();
    for (let window = 1; ; window++) {
      await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
      const used = (await cpuMs(child.pid)) / (performance.now() - started);
      const throttled = counter(await files.read(join(directory, 'cpu.stat')), 'nr_throttled');
      const figure = `a busy loop with a quota of ${percent(quota)} got ${percent(used)} of a CPU and was throttled ${throttled} times`;
      if (throttled > 0 && used < 0.5) return { verdict: 'enforced', figure };
      if (window < 2) continue;
      // Throttled and busy all the same: in an emulated machine, whose clock jumps, that happens.
      return { verdict: throttled === 0 && used > 3 * quota ? 'not-enforced' : 'unknown', figure };
    }
  });
}

/** A program that takes three times the limit must be killed, or be held at the limit. */
export async function probeMemory(directory: string, files: KernelFiles, limit: number): Promise<Verdict> {
  const wanted = 3 * limit;
  const script = `read -r go || exit 0; exec dd if=/dev/zero of=/dev/null bs=${wanted} count=1 2>/dev/null`;
  return withChild(directory, files, script, async (child, exited) => {
    const signal = await Promise.race([
      exited,
      new Promise<'slow'>((resolve) => setTimeout(resolve, PATIENCE_MS, 'slow').unref()),
    ]);
    const text = `a program that took ${mib(wanted)} MiB in a group of ${mib(limit)} MiB`;
    if (signal === 'SIGKILL') return { verdict: 'enforced', figure: `${text} was killed` };
    if (signal === 'slow') return { verdict: 'unknown', figure: `${text} had not ended` };
    return {
      verdict: child.exitCode === 0 ? 'not-enforced' : 'unknown',
      figure: `${text} ended with ${child.exitCode}`,
    };
  });
}

/** A process alone in a group of one must not be able to start another. */
export async function probePids(directory: string, files: KernelFiles): Promise<Verdict> {
  const script = 'read -r go || exit 0; /bin/true; exit 0';
  return withChild(directory, files, script, async (child, exited) => {
    const deadline = performance.now() + PATIENCE_MS;
    const text = 'a process in a group of one';
    while (performance.now() < deadline) {
      if (counter(await files.read(join(directory, 'pids.events')), 'max') > 0)
        return { verdict: 'enforced', figure: `${text} could not start another` };
      const ended = await Promise.race([
        exited,
        new Promise<'running'>((resolve) => setTimeout(resolve, 5, 'running')),
      ]);
      if (ended === 'running') continue;
      if (child.exitCode === 0) return { verdict: 'not-enforced', figure: `${text} started another` };
      return { verdict: 'enforced', figure: `${text} could not start another` };
    }
    return { verdict: 'unknown', figure: `${text} gave no answer in time` };
  });
}

type Exited = Promise<NodeJS.Signals | null>;

/** Starts a waiting shell, puts it into the group, lets it go, and makes sure that it is gone at the end. */
async function withChild(
  directory: string,
  files: KernelFiles,
  script: string,
  measure: (child: ChildProcess, exited: Exited) => Promise<Verdict>,
): Promise<Verdict> {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
  const exited: Exited = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  child.stdin.on('error', () => {}); // it may end before it reads
  try {
    if (child.pid === undefined) await exited; // rejects with the reason
    await files.write(join(directory, 'cgroup.procs'), `${child.pid}`);
    child.stdin.end('go\n');
    return await measure(child, exited);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

/** CPU time of a process so far: utime and stime, proc(5). */
async function cpuMs(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** A number of a file with one `name value` a line. */
function counter(text: string | undefined, name: string): number {
  const line = text?.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function mib(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
