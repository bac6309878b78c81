import { expect, it } from 'vitest';
import type { Attested, Attesting } from '../../../../src/service/ngd/attestation.ts';
import { Attestor } from '../../../../src/service/ngd/attestor.ts';
import type { Clock } from '../../../../src/system/clock.ts';

const SAID: Attesting = { manifest: 'ab'.repeat(32), intact: true };

/** Runs an attestor whose chain gives these answers, and notes what it was told, what it waited and what it said. */
async function run(answers: (Attested | (() => never))[], state: (call: number) => Attesting | undefined = () => SAID) {
  const told: boolean[] = [];
  const waits: number[] = [];
  const said: string[] = [];
  const end = new AbortController();
  const clock: Clock = {
    now: () => 0,
    sleep: async (ms) => {
      waits.push(ms);
      if (told.length >= answers.length) end.abort();
    },
  };
  let calls = 0;
  const attestor = new Attestor({
    clock,
    tell: (_, text) => said.push(text),
    state: async () => state(calls++),
    attest: async ({ intact }) => {
      told.push(intact);
      const answer = answers[told.length - 1] ?? { state: 'unbound' };
      return typeof answer === 'function' ? answer() : answer;
    },
  });
  await attestor.run(end.signal);
  return { told, waits, said };
}

const taken: Attested = { state: 'taken', height: 7, againMs: 900_000 };
const failed: Attested = { state: 'failed', code: 'chain-unreachable', message: 'nobody answers' };

it('tells again when the chain says that it is time', async () => {
  const { waits, said } = await run([taken, { state: 'early', againMs: 9_000 }, taken]);
  expect(waits).toEqual([900_000, 9_000, 900_000]);
  expect(said).toEqual([expect.stringContaining('block 7'), expect.stringContaining('block 7')]);
});

it('tells bad news again and again until they are taken, and says once that they are not', async () => {
  const bad = { ...SAID, intact: false };
  const { told, waits, said } = await run([failed, failed, failed, taken], () => bad);
  expect(told).toEqual([false, false, false, false]);
  expect(waits).toEqual([1_000, 1_000, 1_000, 900_000]);
  expect(said).toEqual([expect.stringContaining('nobody answers'), expect.stringContaining('deviates')]);
});

it('lets good news wait where the chain can not be reached', async () => {
  expect((await run([failed, taken])).waits).toEqual([30_000, 900_000]);
});

it('says nothing to the chain while nothing can be said', async () => {
  const { told, waits } = await run([taken], (call) => (call === 0 ? undefined : SAID));
  expect([told, waits]).toEqual([[true], [60_000, 900_000]]);
});

it('goes on though a node says that the host is excluded: that may be a lie', async () => {
  const bad = { ...SAID, intact: false };
  const { told, waits, said } = await run([{ state: 'excluded' }, taken], () => bad);
  expect([told, waits]).toEqual([
    [false, false],
    [60_000, 900_000],
  ]);
  expect(said).toEqual(['The chain has excluded this host.', expect.stringContaining('deviates')]);
});

it('goes on when what is to be said can not be found out, or nobody can be told', async () => {
  const broken = () => {
    throw new Error('damaged');
  };
  const { told, waits } = await run([taken], (call) => (call === 0 ? broken() : SAID));
  expect([told, waits]).toEqual([[true], [60_000, 900_000]]);
  const { waits: again, said } = await run([broken, taken]);
  expect(again).toEqual([30_000, 900_000]);
  expect(said[0]).toContain('damaged');
});

it('does not attest what the chain does not have on record: that would exclude an honest host', async () => {
  const { waits, said } = await run([{ state: 'manifest-unknown', manifest: '0xab' }]);
  expect(waits).toEqual([60_000]);
  expect(said).toEqual([expect.stringContaining('another state on record')]);
});
