import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject, projectNode } from '../lib/paths.mjs';
import { ensureBinary } from '../lib/prepare.mjs';
import { median, rounded } from './figures.mjs';

/**
 * What a start of the binary costs beside the bare Node it embeds. CPU time (user and system), because wall time on a busy
 * machine says little; each round runs all programs one after the other and ratios are taken within a round, so that a
 * change of the machine's speed hits both sides.
 */
export default async function starts({ rounds = 25 } = {}) {
  ensureBinary();
  const { serveStatus } = await import('../../lab/status-server.ts');
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  const running = join(directory, 'running');
  const service = await serveStatus({ home: running, dvms: 40 });
  try {
    return { rounds, binaryMB: rounded(statSync(inProject('dist/logos')).size / 1e6), ...(await measure()) };
  } finally {
    await service.close();
    rmSync(directory, { recursive: true, force: true });
  }

  async function measure() {
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
