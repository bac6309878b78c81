import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildManifest, lsmCheck, runGuard, saveManifest, settingsCheck, watchedCheck } from '../src/guard/index.ts';
import { run } from './lsm-domains.ts';

/** What the guard said while one thing happened to the machine. */
interface GuardedTime {
  readonly what: string;
  /** Verdicts that were made meanwhile and after it, by what they said. */
  readonly said: Readonly<Record<string, number>>;
  readonly deviations: readonly string[];
  /** How far the clock went, and how long the machine slept, seconds; both beside the time that can't be set. */
  readonly stepped: number;
  readonly slept: number;
  /** What the command printed when it failed. */
  readonly failed?: string;
}

const HOUR = 3_600;
const SLEEP_S = 8;
/** Looks at all of it, after what happened. */
const LOOKS = 4;
const INTERVAL_MS = 500;
const WITHIN_MS = 240_000;

/**
 * Runs NGd's loop and engine on this machine while its clock is stepped as an NTP client steps it (clock_settime(2)), an hour
 * too far, back, and back too far, and while all of the machine sleeps; then changes a file. Only for a machine whose clock
 * may be set. Gives what was said each time, and how long the change took to be seen.
 */
export async function guardThroughTime(directory: string): Promise<{ steps: GuardedTime[]; seenMs: number }> {
  // Programs that came over a wire are not there right after a sleep: all of them has to be in memory.
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const [, path] = /\s(\/\S+)$/.exec(line) ?? [];
    if (path !== undefined) readFileSync(path);
  }
  const home = { state: join(directory, 'state') };
  const files = ['a', 'b', 'c'].map((name) => join(directory, name));
  mkdirSync(home.state, { recursive: true });
  for (const path of files) await writeFile(path, path);
  const manifest = await buildManifest(files.map((path) => ({ path, kind: 'file' })));
  await saveManifest(home, manifest);
  const value = '/proc/sys/kernel/yama/ptrace_scope';
  const setting = { target: 'ptrace_scope', path: value, expected: readFileSync(value, 'utf8').trim() };

  const ending = new AbortController();
  const verdicts: { integrity: string; deviations: readonly { target: string; found: string }[] }[] = [];
  const guard = runGuard({
    home,
    intervalMs: INTERVAL_MS,
    filesEveryMs: 2_000,
    checkTimeoutMs: 60_000,
    extraChecks: [watchedCheck(async () => files), settingsCheck('settings', () => [setting]), lsmCheck(['libvirtd'])],
    signal: ending.signal,
    onVerdict: (verdict) => void verdicts.push(verdict),
  });
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const started = performance.now();
    while (!holds()) {
      if (performance.now() - started > WITHIN_MS) throw new Error(`${what}: ${JSON.stringify(verdicts.at(-1))}`);
      await delay(20);
    }
  };
  const steps: GuardedTime[] = [];
  const during = async (what: string, command: readonly [string, ...string[]]): Promise<void> => {
    const [from, clock, mono, up] = [verdicts.length, Date.now(), performance.now(), uptime()];
    let failed: string | undefined;
    try {
      run(...command);
    } catch (error) {
      failed = String((error as { stderr?: string }).stderr ?? error).trim();
    }
    const passed = (performance.now() - mono) / 1_000;
    const slept = uptime() - up - passed;
    const stepped = (Date.now() - clock) / 1_000 - passed - slept;
    const now = verdicts.length;
    await until(what, () => verdicts.length >= now + LOOKS);
    const made = verdicts.slice(from);
    const said: Record<string, number> = {};
    for (const { integrity } of made) said[integrity] = (said[integrity] ?? 0) + 1;
    const deviations = made.flatMap((one) => one.deviations.map(({ target, found }) => `${target}: ${found}`));
    steps.push({ what, said, deviations, stepped: Math.round(stepped), slept: Math.round(slept), failed });
  };
  const set = (seconds: number) => ['date', '-s', `@${Math.round(Date.now() / 1_000) + seconds}`] as const;
  await until('intact', () => verdicts.at(-1)?.integrity === 'intact');
  await during('an hour too far', set(HOUR));
  await during('put right', set(-HOUR));
  await during('an hour too far back', set(-HOUR));
  await during('put right again', set(HOUR));
  await during('asleep', ['rtcwake', '-u', '-m', 'mem', '-s', `${SLEEP_S}`]);

  const changed = performance.now();
  appendFileSync(files[1] ?? '', 'changed');
  await until('a change', () => verdicts.at(-1)?.integrity === 'deviated');
  const seenMs = Math.round(performance.now() - changed);
  ending.abort();
  await guard;
  return { steps, seenMs };
}
