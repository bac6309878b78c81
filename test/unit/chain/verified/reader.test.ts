import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { u8aToHex } from '@polkadot/util';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Hash } from '../../../../src/chain/types.ts';
import { webSocketEndpoint } from '../../../../src/chain/verified/endpoint.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { LocalHeads } from '../../../../src/chain/verified/local-heads.ts';
import { type FinalityAnchor, ProvenHeads } from '../../../../src/chain/verified/proven-heads.ts';
import { VerifiedReader } from '../../../../src/chain/verified/reader.ts';
import type { LogosError } from '../../../../src/system/errors.ts';
import { finalityProof, voter } from './grandpa-maker.ts';
import { CHILD_TRIE, MadeChain } from './made-chain.ts';
import { type Answers, lying, Notices, type RpcServer, serveRpc } from './rpc-server.ts';

beforeAll(async () => {
  await cryptoWaitReady();
  await hashesReady();
});

const NOW = 1_800_000_000_000;
const KEY = Uint8Array.of(1, 2, 3);
const four = [0, 1, 2, 3].map((number) => voter(number));
const others = [10, 11, 12].map((number) => voter(number));
const big = new Uint8Array(100).fill(9);

/** Five blocks, the last one second old; the authorities change after block 2. */
function chain(voters = four): MadeChain {
  return new MadeChain(voters, NOW - 16_000)
    .add({ time: NOW - 13_000 })
    .add({ time: NOW - 10_000, values: { '010203': Uint8Array.of(1) }, handOver: others })
    .add({ time: NOW - 7_000, values: { '010203': Uint8Array.of(2) } })
    .add({ time: NOW - 4_000, values: { '010203': Uint8Array.of(3) } })
    .add({ time: NOW - 1_000, values: { '010203': Uint8Array.of(4), '0102ff': big }, child: { '05': big } });
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(answers: Answers): Promise<RpcServer> {
  const server = await serveRpc(answers);
  open.push(server);
  return server;
}

function reader(
  servers: readonly RpcServer[],
  anchor: FinalityAnchor | 'local',
  options: { now?: () => number } = {},
): { reader: VerifiedReader; rejected: LogosError[] } {
  const rejected: LogosError[] = [];
  const now = options.now ?? (() => NOW);
  const freshness = { maxAgeMs: 60_000, maxAheadMs: 30_000, now };
  const made = new VerifiedReader({
    endpoints: servers.map(({ url }) => webSocketEndpoint(url, 5_000)),
    heads: anchor === 'local' ? new LocalHeads(freshness) : new ProvenHeads(anchor, freshness),
    now,
    onRejected: (error) => rejected.push(error),
  });
  open.push(made);
  return { reader: made, rejected };
}

async function refused(work: Promise<unknown>): Promise<LogosError> {
  return work.then(
    (value) => {
      throw new Error(`gave ${JSON.stringify(value)}`);
    },
    (error: LogosError) => error,
  );
}

describe('a verified reader', () => {
  it('reads values, and their absence, at the last final block, from nothing but the genesis hash', async () => {
    const made = chain();
    const { reader: read, rejected } = reader([await serve(made.answers())], { genesis: made.genesis });
    const state = await read.state();
    expect(state.head).toMatchObject({
      height: 5,
      hash: made.tip.header.hash.toHex(),
      time: NOW - 1_000,
      trust: 'finality',
    });
    const [value, none, long] = await state.read([KEY, Uint8Array.of(7), Uint8Array.of(1, 2, 255)]);
    expect([value, none]).toEqual([Uint8Array.of(4), undefined]);
    expect(Buffer.from(long ?? [])).toEqual(Buffer.from(big));
    const inChild = await state.readChild(CHILD_TRIE, [Uint8Array.of(5), Uint8Array.of(6)]);
    expect(inChild.map((found) => found?.length)).toEqual([100, undefined]);
    expect(await state.readChild(Uint8Array.of(0xbb), [Uint8Array.of(5)])).toEqual([undefined]);
    expect(rejected).toEqual([]);
    expect(read.checkpoint).toMatchObject({ height: 5, setId: 1n });
  });

  it('goes on from where it was, also after a restart', async () => {
    const made = chain();
    const directory = await mkdtemp(join(tmpdir(), 'logos-verified-'));
    open.push({ close: () => rm(directory, { recursive: true, force: true }) });
    const store = join(directory, 'checkpoint.json');
    const anchor = { genesis: made.genesis, store };
    const first = reader([await serve(made.answers())], anchor);
    await first.reader.head();
    await first.reader.close();
    expect(JSON.parse(await readFile(store, 'utf8'))).toMatchObject({ height: 5, setId: '1' });

    made.add({ time: NOW });
    const later = await serve(made.answers());
    const second = reader([later], anchor);
    expect((await second.reader.head()).height).toBe(6);
    expect(later.asked.get('grandpa_proveFinality')).toBe(1);

    await writeFile(store, '{');
    expect((await refused(reader([later], anchor).reader.head())).code).toBe('checkpoint-invalid');
    await writeFile(store, (await readFile(store, 'utf8')).replace('{', '{"genesis": 1}'));
    expect((await refused(reader([later], anchor).reader.head())).code).toBe('checkpoint-invalid');
  });

  it('follows a set over several blocks, and new heads as they come', async () => {
    const made = chain();
    let now = NOW;
    let height = 1;
    const server = await serve((method, params) => made.answers(height)(method, params));
    const { reader: read } = reader([server], { genesis: made.genesis }, { now: () => now });
    for (height = 1; height <= 5; height += 1) {
      expect((await read.head()).height).toBe(height);
      now += 3_000;
    }
  });

  it('takes the justifications that a node tells of, where it gives none when asked', async () => {
    const made = new MadeChain(four, NOW - 9_000).add({ time: NOW - 6_000 }).add({ time: NOW - 3_000 });
    const told = [1, 2].map((height) => u8aToHex(made.justify(height)));
    let now = NOW;
    const server = await serve((method, params) => {
      if (method === 'grandpa_proveFinality') throw new Error('Block not covered by authority set changes');
      if (method === 'grandpa_subscribeJustifications') return new Notices('grandpa_justifications', told);
      return made.answers()(method, params);
    });
    const { reader: read } = reader([server], { genesis: made.genesis }, { now: () => now });
    expect((await read.head()).height).toBeGreaterThan(0);
    now += 4_000;
    expect((await read.head()).height).toBe(2);
    now += 4_000;
    expect((await read.head()).height).toBe(2);
    expect(server.asked.get('grandpa_subscribeJustifications')).toBe(1);
  });

  it('says of a chain without finality proofs that its word was taken', async () => {
    const made = chain();
    const { reader: read } = reader([await serve(made.answers())], 'local');
    const state = await read.state();
    expect(state.head).toMatchObject({ height: 5, trust: 'local' });
    expect(await state.read([KEY])).toEqual([Uint8Array.of(4)]);
  });
});

describe('a lying endpoint', () => {
  const made = chain();
  const honest = made.answers();
  /** Another chain of the same genesis, made by others than its authorities, or by too few of them. */
  const forkOf = (voters: typeof four): MadeChain => {
    const fork = new MadeChain(four, NOW - 16_000).add({ time: NOW - 2_000, values: { '010203': Uint8Array.of(66) } });
    fork.blocks.push({ ...(fork.blocks.pop() as MadeChain['tip']), voters });
    return fork;
  };
  const flip = (hex: string, at: number): string => {
    const digit = (Number.parseInt(hex[at] ?? '0', 16) ^ 1).toString(16);
    return hex.slice(0, at) + digit + hex.slice(at + 1);
  };

  const lies: [name: string, code: string, answers: Answers][] = [
    [
      'that alters a value',
      'proof-invalid',
      lying(honest, 'state_getReadProof', (answer, params) => {
        const { proof } = answer as { proof: string[] };
        // Only what is read, not what the head needs.
        if (!JSON.stringify(params[0]).includes('0x010203')) return answer;
        return { proof: proof.map((part) => part.replaceAll('04', '05')) };
      }),
    ],
    [
      'that leaves a value out',
      'proof-invalid',
      lying(honest, 'state_getReadProof', (answer, params) =>
        JSON.stringify(params[0]).includes('0x010203') ? { proof: [] } : answer,
      ),
    ],
    [
      'that answers from an older state',
      'proof-invalid',
      lying(honest, 'state_getReadProof', (answer, params) =>
        JSON.stringify(params[0]).includes('0x010203')
          ? honest('state_getReadProof', [params[0], made.blocks[3]?.header.hash.toHex()])
          : answer,
      ),
    ],
    [
      'that gives another header for the block',
      'finality-invalid',
      lying(honest, 'chain_getHeader', (answer) => {
        const header = answer as { stateRoot: string };
        return { ...header, stateRoot: flip(header.stateRoot, 10) };
      }),
    ],
    ['whose fork strangers signed', 'finality-invalid', forkOf(others).answers()],
    ['whose fork too few signed', 'finality-invalid', forkOf(four.slice(0, 2)).answers()],
    [
      'that proves another block than its last one',
      'finality-invalid',
      lying(honest, 'grandpa_proveFinality', () => finalityProof(made.genesis, made.justify(1))),
    ],
    [
      'that has garbage for a proof',
      'finality-invalid',
      lying(honest, 'grandpa_proveFinality', (answer) => `${String(answer).slice(0, 90)}00`),
    ],
    ['that is of another chain', 'endpoint-other-chain', new MadeChain(others, NOW).answers()],
    ['without finality proofs', 'endpoint-unusable', lying(honest, 'grandpa_proveFinality', () => null)],
    ['that answers nonsense', 'endpoint-unusable', lying(honest, 'chain_getFinalizedHead', () => 'hello')],
  ];

  it.each(lies)('%s is caught: %s', async (_name, code, answers) => {
    const liar = await serve(answers);
    const { reader: read } = reader([liar], { genesis: made.genesis });
    const error = await refused(read.state().then((state) => state.read([KEY])));
    expect(error.code).toBe(code);
    expect((error as LogosError & { host?: string }).host).toBe(liar.url);
    expect(error.nextSteps.length).toBeGreaterThan(0);
  });

  it.each(lies)('%s is passed over for an honest one', async (_name, code, answers) => {
    const servers = [await serve(answers), await serve(honest)];
    const { reader: read, rejected } = reader(servers, { genesis: made.genesis });
    const state = await read.state();
    expect(await state.read([KEY])).toEqual([Uint8Array.of(4)]);
    expect(rejected.map((error) => error.code)).toContain(code);
  });

  it('that holds new blocks back is outdone by any other, and stale when it is alone', async () => {
    const behind = await serve(made.answers(3));
    const { reader: both } = reader([behind, await serve(honest)], { genesis: made.genesis });
    expect((await both.head()).height).toBe(5);
    const { reader: alone } = reader([behind], { genesis: made.genesis }, { now: () => NOW + 60_000 });
    expect((await refused(alone.head())).code).toBe('head-stale');
    const { reader: early } = reader([behind], { genesis: made.genesis }, { now: () => NOW - 60_000 });
    expect((await refused(early.head())).code).toBe('head-stale');
  });

  it('cannot take a reader back behind what it has verified', async () => {
    let answers = honest;
    const server = await serve((method, params) => answers(method, params));
    let now = NOW;
    const { reader: read } = reader([server], { genesis: made.genesis }, { now: () => now });
    expect((await read.head()).height).toBe(5);
    now += 5_000;
    answers = made.answers(3);
    expect(await refused(read.head())).toMatchObject({
      code: 'head-stale',
      message: expect.stringContaining('block 5 was final before'),
    });
    answers = lying(honest, 'chain_getFinalizedHead', () => made.blocks[3]?.header.hash.toHex());
    expect((await read.head()).height).toBe(5);
  });

  it('is not believed about a checkpoint, either', async () => {
    const genesis = `0x${'12'.repeat(32)}` as Hash;
    const sameName = lying(honest, 'chain_getBlockHash', () => genesis);
    const server = await serve(lying(sameName, 'chain_getHeader', () => honest('chain_getHeader', [made.genesis])));
    expect((await refused(reader([server], { genesis }).reader.head())).code).toBe('finality-invalid');
  });

  it.each([
    ['later', { delay: 3 }],
    ['forced', { forced: true }],
  ])('a change of authorities that is %s needs a newer checkpoint', async (_name, how) => {
    const far = new MadeChain(four, NOW - 5_000).add({ time: NOW, handOver: others, ...how });
    const { reader: read } = reader([await serve(far.answers())], { genesis: far.genesis });
    expect((await refused(read.head())).code).toBe('checkpoint-too-old');
  });

  it('two that prove different blocks of one height end all trust', async () => {
    const [one, other] = [new MadeChain(four, NOW), new MadeChain(four, NOW)];
    one.add({ time: NOW, values: { '01': big } });
    other.add({ time: NOW, values: { '02': big } });
    const { reader: read } = reader([await serve(one.answers()), await serve(other.answers())], {
      genesis: one.genesis,
    });
    expect((await refused(read.head())).code).toBe('finality-conflict');
  });
});
