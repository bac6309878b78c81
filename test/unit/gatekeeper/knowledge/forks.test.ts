import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KnowledgeAgent, type Level } from '../../../../src/gatekeeper/knowledge/agent.ts';
import { KnowledgeKeeper } from '../../../../src/gatekeeper/knowledge/keeper.ts';
import { KnowledgeStore } from '../../../../src/gatekeeper/knowledge/store.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { addressOf, type Deed, ModelChain, sectionOf } from './model-chain.ts';

const SECTIONS = [0, 1, 2];
const ACCOUNTS = [0, 1, 2, 3];
const KINDS = ['Configuration', 'Operation'] as const;

const kind = fc.constantFrom(...KINDS);
const section = fc.constantFrom(...SECTIONS);
const account = fc.constantFrom(...ACCOUNTS);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('register' as const), kind, section, account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unregister' as const), kind, section }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('upgrade' as const), account, code: fc.constantFrom(0, 1) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('configure' as const), account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), account }) },
  { weight: 1, arbitrary: fc.constant({ do: 'runtime' as const }) },
);

/** What happens to a chain, and to who follows it. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ build: fc.array(deed, { maxLength: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ giveUp: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ finalize: fc.integer({ min: 0, max: 4 }) }) },
  { weight: 5, arbitrary: fc.constant({ look: true as const }) },
  // The chain is gone after so many answers; the keeper is begun anew on the same file.
  { weight: 2, arbitrary: fc.record({ breakOff: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ sleep: fc.constantFrom(1, 10, 255, 256, 300) }) },
  { weight: 1, arbitrary: fc.record({ keep: fc.constantFrom(0, 2, 8, Number.POSITIVE_INFINITY) }) },
);

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

it('after any forks, absences and breaks, what is known is what a replay of the chain gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 40, size: 'max' }), async (happenings) => {
      const directory = mkdtempSync(join(tmpdir(), 'logos-knowledge-'));
      const path = join(directory, 'knowledge.sqlite');
      const chain = new ModelChain();
      const level: Level = { at: undefined };
      const of = { genesis: chain.genesis, region: chain.region };
      let store = KnowledgeStore.open(path, of);
      const keeper = () => new KnowledgeKeeper({ source: chain, store, level, clock: systemClock, log: () => {} });
      try {
        for (const one of happenings) {
          happen(chain, one);
          if ('look' in one) {
            await keeper().step();
            agrees(chain, new KnowledgeAgent(store, level, new Map()));
          }
          if (!('breakOff' in one)) continue;
          chain.callsLeft = one.breakOff;
          await keeper()
            .step()
            .catch(() => {});
          chain.callsLeft = Number.POSITIVE_INFINITY;
          store.close();
          store = KnowledgeStore.open(path, of);
        }
        await keeper().step();
        agrees(chain, new KnowledgeAgent(store, level, new Map()));
      } finally {
        store.close();
        rmSync(directory, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);

function happen(chain: ModelChain, one: Happening): void {
  if ('build' in one) chain.build(one.build);
  if ('finalize' in one) chain.finalize(one.finalize);
  if ('sleep' in one) for (let block = 0; block < one.sleep; block += 1) chain.build([]);
  if ('giveUp' in one) {
    chain.giveUp(one.giveUp);
    chain.build([]);
  }
  if ('keep' in one) chain.kept = one.keep;
}

function agrees(chain: ModelChain, agent: KnowledgeAgent): void {
  const { contracts, heads, specVersion } = chain.truth();
  const known = { height: chain.height };
  expect(agent.runtime()).toMatchObject({ value: { specVersion }, knownAt: known });
  for (const one of KINDS) {
    for (const index of SECTIONS) {
      const name = sectionOf(index);
      const answer = agent.contract(one, name);
      expect(answer.value).toEqual(contracts.get(`${one} ${name}`));
      expect(['unsettled', undefined]).toContain(answer.stale);
      // What is not final is never acted on.
      if ((answer.value?.since ?? 0) > chain.final) expect(agent.find(one, name)).toBeUndefined();
    }
  }
  for (const index of ACCOUNTS) {
    const address = addressOf(index);
    const registered = [...contracts.values()].some((one) => one.kind === 'Configuration' && one.address === address);
    expect(agent.configurationOf(address).value).toEqual(registered ? heads.get(address) : undefined);
  }
}

it('a section whose contract ended and came back within a block has nothing configured', async () => {
  const chain = new ModelChain();
  const directory = mkdtempSync(join(tmpdir(), 'logos-knowledge-'));
  const store = KnowledgeStore.open(join(directory, 'knowledge.sqlite'), {
    genesis: chain.genesis,
    region: chain.region,
  });
  const level: Level = { at: undefined };
  const register: Deed = { do: 'register', kind: 'Configuration', section: 0, account: 0 };
  try {
    chain.build([{ do: 'configure', account: 0 }, register]);
    const keeper = new KnowledgeKeeper({ source: chain, store, level, clock: systemClock, log: () => {} });
    await keeper.step();
    chain.build([{ do: 'end', account: 0 }, register]);
    await keeper.step();
    agrees(chain, new KnowledgeAgent(store, level, new Map()));
  } finally {
    store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
