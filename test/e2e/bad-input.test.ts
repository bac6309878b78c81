import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { builtBinary } from '../../lab/binary.ts';
import { differences, type HostSnapshot, snapshotHost } from '../../lab/host-snapshot.ts';
import { Instance, type Run, SHARED_CACHE } from '../../lab/instance.ts';

/** Wrong input gives a typed error with a next step and leaves the host as it was. */

let binary: string;
let instance: Instance;
let before: HostSnapshot;

beforeAll(async () => {
  binary = await builtBinary();
});
beforeEach(async () => {
  instance = await Instance.create(binary);
  before = snapshot();
});
afterEach(() => instance.dispose());

function snapshot(): HostSnapshot {
  return snapshotHost({ ignore: [SHARED_CACHE] });
}

function expectRefused(run: Run, code: string, exitCode: number): void {
  expect(run.result?.error, run.stderr).toMatchObject({ code });
  expect(run.result?.error?.nextSteps.length).toBeGreaterThan(0);
  expect(run.code).toBe(exitCode);
  expect(differences(before, snapshot())).toEqual([]);
}

it('a chain URL that is none', async () => {
  expectRefused(
    await instance.run(['provide', '--chain', 'http://nonsense', '--yes', '--json']),
    'chain-url-invalid',
    2,
  );
});

it('a chain that does not answer', async () => {
  const run = await instance.run(['provide', '--chain', `ws://127.0.0.1:${instance.port}`, '--yes', '--json']);
  expectRefused(run, 'chain-unreachable', 1);
});

it('a port that is taken', async () => {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(instance.port, '127.0.0.1', resolve));
  try {
    expectRefused(await instance.run(instance.provideArgs), 'port-taken', 1);
  } finally {
    server.close();
  }
});

it('no chain at all, an unknown flag, an unknown command', async () => {
  expectRefused(await instance.run(['provide', '--yes', '--json']), 'chain-not-chosen', 2);
  expectRefused(await instance.run(['provide', '--no-such-flag', '--json']), 'wrong-usage', 2);
  expectRefused(await instance.run(['privode', '--json']), 'unknown-command', 2);
});

it('nobody to ask', async () => {
  expectRefused(await instance.run(['provide', '--chain', 'dev', '--json']), 'confirmation-needed', 2);
});

it('a configuration with an unknown key', async () => {
  mkdirSync(instance.home, { recursive: true });
  writeFileSync(join(instance.home, 'config.json'), '{"lend":{"cpuShair":0.5}}');
  before = snapshot();
  expectRefused(await instance.run(instance.provideArgs), 'config-unknown-key', 2);
});

it('no root', async () => {
  // A directory that `nobody` may write to, so that nothing but root's rights is missing.
  chmodSync(join(instance.home, '..'), 0o777);
  before = snapshot();
  const run = spawnSync(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', binary, ...instance.provideArgs],
    {
      env: { ...instance.env, HOME: '/nonexistent' },
      encoding: 'utf8',
      cwd: '/',
    },
  );
  const last = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(last.error.code, run.stderr).toBe('root-needed');
  expect(run.status).toBe(4);
  expect(existsSync(instance.home)).toBe(false);
  expect(differences(before, snapshot())).toEqual([]);
});

it('a disk that is full', async () => {
  mkdirSync(instance.home, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', instance.home]);
  try {
    before = snapshot();
    const run = await instance.run(instance.provideArgs);
    expect(['disk-full', 'preflight-failed'], run.stderr).toContain(run.result?.error?.code);
    expect(run.result?.error?.nextSteps.length).toBeGreaterThan(0);
    await instance.run(['reset', '--yes', '--json']);
    expect(differences(before, snapshot())).toEqual([]);
  } finally {
    execFileSync('umount', [instance.home]);
  }
});

it('no libvirt', async () => {
  // The program's own view of the machine, with an empty directory in the place of libvirtd's.
  const hidden = [
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', 'mount --bind /dev/null /usr/sbin/libvirtd && exec "$0" "$@"'],
  ] as const;
  const run = spawnSync(hidden[0], [...hidden[1], binary, ...instance.provideArgs], {
    env: instance.env,
    encoding: 'utf8',
    cwd: '/',
  });
  const last = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(last.ok, run.stdout).toBe(false);
  expect(last.error.nextSteps.length).toBeGreaterThan(0);
  await instance.run(['reset', '--yes', '--json']);
  expect(differences(before, snapshot())).toEqual([]);
});

it('an artefact with a wrong hash is never used', async () => {
  expect((await instance.run(instance.provideArgs)).result).toMatchObject({ ok: true });
  const store = join(instance.home, 'artifacts');
  const names = readdirSync(store);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    chmodSync(join(store, name), 0o600);
    writeFileSync(join(store, name), 'tampered');
  }
  // The built-in copy of an artefact takes the place of a damaged one.
  const harden = await instance.run([
    'harden',
    'apply',
    '--chain',
    `ws://127.0.0.1:${instance.port}`,
    '--yes',
    '--json',
  ]);
  expect(harden.result, harden.stderr).toMatchObject({ ok: true });
  const contents = readdirSync(store).map((name) => readFileSync(join(store, name), 'utf8'));
  expect(contents.filter((content) => content === 'tampered')).toHaveLength(names.length - 4);
});

it('a chain that is gone in mid-run: a typed error, and the next run goes on', async () => {
  const chainDirectory = join(instance.home, '..', 'chain');
  const chainDev = ['chain', 'dev', '--port', String(instance.port), '--dir', chainDirectory, '--json'];
  const provide = ['provide', '--chain', `ws://127.0.0.1:${instance.port}`, '--yes', '--json'];
  let chain = await startChain(chainDev);
  const run = await instance.run(provide, (line) => {
    if (line.phase === 'path' && line.state === 'started') chain.kill('SIGKILL');
  });
  expect(run.result?.error, run.stderr).toMatchObject({ code: 'chain-unreachable' });
  expect(run.result?.error?.nextSteps.length).toBeGreaterThan(0);
  chain = await startChain(chainDev);
  try {
    expect((await instance.run(provide)).result).toMatchObject({ ok: true });
    const reset = await instance.run(['reset', '--yes', '--json']);
    expect(reset.result).toMatchObject({ ok: true });
    expect(reset.lines.map((line) => line.message)).toContain('leaving the chain: accepted');
  } finally {
    chain.kill('SIGTERM');
    await new Promise((resolve) => chain.once('exit', resolve));
  }
  expect(differences(before, snapshot())).toEqual([]);
});

async function startChain(args: readonly string[]): Promise<ChildProcess> {
  const child = instance.start(args);
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the chain ended with ${code}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('"event":"ready"')) resolve();
    });
  });
  return child;
}
