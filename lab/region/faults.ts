import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { REGION_PHASES } from '../../src/system/progress.ts';
import type { RegionLab, RegionRun } from './operator.ts';

/** What happens to a run: all of it is killed; the command alone is, and leaves Ansible behind; its connections are; a server's plug is pulled with them. */
export const FAULTS = ['kill', 'orphan', 'cut', 'plug'] as const;
export type Fault = (typeof FAULTS)[number];

/** A fault at a moment within a phase: once `after` tasks of it have ended (on whichever servers) and `ms` went by. */
export interface Strike {
  readonly phase: string;
  readonly fault: Fault;
  readonly after: number;
  readonly ms: number;
}

/** What came of it: the command's exit code (`null`: killed; `undefined`: it goes on), and `missed` when the phase was over before its moment came. */
export interface Struck extends Strike {
  readonly code: number | null | undefined;
  readonly missed: boolean;
  readonly output: string;
}

/** How long a server's plug is out. */
const PLUG_MS = 10_000;

/**
 * How many tasks have ended, skipped ones included, where something of each phase is half done: the second database joins, RabbitMQ's
 * cluster forms, tables are made, the acceptance's guest boots. Elsewhere three.
 */
const AFTER: Readonly<Record<string, number>> = {
  ...{ base: 20, pki: 9, database: 7, messaging: 6, cache: 2, loadbalancer: 9, keystone: 7, glance: 17, nova: 5 },
  ...{ neutron: 12, cinder: 5, swift: 9, acceptance: 5 },
};

/** One for each phase that is there by default; every fault comes in turn. */
export function strikesOfAllPhases(): Strike[] {
  return REGION_PHASES.filter((phase) => phase !== 'preflight').map((phase, number) => ({
    phase,
    fault: FAULTS[number % FAULTS.length] ?? 'kill',
    after: AFTER[phase] ?? 3,
    ms: (number * 370) % 900,
  }));
}

/**
 * Runs `logos region bootstrap` again and again: each run is struck at the first of the moments that is still to come, until none
 * is left. Gives what came of each; the last run is not waited for, and not the region's last.
 */
export async function strikeAll(
  lab: RegionLab,
  strikes: readonly Strike[],
  told: (struck: Struck) => void = () => {},
): Promise<Struck[]> {
  const struck: Struck[] = [];
  let run: Running | undefined;
  for (const plan of strikes) {
    run ??= await begin(lab);
    const came = await momentCame(lab, plan, run);
    if (came) await act(lab, plan, run);
    const end = run.over() ? await run.ended : undefined;
    if (end !== undefined) run = undefined;
    const output = end === undefined ? '' : `${end.stdout.slice(-1_500)}\n${end.stderr.slice(-500)}`;
    struck.push({ ...plan, code: end?.code, missed: !came, output });
    told(struck.at(-1) as Struck);
  }
  if (run !== undefined) await lab.operator.killAll();
  return struck;
}

interface Running extends RegionRun {
  over(): boolean;
}

async function begin(lab: RegionLab): Promise<Running> {
  const run = await lab.startBootstrap();
  let over = false;
  const ended = run.ended.finally(() => {
    over = true;
  });
  return { child: run.child, ended, over: () => over };
}

/** Waits for it by what the phase's log says; false when the phase, or the command, ended before. */
async function momentCame({ directory }: RegionLab, { phase, after, ms }: Strike, { over }: Running): Promise<boolean> {
  const log = join(directory, `home/regions/lab/logs/phases-${phase}.yml.jsonl`);
  const before = await readFile(log, 'utf8').catch(() => '');
  for (let tasks = 0; tasks < after; ) {
    if (over()) return false;
    await delay(20);
    const now = await readFile(log, 'utf8').catch(() => '');
    if (now === before) continue;
    tasks = now.split('"event": "task"').length - 1;
    if (now.includes('"event": "recap"')) return false;
  }
  await delay(ms);
  return !over();
}

/** Does it, and waits for the command's end. */
async function act({ operator, servers }: RegionLab, { fault, after }: Strike, run: Running): Promise<void> {
  if (fault === 'kill') await operator.killAll();
  if (fault === 'orphan') run.child.kill('SIGKILL');
  if (fault === 'kill' || fault === 'orphan') {
    await run.ended;
    return;
  }
  const server = fault === 'plug' ? servers[after % servers.length] : undefined;
  await server?.plug(false);
  const back = delay(server === undefined ? 0 : PLUG_MS).then(() => server?.plug(true));
  // Until the command gives up: it may be about to connect to another server.
  while (!run.over()) {
    await operator.killAll('ssh');
    await delay(200);
  }
  await back;
}
