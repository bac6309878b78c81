import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binaryElsewhere, type Outcome, outcomeOf } from '../../lab/binary.ts';
import { serveStatus } from '../../lab/status-server.ts';

/** The one-file program, away from the sources it was built of. */

let binary: Awaited<ReturnType<typeof binaryElsewhere>>;
let home: string;

beforeAll(async () => {
  binary = await binaryElsewhere();
  home = await mkdtemp(join(tmpdir(), 'logos-home-'));
});
afterAll(async () => {
  await binary.remove();
  await rm(home, { recursive: true, force: true });
});

function logos(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return outcomeOf(binary.path, args, { ...process.env, LOGOS_HOME: home, ...env });
}

const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

/** The heavy packages that a run loaded. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const { stderr } = await logos(args, { LOGOS_TRACE_MODULES: '1' });
  return (lastLine(stderr) as { loaded: string[] }).loaded;
}

describe('the fast path', () => {
  it('loads nothing heavy', async () => {
    expect(await loadedBy(['--version'])).toEqual([]);
    expect(await loadedBy(['status', '--json'])).toEqual([]);
    const server = await serveStatus({ home, dvms: 40 });
    try {
      expect(await loadedBy(['status', '--json'])).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it('would see what is loaded: help takes the command framework and no more', async () => {
    expect(await loadedBy(['help'])).toEqual(['@oclif/core']);
  });

  it('gives the version and a status', async () => {
    expect((await logos(['--version'])).stdout).toMatch(/^logos\/\d+\.\d+\.\d+ linux-x64 node-v24\.\S+\n$/);
    const { stdout, status } = await logos(['status', '--json']);
    const [document, result] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(document).toMatchObject({ version: 1, state: 'stopped', dvms: [], integrity: 'unknown' });
    expect(result).toEqual({ event: 'result', ok: true });
    expect(status).toBe(0);
  });
});

describe('a command line', () => {
  it('that is wrong ends with exit code 2 and a result that says so', async () => {
    for (const [args, code] of [
      [['statsu', '--json'], 'unknown-command'],
      [['--json', 'no', 'such', 'thing'], 'unknown-command'],
      [['dvm', '--json'], 'unknown-command'],
      [['help', '--no-such-flag', '--json'], 'wrong-usage'],
    ] as const) {
      const { status, stdout } = await logos(args);
      expect(lastLine(stdout)).toMatchObject({
        event: 'result',
        ok: false,
        error: { code, nextSteps: expect.arrayContaining([expect.any(String)]) },
      });
      expect(status).toBe(2);
    }
  });

  it('that is nearly right is told what it nearly is', async () => {
    const { stderr, status } = await logos(['statsu']);
    expect(stderr).toContain('Did you mean `logos status`?');
    expect(status).toBe(2);
  });

  it('asks for help in each of the usual ways', async () => {
    const whole = (await logos([])).stdout;
    expect(whole).toMatch(/COMMANDS[\s\S]*status/);
    for (const args of [['help'], ['--help'], ['-h']]) expect((await logos(args)).stdout).toBe(whole);
    const one = (await logos(['status', '--help'])).stdout;
    expect(one).toMatch(/USAGE[\s\S]*EXAMPLES/);
    expect((await logos(['help', 'status'])).stdout).toBe(one);
    expect(whole).not.toContain('internal');
  });

  it('is the same from source', async () => {
    const dev = join(import.meta.dirname, '../../bin/dev.js');
    for (const args of [['help'], ['help', '--json'], ['statsu', '--json'], ['--version']]) {
      const source = await outcomeOf(process.execPath, [dev, ...args], { ...process.env, LOGOS_HOME: home });
      expect(source).toEqual(await logos(args));
    }
  });
});

it('carries what it needs: a chain starts from its assets alone', async () => {
  const args = ['chain', 'dev', '--port', '0', '--block-time', '0', '--dir', join(home, 'chain'), '--json'];
  const child = spawn(binary.path, args, {
    env: { ...process.env, LOGOS_HOME: home },
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = JSON.parse((await lines.next()).value ?? '');
    expect(ready).toMatchObject({ event: 'ready' });
    expect(await rpc(ready.url, 'chain_getBlockHash', [0])).toMatch(/^0x[0-9a-f]{64}$/);
    child.kill('SIGTERM');
    expect(JSON.parse((await lines.next()).value ?? '')).toMatchObject({ event: 'result', ok: true });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});

/** One call of the Substrate RPC. */
function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    socket.onmessage = ({ data }) => {
      socket.close();
      resolve(JSON.parse(String(data)).result);
    };
    socket.onerror = () => reject(new Error(`${url} does not answer`));
  });
}

it('leaves nothing in the directory for temporary files', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'logos-tmp-'));
  try {
    await logos(['doctor', '--json'], { TMPDIR: temporary });
    expect(await readdir(temporary)).toEqual([]);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
