import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { u8aToHex } from '@polkadot/util';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../lab/binary.ts';
import { connectApi, developer, developerFinality } from '../../lab/governance.ts';
import { governedSpecification } from '../../lab/governed.ts';
import { eventually, nodeBinary, wrongClock, wrongClockLacks } from '../../lab/testnet.ts';
import { freePort } from '../../src/host/paths/server.ts';

const SOON = 120_000;
const ENTRY = join(import.meta.dirname, '../../bin/dev.js');
const binary = nodeBinary();

interface Result {
  ok: boolean;
  error?: { code: string; message: string };
  url: string;
  chain?: { best: number; finalized: number; peers: number; peerId?: string; genesis: string };
  warnings?: { code: string }[];
  keys?: string;
  plan?: Record<string, unknown>;
}

/** The native node as a service of an instance of its own, by the commands that an owner types. */
describe.skipIf(binary === undefined)('logos chain node', () => {
  let root: string;
  let specification: string;
  let ports: string[];
  const homes = new Set<string>();

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'logos-node-'));
    await cryptoWaitReady();
    specification = await governedSpecification(root, ['alice']);
    ports = await newPorts();
  });

  afterAll(async () => {
    for (const home of homes) await logos(home, 'service', 'stop');
    await rm(root, { recursive: true, force: true });
  });

  async function newPorts(): Promise<string[]> {
    const [port, rpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
    return ['--port', `${port}`, '--rpc-port', `${rpcPort}`, '--metrics-port', `${metricsPort}`];
  }

  async function logos(home: string, ...args: readonly string[]): Promise<Result> {
    homes.add(home);
    const env = { ...process.env, LOGOS_HOME: join(root, home), LOGOS_NODE: join(root, 'node') };
    const { stdout, stderr } = await outcomeOf(process.execPath, [ENTRY, ...args, '--json'], env);
    try {
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
    } catch {
      throw new Error(`logos ${args.join(' ')}: ${stdout}${stderr}`);
    }
  }
  const node = (home: string, ...args: readonly string[]) => logos(home, 'chain', 'node', ...args);

  /** What `logos chain node` starts: the node itself, or with another clock. */
  async function program(clockSeconds = 0): Promise<void> {
    const wrong = Object.entries(clockSeconds === 0 ? {} : wrongClock(clockSeconds));
    const settings = wrong.map(([name, value]) => `${name}=${value}`).join(' ');
    await writeFile(join(root, 'node'), `#!/bin/sh\nexec env ${settings} ${binary} "$@"\n`);
    await chmod(join(root, 'node'), 0o755);
  }

  async function goesOn(home: string): Promise<void> {
    const before = (await node(home, 'status')).chain?.finalized ?? 0;
    await eventually(
      `finality of ${home}`,
      SOON,
      async () => ((await node(home, 'status')).chain?.finalized ?? 0) > before,
    );
  }

  it('starts a validator, which makes final blocks with its keys', async () => {
    await program();
    const started = await node('one', 'start', '--role', 'validator', '--chain', specification, ...ports);
    expect(started).toMatchObject({ ok: true, chain: { best: 0 } });
    const api = await connectApi(started.url);
    const { publicKey } = developer('alice');
    for (const [type, key] of [
      ['babe', publicKey],
      ['audi', publicKey],
      ['gran', developerFinality('alice').publicKey],
    ] as const) {
      await api.rpc.author.insertKey(type, '//Alice', u8aToHex(key));
    }
    await api.disconnect();
    // Votes are signed by the keys that were there when a voter began.
    expect(await node('one', 'stop')).toMatchObject({ ok: true });
    expect(await node('one', 'start')).toMatchObject({ ok: true });
    await goesOn('one');
    expect(await node('one', 'status')).toMatchObject({ ok: true, warnings: [] });
  });

  it('makes new session keys, registers them, and goes on with them', async () => {
    const keystore = join(root, 'one/chain/node/chains/governed/keystore');
    const rotate = ['keys', 'rotate', '--submit', '--from'];
    const planned = await node('one', ...rotate, '//Alice', '--dry-run');
    expect(planned).toMatchObject({ ok: true, plan: { call: 'session.setKeys' } });
    expect(await node('one', ...rotate, '//Nobody', '--yes')).toMatchObject({ error: { code: 'account-unfunded' } });
    expect(await readdir(keystore)).toHaveLength(3);
    expect(await node('one', ...rotate, '//Alice')).toMatchObject({ error: { code: 'confirmation-needed' } });

    const rotated = await node('one', ...rotate, '//Alice', '--yes');
    expect(rotated.error).toBeUndefined();
    const api = await connectApi((await node('one', 'status')).url);
    try {
      const [, grandpa = ''] = /^0x.{64}(.{64})/.exec(rotated.keys ?? '') ?? [];
      await eventually('sessions with the new keys', SOON, async () => {
        const authorities = await api.call.grandpaApi?.grandpaAuthorities?.();
        return authorities?.toHex().includes(grandpa);
      });
    } finally {
      await api.disconnect();
    }
    await goesOn('one');
  });

  it('is backed up and put back elsewhere with its keys and its chain', async () => {
    const [backup, snapshot] = [join(root, 'backup'), join(root, 'snapshot.tar.gz')];
    expect(await node('one', 'restore', '--from', root, '--yes')).toMatchObject({ error: { code: 'node-running' } });
    expect(await node('one', 'backup', '--to', backup)).toMatchObject({ ok: true });
    expect(await node('one', 'snapshot', '--to', snapshot)).toMatchObject({ ok: true });
    const height = await eventually(
      'the node after its rest',
      SOON,
      async () => (await node('one', 'status')).chain?.best,
    );
    // Never the same keys on two nodes.
    expect(await node('one', 'stop')).toMatchObject({ ok: true });

    const directory = join(root, 'elsewhere');
    const restore = ['restore', '--from', backup, '--snapshot', snapshot, '--base-path', directory];
    expect(await node('two', ...restore, '--dry-run')).toMatchObject({
      ok: true,
      plan: { chain: { id: 'governed' }, snapshot: { replaces: false } },
    });
    expect(await readdir(root)).not.toContain('elsewhere');
    expect(await node('two', ...restore, '--yes')).toMatchObject({ ok: true });
    const key = join(directory, 'chains/governed/keystore');
    for (const name of await readdir(key)) expect((await stat(join(key, name))).mode & 0o777).toBe(0o600);
    // Again, it changes nothing; and another node's keys stay what they are.
    expect(await node('two', ...restore, '--dry-run')).toMatchObject({
      ok: true,
      plan: { snapshot: { replaces: true } },
    });
    const started = await node('two', 'start', '--role', 'validator', '--base-path', directory, ...(await newPorts()));
    expect(started).toMatchObject({ ok: true });
    expect(started.chain?.best).toBeGreaterThanOrEqual(height - 1);
    await goesOn('two');
  });

  it('takes nothing for a backup or a snapshot that is none', async () => {
    const broken = join(root, 'broken');
    await mkdir(broken);
    const restore = (...args: string[]) => node('three', 'restore', ...args, '--base-path', join(root, 'new'), '--yes');
    const invalid = { error: { code: 'backup-invalid' } };
    expect(await restore('--from', broken)).toMatchObject(invalid);
    await writeFile(join(broken, 'chain-spec.json'), '{}');
    expect(await restore('--from', broken)).toMatchObject(invalid);
    await writeFile(join(broken, 'chain-spec.json'), await readFile(specification));
    await symlink(join(root, 'backup/node-key'), join(broken, 'node-key'));
    expect(await restore('--from', broken)).toMatchObject(invalid);

    const archive = async (...args: string[]): Promise<string> => {
      const file = join(root, 'other.tar.gz');
      const { status } = await outcomeOf('tar', ['--create', '--gzip', `--file=${file}`, ...args]);
      expect(status).toBe(0);
      return file;
    };
    const from = ['--from', join(root, 'backup'), '--snapshot'];
    const notOurs = { error: { code: 'snapshot-invalid' } };
    expect(await restore(...from, specification)).toMatchObject(notOurs);
    expect(await restore(...from, await archive(`--directory=${root}`, 'backup'))).toMatchObject(notOurs);
    await mkdir(join(root, 'chains/governed/paritydb'), { recursive: true });
    await symlink('/etc/passwd', join(root, 'chains/governed/paritydb/link'));
    expect(await restore(...from, await archive(`--directory=${root}`, 'chains'))).toMatchObject(notOurs);
    expect(await readdir(root)).not.toContain('new');

    // Keys that are nowhere else are not written over.
    const keystore = join(root, 'new/chains/governed/keystore');
    await mkdir(keystore, { recursive: true });
    await writeFile(join(keystore, `62616265${'00'.repeat(32)}`), '"secret"');
    expect(await restore('--from', join(root, 'backup'))).toMatchObject({ error: { code: 'target-exists' } });
  });

  it('follows the chain as a light node, with no native node', async () => {
    const full = await node('two', 'status');
    const port = /"port":\s*(\d+)/.exec(await readFile(join(root, 'two/state/node.json'), 'utf8'))?.[1];
    const peer = `/ip4/127.0.0.1/tcp/${port}/p2p/${full.chain?.peerId}`;
    const start = ['start', '--role', 'light', '--chain', specification];
    await rm(join(root, 'node'));
    expect(await node('light', ...start)).toMatchObject({ error: { code: 'light-spec-invalid' } });
    const started = await node('light', ...start, '--boot-node', peer, '--rpc-port', `${await freePort()}`);
    expect(started).toMatchObject({ ok: true, chain: { genesis: full.chain?.genesis } });
    await eventually('final blocks', SOON, async () => ((await node('light', 'status')).chain?.finalized ?? 0) > 0);
    expect(await node('light', 'snapshot', '--to', join(root, 'x'))).toMatchObject({ error: { code: 'node-light' } });
    expect(await node('light', 'stop')).toMatchObject({ ok: true });
    await program();
  });

  it.skipIf(wrongClockLacks() !== undefined)('warns when the clock of its host and the chain differ', async () => {
    expect(await node('two', 'stop')).toMatchObject({ ok: true });
    await program(60);
    expect(await node('two', 'start')).toMatchObject({ ok: true });
    // The node is a minute ahead, so this host is behind what it says.
    await eventually('the warning', SOON, async () => {
      const { warnings = [] } = await node('two', 'status');
      return warnings.some(({ code }) => code === 'clock-behind');
    });
  });
});
