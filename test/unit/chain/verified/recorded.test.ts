import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type VerifiedChain, verifiedChain } from '../../../../src/chain/verified/chain.ts';
import type { Checkpoint } from '../../../../src/chain/verified/checkpoint.ts';
import { webSocketEndpoint } from '../../../../src/chain/verified/endpoint.ts';
import { hashesReady } from '../../../../src/chain/verified/hashes.ts';
import { ProvenHeads } from '../../../../src/chain/verified/proven-heads.ts';
import { VerifiedReader } from '../../../../src/chain/verified/reader.ts';
import { itemKey, TIMESTAMP_KEY } from '../../../../src/chain/verified/storage-keys.ts';
import type { LogosError } from '../../../../src/system/errors.ts';
import { type Answers, lying, serveRpc } from './rpc-server.ts';

/** Answers of a real node (fixtures/README.md), given again with one thing changed. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/native-node.json'), 'utf8'));
const { now, expected, older, contract } = recorded;
const calls = recorded.calls as { method: string; params: unknown[]; answer: unknown }[];
const checkpoint: Checkpoint = {
  ...recorded.checkpoint,
  setId: BigInt(recorded.checkpoint.setId),
  authorities: recorded.checkpoint.authorities.map(({ id, weight }: { id: string; weight: string }) => ({
    id,
    weight: BigInt(weight),
  })),
};

const answerOf = (method: string, params: readonly unknown[]): unknown => {
  const asked = JSON.stringify(params);
  const found = calls.find((call) => call.method === method && JSON.stringify(call.params) === asked);
  if (found === undefined) throw new Error(`nobody asked ${method} ${asked}`);
  return found.answer;
};
const honest: Answers = answerOf;
const TIME = Buffer.from(TIMESTAMP_KEY).toString('hex');

beforeAll(async () => {
  await cryptoWaitReady();
  await hashesReady();
});
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function chainOf(answers: readonly Answers[], clock = now): Promise<VerifiedChain & { reader: VerifiedReader }> {
  const servers = await Promise.all(answers.map(serveRpc));
  const freshness = { maxAgeMs: 60_000, maxAheadMs: 30_000, now: () => clock };
  const reader = new VerifiedReader({
    endpoints: servers.map(({ url }) => webSocketEndpoint(url, 5_000)),
    heads: new ProvenHeads({ genesis: checkpoint.genesis, checkpoint }, freshness),
    now: () => clock,
  });
  const chain = { ...verifiedChain(reader, 'local', { configuration: contract }), reader };
  open.push(...servers, chain);
  return chain;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'believed',
    (error: LogosError) => error.code,
  );
}

describe('what a real node answered', () => {
  it('is proven: a hand-over of authorities, values, and a section of a contract', async () => {
    const chain = await chainOf([honest]);
    const state = await chain.state();
    expect(state.head).toMatchObject({ height: expected.height, hash: expected.hash, trust: 'finality' });
    expect(chain.reader.checkpoint?.setId).toBe(BigInt(expected.setId));
    const [number, none] = await state.read([itemKey('System', 'Number'), itemKey('No', 'Such')]);
    expect(Buffer.from(number ?? []).toString('hex')).toBe(expected.number);
    expect(none).toBeUndefined();
    const { version, entries } = await chain.section(expected.section);
    expect(version).toBe(expected.version);
    const texts = [...entries].map(([key, { value }]) => [
      key,
      value.kind === 'inline' ? Buffer.from(value.bytes).toString() : value,
    ]);
    expect(Object.fromEntries(texts)).toEqual(expected.entries);
  });

  it('is refused with any part of a proof altered, in each of its parts', async () => {
    const proofs = calls.filter(({ method, params }) => method.startsWith('state_') && params.at(-1) === expected.hash);
    const parts = proofs.flatMap(({ method, params, answer }) =>
      (answer as { proof: string[] }).proof.map((_, index) => ({ method, asked: JSON.stringify(params), index })),
    );
    expect(parts.length).toBeGreaterThan(20);
    for (const [turn, { method, asked, index }] of parts.entries()) {
      const liar = lying(honest, method, (answer, params) => {
        if (JSON.stringify(params) !== asked) return answer;
        const { proof } = answer as { proof: string[] };
        const part = proof[index] ?? '';
        const at = 2 + ((turn * 7919) % (part.length - 2));
        proof[index] = part.slice(0, at) + (Number.parseInt(part[at] ?? '0', 16) ^ 1).toString(16) + part.slice(at + 1);
        return { proof };
      });
      const chain = await chainOf([liar]);
      const work = async (): Promise<void> => {
        await (await chain.state()).read([itemKey('System', 'Number'), itemKey('No', 'Such')]);
        await chain.section(expected.section);
      };
      expect(await codeOf(work())).toBe('proof-invalid');
      for (const one of open.splice(0).reverse()) await one.close();
    }
  });

  it.each(['state_getReadProof', 'state_getChildReadProof'])(
    'is refused when %s is answered from the state of the block before',
    async (method) => {
      const liar = lying(honest, method, (answer, params) =>
        // The head's own time is left alone, so that the lie is about what is asked for.
        JSON.stringify(params).includes(TIME) ? answer : answerOf(method, [...params.slice(0, -1), older]),
      );
      const chain = await chainOf([liar]);
      expect(await codeOf(chain.section(expected.section))).toBe('proof-invalid');
    },
  );

  it('is refused when the authorities before still make blocks final, or a signature is altered', async () => {
    const byThoseBefore = answerOf('grandpa_proveFinality', [checkpoint.height + 1]);
    const fork = await chainOf([lying(honest, 'grandpa_proveFinality', () => byThoseBefore)]);
    expect(await codeOf(fork.head())).toBe('finality-invalid');
    const forged = lying(honest, 'grandpa_proveFinality', (answer) => {
      const hex = String(answer);
      // In the signature of the only vote: behind the proof's block (32) and length (2), round, target and count.
      const at = 2 + 2 * (32 + 2 + 8 + 36 + 1 + 36 + 20);
      return hex.slice(0, at) + (Number.parseInt(hex[at] ?? '0', 16) ^ 1).toString(16) + hex.slice(at + 1);
    });
    expect(await codeOf((await chainOf([forged])).head())).toBe('finality-invalid');
  });

  it('is refused when it comes from the past', async () => {
    const chain = await chainOf([honest], now + 3_600_000);
    expect(await codeOf(chain.head())).toBe('head-stale');
  });

  it('is taken from the honest one of two', async () => {
    const liar = lying(honest, 'state_getReadProof', () => ({ proof: [] }));
    const chain = await chainOf([liar, honest]);
    expect((await chain.section(expected.section)).entries.size).toBe(Object.keys(expected.entries).length);
  });
});
