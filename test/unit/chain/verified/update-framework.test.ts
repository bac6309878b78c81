import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { u8aToHex } from '@polkadot/util';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openArtifacts } from '../../../../src/chain/index.ts';
import { verifiedChain } from '../../../../src/chain/verified/chain.ts';
import { webSocketEndpoint } from '../../../../src/chain/verified/endpoint.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { ProvenHeads } from '../../../../src/chain/verified/proven-heads.ts';
import { VerifiedReader } from '../../../../src/chain/verified/reader.ts';
import { configuredBytes } from '../../../../src/service/values.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';
import type { LogosError } from '../../../../src/system/errors.ts';
import { type Answer, hostileMirror, plainFile } from '../artifacts/hostile-mirror.ts';
import { blockOf, finalityProof, justification, voter } from './grandpa-maker.ts';
import { MadeChain } from './made-chain.ts';
import { artifactEntry, entryKey, sectionItems } from './made-section.ts';
import { type Answers, lying, serveRpc } from './rpc-server.ts';

/**
 * The attacks on software updates of The Update Framework's specification (section 1.5.2), by their names there. Its
 * signed metadata is the chain's final state here: keys are the validators', a threshold is two thirds of their votes,
 * `timestamp` and `snapshot` are the last final block, `targets` is a section that names artefacts by hash and length.
 */
const NOW = 1_800_000_000_000;
const KEY = 'library-a';
const four = [0, 1, 2, 3].map((number) => voter(number));
const strangers = [20, 21, 22].map((number) => voter(number));
const contract = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/native-node.json'), 'utf8')).contract;
const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);
const [old, present, other] = ['library a, version 1', 'library a, version 2', 'library b'].map(bytesOf) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const named = (bytes: Uint8Array): Uint8Array => artifactEntry(sha256Hex(bytes), bytes.length);
const files = Object.fromEntries([old, present, other].map((bytes) => [sha256Hex(bytes), bytes]));

/** Block 1 names the first version, block 2 the second; it is a second old. */
const makeChain = (): MadeChain =>
  new MadeChain(four, NOW - 7_000).add({ time: NOW - 4_000, values: before }).add({ time: NOW - 1_000, values: after });

/** The storage of block 1, and that of block 2. */
let before: Record<string, Uint8Array>;
let after: Record<string, Uint8Array>;
let root: string;
let made: MadeChain;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  await cryptoWaitReady();
  await hashesReady();
  before = sectionItems({ [KEY]: named(old), 'library-b': named(other) }, { version: 1 });
  after = sectionItems({ [KEY]: named(present), 'library-b': named(other) }, { version: 2 });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-tuf-'));
  made = makeChain();
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  await rm(root, { recursive: true, force: true });
});

interface World {
  /** What nodes answer, in the order in which they are asked; default: one that is honest. */
  nodes?: readonly Answers[];
  /** What mirrors answer; default: one that is honest. */
  mirrors?: readonly Answer[];
  now?: () => number;
}

/** A host that updates its library again and again: each call gives the text that it would use. */
async function host({ nodes = [made.answers()], mirrors = [plainFile(files)], now = () => NOW }: World) {
  const endpoints = [];
  for (const answers of nodes) {
    const server = await serveRpc(answers);
    open.push(server);
    endpoints.push(webSocketEndpoint(server.url, 5_000));
  }
  const freshness = { maxAgeMs: 60_000, maxAheadMs: 30_000, now };
  const anchor = { genesis: made.genesis, store: join(root, 'checkpoint.json') };
  const reader = new VerifiedReader({ endpoints, heads: new ProvenHeads(anchor, freshness), now });
  open.push(reader);
  const urls: string[] = [];
  for (const answer of mirrors) {
    const mirror = await hostileMirror(answer);
    open.push(mirror);
    urls.push(mirror.url);
  }
  const chain = verifiedChain(reader, 'local', { configuration: contract });
  const store = openArtifacts(join(root, 'store'), { mirrors: urls, chunkTimeoutMs: 500 });
  return async (key = KEY): Promise<string> => {
    const section = await chain.section('network-section-1');
    return new TextDecoder().decode(await configuredBytes(section, key, store));
  };
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (value) => `used ${value}`,
    (error: LogosError) => error.code,
  );

/** A node that gives other values with its proofs, by storage key. */
const withValues = (values: Readonly<Record<string, Uint8Array | undefined>>): Answers =>
  lying(made.answers(), 'state_queryStorageAt', (answer) => {
    const [block] = answer as { changes: [string, string | null][] }[];
    for (const change of block?.changes ?? []) {
      const value = values[change[0].slice(2)];
      if (value !== undefined) change[1] = u8aToHex(value);
    }
    return answer;
  });

describe('a host that updates its libraries', () => {
  it('uses what the last final block names', async () => {
    expect(await (await host({}))()).toBe('library a, version 2');
  });

  it('withstands the installation of arbitrary software', async () => {
    const lie = Object.fromEntries(Object.keys(files).map((digest) => [digest, bytesOf('what an attacker wants')]));
    expect(await refusal((await host({ mirrors: [plainFile(lie)] }))())).toBe('artifact-corrupt');
  });

  it('withstands endless data', async () => {
    const endless: Answer = (request, response) => {
      if (request.url?.endsWith('.chunks')) return void response.writeHead(404).end();
      const more = (): void => {
        while (!response.destroyed && response.write(old));
      };
      response.writeHead(200).on('drain', more);
      more();
    };
    expect(await refusal((await host({ mirrors: [endless] }))())).toMatch(/^artifact-/);
  });

  it('withstands slow retrieval: a mirror that trickles is left for another', async () => {
    const trickle: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': present.length }).write(present.subarray(0, 1));
    };
    expect(await refusal((await host({ mirrors: [trickle] }))())).toBe('artifact-unavailable');
    expect(await (await host({ mirrors: [trickle, plainFile(files)] }))()).toBe('library a, version 2');
  });

  it('withstands malicious mirrors that prevent updates, while one of them is honest', async () => {
    const refuse: Answer = (_, response) => void response.writeHead(503).end();
    expect(await (await host({ mirrors: [refuse, plainFile({}), plainFile(files)] }))()).toBe('library a, version 2');
  });

  it('withstands rollback: neither a node nor a mirror takes it back to what was', async () => {
    let answers = made.answers();
    let now = NOW;
    const update = await host({ nodes: [(method, params) => answers(method, params)], now: () => now });
    expect(await update()).toBe('library a, version 2');
    answers = made.answers(1);
    now += 5_000;
    expect(await refusal(update())).toBe('head-stale');
    // What was verified is on disk: a restart forgets nothing.
    expect(await refusal((await host({ nodes: [made.answers(1)] }))())).toBe('head-stale');
  });

  it('withstands rollback by a mirror, which gives an older file by the name of the newer', async () => {
    const swapped = { [sha256Hex(present)]: old };
    expect(await refusal((await host({ mirrors: [plainFile(swapped)] }))())).toMatch(/^artifact-/);
  });

  it('withstands an indefinite freeze: what is old is not used, and said to be old', async () => {
    const frozen = made.answers(1);
    expect(await refusal((await host({ nodes: [frozen], now: () => NOW + 120_000 }))())).toBe('head-stale');
    expect(await (await host({ nodes: [frozen, made.answers()] }))()).toBe('library a, version 2');
  });

  it('withstands fast-forward: no number is believed that was not voted for', async () => {
    const ahead = makeChain().add({ time: NOW, values: sectionItems({ [KEY]: named(old) }, { version: 2 ** 40 }) });
    const block = blockOf(ahead.tip.header);
    const precommits = strangers.map((one) => ({ voter: one, block }));
    const proof = finalityProof(block.hash, justification(block, precommits, { round: 1n, setId: 0n }));
    const node = lying(ahead.answers(), 'grandpa_proveFinality', () => proof);
    expect(await refusal((await host({ nodes: [node] }))())).toBe('finality-invalid');
    expect(await (await host({ nodes: [node, made.answers()] }))()).toBe('library a, version 2');
  });

  it('withstands mix-and-match: no part of one block is taken with a part of another', async () => {
    const first = made.blocks[1]?.header.hash.toHex();
    const oldEntry = withValues({ [entryKey(KEY)]: before[entryKey(KEY)] });
    const oldProof: Answers = (method, params) =>
      made.answers()(method, method === 'state_getReadProof' ? [params[0], first] : params);
    const both: Answers = (method, params) => (method === 'state_getReadProof' ? oldProof : oldEntry)(method, params);
    for (const node of [oldEntry, oldProof, both]) {
      expect(await refusal((await host({ nodes: [node] }))())).toBe('proof-invalid');
    }
  });

  it('withstands the wrong software: what is named for one key is not taken for another', async () => {
    const swapped = { [entryKey(KEY)]: after[entryKey('library-b')] };
    expect(await refusal((await host({ nodes: [withValues(swapped)] }))())).toBe('proof-invalid');
    const mirror = plainFile({ [sha256Hex(present)]: other });
    expect(await refusal((await host({ mirrors: [mirror] }))())).toMatch(/^artifact-/);
  });

  it('withstands extraneous dependencies: what no block names is not there', async () => {
    const evil = bytesOf('library of an attacker');
    const more = sectionItems({ [KEY]: named(present), 'library-b': named(other), 'library-evil': named(evil) });
    const forged = new MadeChain(four, NOW - 7_000).add({ time: NOW - 1_000, values: more });
    const node: Answers = (method, params) =>
      method.startsWith('state_')
        ? forged.answers()(method, [...params.slice(0, -1), forged.tip.header.hash.toHex()])
        : made.answers()(method, params);
    const mirror = plainFile({ ...files, [sha256Hex(evil)]: evil });
    expect(await refusal((await host({ nodes: [node], mirrors: [mirror] }))('library-evil'))).toBe('proof-invalid');
    expect(await refusal((await host({ mirrors: [mirror] }))('library-evil'))).toBe('configuration-key-missing');
  });

  it.each([
    [1, 'finality-invalid'],
    [2, 'finality-invalid'],
    [3, 'library a, version 2'],
  ])('withstands the compromise of keys below the threshold: %i of 4 votes give %s', async (votes, outcome) => {
    const block = blockOf(made.tip.header);
    const precommits = four.slice(0, votes).map((one) => ({ voter: one, block }));
    const proof = finalityProof(block.hash, justification(block, precommits, { round: 1n, setId: 0n }));
    const node = lying(made.answers(), 'grandpa_proveFinality', () => proof);
    const update = (await host({ nodes: [node] }))();
    expect(votes < 3 ? await refusal(update) : await update).toBe(outcome);
  });

  it('withstands what was changed on its own disk', async () => {
    const update = await host({});
    expect(await update()).toBe('library a, version 2');
    await writeFile(join(root, 'store', sha256Hex(present)), old);
    expect(await update()).toBe('library a, version 2');
  });
});
