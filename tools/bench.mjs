import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onProjectNode } from './lib/node.mjs';
import { inProject, projectNode } from './lib/paths.mjs';
import { ensureBinary } from './lib/prepare.mjs';

/**
 * `npm run bench [-- ROUNDS]`: what a start of the binary costs beside the bare Node it embeds, as one JSON object.
 * CPU time (user and system), because wall time on a busy machine says little; each round runs all programs one after
 * the other and ratios are taken within a round, so that a change of the machine's speed hits both sides.
 */
onProjectNode();
ensureBinary();
const rounds = Number(process.argv[2] ?? 25);
const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
try {
  console.log(JSON.stringify(await measure(), null, 2));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measure() {
  const { serveStatus } = await import('../lab/status-server.ts');
  const running = join(directory, 'running');
  const service = await serveStatus({ home: running, dvms: 40 });
  try {
    return {
      rounds,
      binaryMB: rounded(statSync(inProject('dist/logos')).size / 1e6),
      ...(await starts(running)),
      dashboard: { columns: 200, rows: 60, dvms: 40, cpuShare: rounded(await dashboardShare(running), 4) },
    };
  } finally {
    await service.close();
  }
}

async function starts(running) {
  const empty = join(directory, 'empty.js');
  writeFileSync(empty, '');
  const logos = inProject('dist/logos');
  const stopped = join(directory, 'stopped');
  const programs = {
    node: [projectNode, [empty], stopped],
    version: [logos, ['--version'], stopped],
    'status --json, stopped': [logos, ['status', '--json'], stopped],
    'status --json, running': [logos, ['status', '--json'], running],
    help: [logos, ['help'], stopped],
  };
  const taken = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, [command, args, home]] of Object.entries(programs)) {
      taken[name].push(await cpuMs(command, args, home));
    }
  }
  return Object.fromEntries(
    Object.entries(taken).map(([name, times]) => [
      name,
      {
        cpuMs: rounded(median(times)),
        timesNode: rounded(median(times.map((time, index) => time / taken.node[index]))),
      },
    ]),
  );
}

/** CPU time over wall time of the dashboard in a terminal, after it has warmed up. */
async function dashboardShare(home) {
  const { openTerminal } = await import('../lab/tmux.ts');
  const command = [inProject('dist/logos'), 'status'];
  const terminal = await openTerminal({ command, columns: 200, rows: 60, env: { LOGOS_HOME: home } });
  try {
    await terminal.until((text) => text.includes('DVMs 40'));
    await sleep(5_000);
    const pid = await terminal.pid();
    const [before, started] = [ticks(pid), performance.now()];
    await sleep(20_000);
    return (ticks(pid) - before) / 100 / ((performance.now() - started) / 1_000);
  } finally {
    await terminal.close();
  }
}

/** CPU time of a process in hundredths of a second, proc(5). */
function ticks(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** CPU milliseconds of one run, as the kernel accounts them to the shell that waits for it (bash's `time`). */
function cpuMs(command, args, home) {
  return new Promise((resolve, reject) => {
    const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null';
    const child = spawn('bash', ['-c', script, 'bash', command, ...args], {
      env: { ...process.env, LOGOS_HOME: home, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let printed = '';
    child.stderr.setEncoding('utf8').on('data', (part) => {
      printed += part;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const [, user, system] = /(\d+\.\d+) (\d+\.\d+)\n$/.exec(printed) ?? [];
      if (status !== 0 || user === undefined) reject(new Error(`${command} ${args.join(' ')}: ${printed}`));
      else resolve((Number(user) + Number(system)) * 1_000);
    });
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function rounded(value, digits = 2) {
  return Number(value.toFixed(digits));
}
