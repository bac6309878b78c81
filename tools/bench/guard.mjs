import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inProject } from '../lib/paths.mjs';
import { ensureBinary } from '../lib/prepare.mjs';
import { median, percentile, rounded } from './figures.mjs';

const FILES = Number(process.env.LOGOS_BENCH_FILES ?? 50_000);
const AVERAGE_BYTES = 14_250;
const PER_DIRECTORY = 100;
const WRITES = 200;
const IDLE_SECONDS = 60;
/** Where our own is measured from another build. */
const logos = process.env.LOGOS_BENCH_BINARY ?? inProject('dist/logos');

/**
 * `npm run bench -- guard`: what `logos guard check` and `watch` cost on 50,000 files of 700 MB, beside AIDE and plain OpenSSL over the
 * same files in the same run. CPU seconds (user and system) of whole processes, as the kernel accounts them: each round runs
 * all, one after the other, and the ratios are taken within a round. The tree is in $TMPDIR, which should be on a disk.
 */
export default async function guard({ rounds = 3 } = {}) {
  if (process.env.LOGOS_BENCH_BINARY === undefined) ensureBinary();
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  try {
    const tree = join(directory, 'tree');
    const bytes = plant(tree);
    const baseline = join(directory, 'baseline');
    run([logos, 'guard', 'baseline', tree, '-o', baseline, '--json']);
    const aide = aideFor(directory, tree);
    const taken = { check: [], openssl: [], sha256sum: [], ...(aide && { aide: [] }) };
    for (let round = 0; round < rounds; round += 1) {
      taken.check.push(run([logos, 'guard', 'check', baseline, '--json']));
      taken.openssl.push(run(['bash', '-c', 'find "$0" -type f -print0 | xargs -0 openssl dgst -sha256', tree]));
      taken.sha256sum.push(run(['bash', '-c', 'find "$0" -type f -print0 | xargs -0 sha256sum', tree]));
      if (aide) taken.aide.push(run(aide));
    }
    const ratio = (other) => rounded(median(taken.check.map(({ cpu }, round) => cpu / taken[other][round].cpu)));
    return {
      files: FILES,
      bytes,
      rounds,
      cpuSeconds: Object.fromEntries(
        Object.entries(taken).map(([name, runs]) => [name, rounded(median(runs.map(({ cpu }) => cpu)))]),
      ),
      peakMB: Object.fromEntries(
        Object.entries(taken).map(([name, runs]) => [name, rounded(median(runs.map(({ peak }) => peak)), 0)]),
      ),
      checkToOpenssl: ratio('openssl'),
      checkToAide: aide ? ratio('aide') : 'not measured: AIDE is not installed',
      aide: aide && versionOf('aide'),
      watch: await watched(baseline, tree),
      loadAverage: rounded(loadavg()[0]),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Files of many sizes, from nothing to half a megabyte, half of them below 4 KiB; always the same. */
function plant(tree) {
  const pool = Buffer.alloc(1 << 20);
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let at = 0; at < pool.length; at += 1) pool[at] = next() * 256;
  let bytes = 0;
  for (let file = 0; file < FILES; file += 1) {
    const folder = join(tree, `${Math.floor(file / PER_DIRECTORY)}`);
    if (file % PER_DIRECTORY === 0) mkdirSync(folder, { recursive: true });
    // Its mean is a quarter of the largest: x^3 on [0, 1].
    const size = Math.floor(next() ** 3 * 4 * AVERAGE_BYTES);
    const from = Math.floor(next() * (pool.length - size));
    writeFileSync(join(folder, `file-${file}`), pool.subarray(from, from + size));
    bytes += size;
  }
  spawnSync('sync', ['-f', tree]);
  return bytes;
}

/** AIDE over the same tree, for the same attributes; `undefined` where it is not installed. */
function aideFor(directory, tree) {
  if (spawnSync('aide', ['--version']).error) return undefined;
  const [config, database] = [join(directory, 'aide.conf'), join(directory, 'aide.db')];
  writeFileSync(
    config,
    [
      `database_in=file:${database}`,
      `database_out=file:${database}`,
      'gzip_dbout=no',
      'report_url=stdout',
      `${tree} p+u+g+s+n+i+m+c+ftype+l+acl+xattrs+sha256`,
      '',
    ].join('\n'),
  );
  run(['aide', '--config', config, '--init']);
  return ['aide', '--config', config, '--check'];
}

function versionOf(program) {
  const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return `${stdout}${stderr}`.trim().split('\n')[0];
}

/** CPU seconds of a program with its children, and the most memory that it held. Throws when it fails. */
function run([command, ...args]) {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null';
  const measured = spawnSync(
    '/usr/bin/time',
    ['-f', '%M', 'bash', '-c', `exec 3>&2; { ${script} 2>/dev/null; } 2>&3`, 'x', command, ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    },
  );
  const [cpu, peak] = measured.stderr.trim().split('\n').slice(-2);
  if (measured.status !== 0) throw new Error(`${command} ended with ${measured.status}: ${measured.stderr}`);
  const [user, system] = cpu.split(' ').map(Number);
  return { cpu: user + system, peak: (Number(peak) * 1024) / 1e6 };
}

/** Memory and CPU time of a watch that has nothing to do, and then how long after each of some writes it tells of it. */
async function watched(baseline, tree) {
  const child = spawn(logos, ['guard', 'watch', baseline, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const told = new Map();
  let ready;
  const standing = new Promise((resolve) => {
    ready = resolve;
  });
  lines.on('line', (line) => {
    const event = JSON.parse(line);
    if (event.event === 'ready') ready(event);
    else if (event.event === 'deviation' && !told.has(event.path)) told.set(event.path, Date.parse(event.time));
  });
  try {
    const { sensors } = await standing;
    // The first pass is over, and what it made ready is put away.
    await pause(10);
    const before = cpuOf(child.pid);
    const began = performance.now();
    await pause(IDLE_SECONDS);
    const idle = (cpuOf(child.pid) - before) / ((performance.now() - began) / 1_000);
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);
    const delays = [];
    for (let write = 0; write < WRITES; write += 1) {
      const file = Math.floor((write * FILES) / WRITES);
      delays.push(await delayOf(join(tree, `${Math.floor(file / PER_DIRECTORY)}`, `file-${file}`), told));
    }
    return {
      sensors,
      idleShareOfCore: rounded(idle, 4),
      rssMB: rounded((rss * 1024) / 1e6, 0),
      peakMB: rounded((peak * 1024) / 1e6, 0),
      writes: WRITES,
      writeToVerdictMs: { p50: rounded(median(delays), 1), p99: rounded(percentile(delays, 0.99), 1) },
    };
  } finally {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

/** From the write to the time that the deviation carries. */
async function delayOf(path, told) {
  const size = statSync(path).size;
  const file = openSync(path, 'r+');
  const began = Date.now();
  writeSync(file, Buffer.from('x'), 0, 1, size);
  closeSync(file);
  while (!told.has(path)) {
    if (Date.now() - began > 10_000) throw new Error(`no verdict about ${path}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return Math.max(0, told.get(path) - began);
}

/** CPU seconds of a process so far: proc_pid_stat(5), in ticks of a hundredth. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
