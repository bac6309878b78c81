import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from '../lib/paths.mjs';
import { median, percentile } from './figures.mjs';

const GIANT = 'sparse-giant';
const PAGE = 'docs/guard-evasions.md';
const BEGIN = '<!-- measured: npm run bench -- evasions -->';
const END = '<!-- end of what was measured -->';

/**
 * Every evasion against `logos guard`, AIDE and Tripwire (apt-get install aide tripwire): which layer of the watch tells of it and
 * how fast, whether a check afterwards does, and whether theirs does. Writes the table in docs/guard-evasions.md. `rounds`:
 * repetitions under the watch. Takes a quarter of an hour.
 */
export default async function evasions({ rounds = 25 } = {}) {
  const { FILE_CASES, OFF_CASES, SWEPT } = await import('../../lab/evasions/cases.ts');
  const { besideOthers } = await import('../../lab/evasions/beside.ts');
  const { PROCESS_CASES } = await import('../../lab/evasions/process-cases.ts');
  const scratch = mkdtempSync(join(tmpdir(), 'logos-evasions-others-'));
  try {
    const watched = new Map();
    for (const swept of [false, true]) {
      const cases = FILE_CASES.filter(({ name }) => SWEPT.has(name) === swept);
      for (const caught of await underWatch(cases, rounds)) watched.set(caught.name, caught);
    }
    const checked = await byCheck(FILE_CASES);
    const off = await whileOff(OFF_CASES);
    const attacked = new Map();
    for (const each of PROCESS_CASES) attacked.set(each.name, await onGuard(each, Math.min(rounds, 10)));
    // What a check may never end with goes by itself.
    const others = [
      await besideOthers(
        FILE_CASES.filter(({ name }) => name !== GIANT),
        scratch,
      ),
      await besideOthers(
        FILE_CASES.filter(({ name }) => name === GIANT),
        scratch,
      ),
      await besideOthers(
        OFF_CASES.filter(({ ground }) => ground === 'disk'),
        scratch,
        { offline: true },
      ),
    ];
    const theirs = (name) => {
      const seen = others.find((each) => each.seen.has(name))?.seen.get(name);
      return ['AIDE', 'Tripwire'].map((tool) => seen?.[tool]?.replace('no', '**no**') ?? '?');
    };
    const rows = [
      ...FILE_CASES.map(({ name, title }) => {
        const { ms, layers, caught, repetitions } = watched.get(name);
        const seen = caught === repetitions ? figures(ms) : [`${caught} of ${repetitions}`, ''];
        return [title, byCount(layers), ...seen, yes(checked.has(name)), ...theirs(name)];
      }),
      ...OFF_CASES.map(({ name, title }) => {
        const { layer, ready, check } = off.get(name);
        return [title, layer, ready ? 'before ready' : '**no**', '', yes(check), ...theirs(name)];
      }),
      ...PROCESS_CASES.map(({ name, title }) => {
        const { ms, layers, caught, repetitions } = attacked.get(name);
        const seen = caught === repetitions ? figures(ms) : [`${caught} of ${repetitions}`, ''];
        return [title, byCount(layers), ...seen, '–', '–', '–'];
      }),
    ];
    const versions = others[0].versions;
    writeTable(rows, { rounds, versions });
    return {
      rounds,
      versions,
      missed: rows.filter((row) => /of|\*\*no/.test(`${row[2]} ${row[4]}`)).map(([title]) => title),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A ground with a baseline, for `work`. */
async function staged(cases, repetitions, work) {
  const { layGround } = await import('../../lab/evasions/ground.ts');
  const { startAttacker } = await import('../../lab/evasions/attacker.ts');
  const { prepareAll } = await import('../../lab/evasions/measure.ts');
  const { runGuard } = await import('../../lab/evasions/guard.ts');
  const ground = layGround(cases, repetitions);
  const attacker = startAttacker();
  try {
    await prepareAll(attacker, ground, cases);
    const baseline = join(ground.base, 'baseline');
    const { status, stderr } = await runGuard(['baseline', ...ground.directories, '-o', baseline]);
    if (status !== 0) throw new Error(stderr);
    return await work({ ground, attacker, baseline, scratch: join(ground.base, 'outside') });
  } finally {
    await attacker.stop();
    ground.dispose();
  }
}

async function underWatch(cases, rounds) {
  const { startWatch } = await import('../../lab/evasions/guard.ts');
  const { strikeUnderWatch } = await import('../../lab/evasions/measure.ts');
  return staged(cases, rounds, async ({ ground, attacker, baseline }) => {
    const watch = await startWatch(baseline);
    try {
      return await strikeUnderWatch(watch, attacker, ground, cases, 240_000);
    } finally {
      await watch.stop();
    }
  });
}

/** The names of the cases that a check tells of. */
async function byCheck(cases) {
  const { runGuard } = await import('../../lab/evasions/guard.ts');
  const { strikeAll, told } = await import('../../lab/evasions/measure.ts');
  return staged(cases, 1, async ({ ground, attacker, baseline }) => {
    await strikeAll(attacker, ground, cases);
    const { lines } = await runGuard(['check', baseline]);
    return new Set(cases.filter(({ name }) => told(lines, ground, name)).map(({ name }) => name));
  });
}

async function whileOff(cases) {
  const { runGuard, startWatch } = await import('../../lab/evasions/guard.ts');
  const { told } = await import('../../lab/evasions/measure.ts');
  const found = new Map();
  for (const each of cases) {
    await staged([each], 1, async ({ ground, attacker, baseline }) => {
      const [place] = ground.places(each.name);
      const strike = () => attacker.strike(each.name, place);
      await (each.ground === 'disk' ? ground.offline(strike) : strike());
      const { lines } = await runGuard(['check', baseline]);
      const watch = await startWatch(baseline);
      const [ready, layer] = [told(watch.lines, ground, each.name), told(lines, ground, each.name)?.layer];
      await watch.stop();
      found.set(each.name, { layer, ready: ready !== undefined, check: layer !== undefined });
    });
  }
  return found;
}

async function onGuard(each, rounds) {
  const { OFF_CASES } = await import('../../lab/evasions/cases.ts');
  const sightings = await staged(OFF_CASES, 1, async (stage) => {
    const seen = [];
    for (let round = 0; round < rounds; round += 1) seen.push(await each.run(stage));
    return seen;
  });
  const seen = sightings.filter((sighting) => sighting !== undefined);
  const layers = {};
  for (const { layer } of seen) layers[layer] = (layers[layer] ?? 0) + 1;
  return { repetitions: rounds, caught: seen.length, ms: seen.map(({ ms }) => ms), layers };
}

const figures = (ms) => [median(ms), percentile(ms, 0.99)].map((value) => value.toFixed(value < 10 ? 1 : 0));
const yes = (seen) => (seen ? 'yes' : '**no**');
const byCount = (layers) =>
  Object.entries(layers)
    .sort(([, one], [, other]) => other - one)
    .map(([name]) => name)
    .join(', ');

function writeTable(rows, { rounds, versions }) {
  const head = [
    'Evasion',
    'Seen by',
    'p50 ms',
    'p99 ms',
    'Check',
    ...['AIDE', 'Tripwire'].map((name) => `${name} ${versions[name] ?? ''}`),
  ];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const about = `${rounds} repetitions under the watch, ${Math.min(rounds, 10)} of attacks on the guard; load ${loadavg()[0]?.toFixed(1)} when done; Linux ${release()}, ${cpus().length} × ${cpus()[0].model}.`;
  const page = readFileSync(inProject(PAGE), 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${PAGE} has no place for the table.`);
  writeFileSync(inProject(PAGE), `${before}${BEGIN}\n\n${lines.join('\n')}\n\n${about}\n\n${END}${after}`);
}
