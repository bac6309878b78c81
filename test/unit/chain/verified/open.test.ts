import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openVerifiedChain } from '../../../../src/chain/verified/index.ts';
import { specificationCheckpoint } from '../../../../src/chain/verified/specification.ts';
import type { LogosError } from '../../../../src/system/errors.ts';
import { voter } from './grandpa-maker.ts';
import { MadeChain } from './made-chain.ts';
import { type Answers, serveRpc } from './rpc-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'opened',
    (error: LogosError) => error.code,
  );

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-verified-'));
  open.push({ close: () => rm(directory, { recursive: true, force: true }) });
  return directory;
}

describe('what a verified chain is opened with', () => {
  const made = new MadeChain([voter(0)], Date.now() - 3_000).add({ time: Date.now() });
  const methods = (names: readonly string[]): Answers => {
    return (method, params) => (method === 'rpc_methods' ? { methods: names } : made.answers()(method, params));
  };

  it('is a genesis hash, for a chain with finality proofs', async () => {
    const server = await serveRpc(methods(['grandpa_proveFinality']));
    open.push(server);
    const endpoints = [server.url];
    const chain = await openVerifiedChain({ endpoints, genesis: made.genesis });
    open.push(chain);
    expect((await chain.head()).trust).toBe('finality');
    expect(await code(openVerifiedChain({ endpoints }))).toBe('trust-anchor-missing');
    expect(await code(openVerifiedChain({ endpoints, genesis: '0x12' }))).toBe('trust-anchor-missing');
    const directory = await scratch();
    const checkpointFile = join(directory, 'none.json');
    expect(await code(openVerifiedChain({ endpoints, checkpointFile }))).toBe('checkpoint-invalid');
  });

  it('is nothing, for a development chain on this machine, and for that alone', async () => {
    const server = await serveRpc(methods([]));
    open.push(server);
    const chain = await openVerifiedChain({ endpoints: [server.url] });
    open.push(chain);
    expect((await chain.head()).trust).toBe('local');
    expect(await code(openVerifiedChain({ endpoints: ['ws://192.0.2.1:9944'] }))).toBe('trust-anchor-missing');
    expect(await code(openVerifiedChain({ endpoints: ['http://127.0.0.1'] }))).toBe('chain-url-invalid');
    expect(await code(openVerifiedChain({ endpoints: ['ws://127.0.0.1:1'] }))).toBe('endpoint-unusable');
  });

  it('is what was proven before: a chain does not lose its finality, and a local one does not go back', async () => {
    const store = await scratch();
    let names = ['grandpa_proveFinality'];
    let height = 1;
    const server = await serveRpc((method, params) =>
      method === 'rpc_methods' ? { methods: names } : made.answers(height)(method, params),
    );
    open.push(server);
    const options = { endpoints: [server.url], genesis: made.genesis, store };
    const first = await openVerifiedChain(options);
    expect((await first.head()).trust).toBe('finality');
    await first.close();
    // A server on this machine, such as a tunnel, now says that the chain is one for development.
    names = [];
    const second = await openVerifiedChain(options);
    open.push(second);
    expect((await second.head()).trust).toBe('finality');
    const third = await openVerifiedChain({ ...options, store: undefined, trust: 'finality' });
    open.push(third);
    expect((await third.head()).trust).toBe('finality');

    const local = { ...options, store: await scratch(), trust: 'local' as const };
    const looked = await openVerifiedChain(local);
    expect(await looked.head()).toMatchObject({ height: 1, trust: 'local' });
    await looked.close();
    height = 0;
    const back = await openVerifiedChain(local);
    open.push(back);
    expect(await code(back.head())).toBe('head-stale');
    const other = await openVerifiedChain({ ...local, genesis: `0x${'12'.repeat(32)}` });
    open.push(other);
    expect(await code(other.head())).toBe('endpoint-other-chain');
  });

  it('is a specification, from which genesis hash and authorities are worked out', async () => {
    const directory = await scratch();
    const path = join(directory, 'spec.json');
    const first = made.blocks[0]?.values ?? {};
    const top = Object.fromEntries(
      Object.entries(first).map(([key, value]) => [`0x${key}`, `0x${Buffer.from(value).toString('hex')}`]),
    );
    await writeFile(path, JSON.stringify({ genesis: { raw: { top } } }));
    const { height, setId, authorities } = await specificationCheckpoint(path);
    expect({ height, setId, authorities }).toEqual({
      height: 0,
      setId: 0n,
      authorities: [{ id: voter(0).id, weight: 1n }],
    });
    for (const text of ['{', '{}', '{"genesis":{"raw":{"top":{}}}}']) {
      await writeFile(path, text);
      expect(await code(specificationCheckpoint(path))).toBe('specification-unusable');
    }
    expect(await code(specificationCheckpoint(join(directory, 'none')))).toBe('specification-unusable');
  });
});
