import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { builtInMetadata } from '../../../../src/chain/index.ts';
import { openKnowledge, readKnowledge } from '../../../../src/gatekeeper/index.ts';
import { KnowledgeAgent, type Level, STALE_MS } from '../../../../src/gatekeeper/knowledge/agent.ts';
import { PROVEN_MS, ProvenDirectory } from '../../../../src/gatekeeper/knowledge/directory.ts';
import { KnowledgeKeeper } from '../../../../src/gatekeeper/knowledge/keeper.ts';
import { KnowledgeStore } from '../../../../src/gatekeeper/knowledge/store.ts';
import type { GatekeeperEvent } from '../../../../src/gatekeeper/log.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { addressOf, hashOf, ModelChain, sectionOf } from './model-chain.ts';

const SECTION = sectionOf(0);
let gatekeeper: string;
let path: string;
let chain: ModelChain;

beforeEach(() => {
  gatekeeper = mkdtempSync(join(tmpdir(), 'logos-knowledge-'));
  path = join(gatekeeper, 'knowledge.sqlite');
  chain = new ModelChain();
  chain.build([{ do: 'register', kind: 'Operation', section: 0, account: 1 }]);
  chain.finalize(0);
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(gatekeeper, { recursive: true, force: true });
});

/** Opens a store for a chain, brings it level, and gives what knows then. */
async function learnt(of = chain) {
  const store = KnowledgeStore.open(path, { genesis: of.genesis, region: of.region });
  const level: Level = { at: undefined };
  const events: GatekeeperEvent[] = [];
  const log = (event: GatekeeperEvent): void => void events.push(event);
  const keeper = new KnowledgeKeeper({ source: of, store, level, clock: systemClock, log });
  const agent = new KnowledgeAgent(store, level, builtInMetadata(), () => keeper.doubt());
  await keeper.step();
  return { store, level, keeper, agent, events };
}

it('is readable by its owner alone, and goes on from where it was', async () => {
  const first = await learnt();
  first.store.close();
  expect(readdirSync(gatekeeper)).toEqual(['knowledge.sqlite']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  chain.build([{ do: 'register', kind: 'Operation', section: 1, account: 2 }]);
  chain.finalize(0);
  const again = await learnt();
  expect(chain.collected).toBe(1);
  expect(again.agent.find('Operation', sectionOf(1))).toMatchObject({ address: addressOf(2), revision: 1 });
  again.store.close();
});

it.each([
  ['damaged', () => writeFileSync(path, 'no database'.repeat(1_000))],
  ['torn', () => writeFileSync(path, readFileSync(path).fill(0xff, 4_096, 16_384))],
  ['of another format', () => withDatabase((database) => database.exec('PRAGMA user_version=99'))],
  ['of no format', () => withDatabase((database) => database.exec('PRAGMA user_version=0'))],
])('a file that is %s is set aside, and all is collected anew', async (_, spoil) => {
  (await learnt()).store.close();
  spoil();
  const after = await learnt();
  expect(chain.collected).toBe(2);
  expect(after.agent.find('Operation', SECTION)).toMatchObject({ address: addressOf(1) });
  after.store.close();
  expect(readdirSync(gatekeeper).sort()).toEqual(['knowledge.sqlite', 'knowledge.sqlite.aside']);
});

it('what is of another chain, or another region, is forgotten', async () => {
  (await learnt()).store.close();
  const other = new ModelChain('other');
  const store = KnowledgeStore.open(path, { genesis: other.genesis, region: other.region });
  const agent = new KnowledgeAgent(store, { at: performance.now() }, new Map());
  expect(agent.contract('Operation', SECTION)).toMatchObject({ value: undefined, stale: 'empty' });
  store.close();
  const back = KnowledgeStore.open(path, { genesis: chain.genesis, region: 'eu-1' });
  expect(back.cursor).toBeUndefined();
  back.close();
});

it('what was not compared with the chain for long, or is not final, is not acted on', async () => {
  const { agent, level, keeper, store } = await learnt();
  expect(agent.contract('Operation', SECTION)).toMatchObject({ stale: undefined, knownAt: { height: 1 } });
  level.at = performance.now() - STALE_MS - 1;
  expect(agent.contract('Operation', SECTION)).toMatchObject({ stale: 'old', value: { address: addressOf(1) } });
  expect(agent.find('Operation', SECTION)).toBeUndefined();
  chain.build([{ do: 'register', kind: 'Operation', section: 0, account: 2 }]);
  await keeper.step();
  expect(agent.contract('Operation', SECTION)).toMatchObject({ stale: 'unsettled', value: { revision: 2 } });
  expect(agent.find('Operation', SECTION)).toBeUndefined();
  chain.finalize(0);
  await keeper.step();
  expect(agent.find('Operation', SECTION)).toMatchObject({ address: addressOf(2), revision: 2, knownAt: 2 });
  store.close();
});

it('in doubt nothing is acted on until it was collected anew', async () => {
  const { agent, keeper, store } = await learnt();
  agent.doubt();
  expect(agent.find('Operation', SECTION)).toBeUndefined();
  await keeper.step();
  expect(chain.collected).toBe(2);
  expect(agent.find('Operation', SECTION)).toBeDefined();
  store.close();
});

it('a contract that a node made up is not called: its place is proven first, and again after a minute', async () => {
  const { agent, store, level } = await learnt();
  const registered = { address: addressOf(1), codeHash: hashOf(`code of ${addressOf(1)}`), revision: 1 };
  let proven = { ...registered, address: addressOf(2) };
  const directory = new ProvenDirectory(agent, async () => proven);
  expect(directory.find('Operation', SECTION)).toBeUndefined();
  expect(await directory.look('Operation', SECTION)).toEqual(proven);
  expect(directory.find('Operation', SECTION)).toBeUndefined();
  proven = { ...registered, revision: 2 };
  await directory.look('Operation', SECTION);
  expect(directory.find('Operation', SECTION)).toBeUndefined();
  proven = registered;
  await directory.look('Operation', SECTION);
  expect(directory.find('Operation', SECTION)).toEqual({ ...registered, knownAt: 1 });
  const later = performance.now() + PROVEN_MS + 1;
  const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
  level.at = later;
  expect(agent.find('Operation', SECTION)).toBeDefined();
  expect(directory.find('Operation', SECTION)).toBeUndefined();
  clock.mockRestore();
  store.close();
});

it('a value that is not what this program wrote is no answer', async () => {
  const { agent, store } = await learnt();
  withDatabase((database) => database.exec(`UPDATE fact SET value = '{"address":1}' WHERE name LIKE 'contract/%'`));
  expect(agent.contract('Operation', SECTION)).toMatchObject({ value: undefined, stale: 'damaged' });
  expect(agent.find('Operation', SECTION)).toBeUndefined();
  store.close();
  expect(agent.find('Operation', SECTION)).toBeUndefined();
});

it('the file does not outgrow its limit, whatever the chain says; then it is begun anew', async () => {
  (await learnt()).store.close();
  const small = KnowledgeStore.open(path, { genesis: chain.genesis, region: chain.region });
  const filler = new Map([['filler', 'x'.repeat(8_192 * 4_096)]]);
  const place = { height: 2, hash: hashOf('2'), parent: hashOf('1') };
  expect(() => small.append(place, filler, 1, 0)).toThrow(/full/);
  expect(small.cursor?.height).toBe(1);
  expect(statSync(path).size).toBeLessThan(8_192 * 4_096 + 1);
  small.renew();
  expect(small.cursor).toBeUndefined();
  small.close();
});

it('a region of too many contracts is known in part: the chain is asked about the rest', async () => {
  for (let section = 1; section < 1_010; section += 1) {
    chain.build([{ do: 'register', kind: 'Operation', section, account: 1 }]);
  }
  chain.finalize(0);
  const { agent, store } = await learnt();
  expect(store.contracts().size).toBe(1_000);
  expect(agent.find('Operation', sectionOf(1_005))).toBeUndefined();
  store.close();
}, 60_000);

it('two that keep the same knowledge learn from each other', async () => {
  const [one, other] = [await learnt(), await learnt()];
  expect(chain.collected).toBe(1);
  for (let section = 1; section < 20; section += 1) {
    chain.build([{ do: 'register', kind: 'Operation', section, account: section }]);
    chain.finalize(0);
    const { keeper, agent } = section % 3 === 0 ? other : one;
    await keeper.step().catch(() => keeper.step());
    expect(agent.find('Operation', sectionOf(section))).toMatchObject({ address: addressOf(section) });
  }
  chain.giveUp(5);
  chain.build([]);
  await Promise.allSettled([one.keeper.step(), other.keeper.step()]);
  for (const { keeper, agent, store } of [one, other]) {
    await keeper.step().catch(() => keeper.step());
    expect(agent.runtime().knownAt?.height).toBe(chain.height);
    store.close();
  }
  expect(chain.collected).toBe(1);
});

it('one that another process does not let write gets no knowledge, and the chain is asked', async () => {
  const { store } = await learnt();
  const blocker = new DatabaseSync(path);
  blocker.exec('BEGIN IMMEDIATE');
  const events: GatekeeperEvent[] = [];
  expect(
    openKnowledge(
      { gatekeeper },
      chain,
      async () => undefined,
      (event) => events.push(event),
    ),
  ).toBeUndefined();
  expect(events).toMatchObject([{ code: 'knowledge-closed', level: 'warning' }]);
  blocker.close();
  store.close();
});

it('is read while it is open and after, with its age; without a file it says what to do', async () => {
  await expect(readKnowledge({ gatekeeper }, Date.now())).rejects.toMatchObject({ code: 'knowledge-missing' });
  const { store } = await learnt();
  const now = (store.cursor?.time ?? 0) + 5_000;
  const report = { region: 'local', ageMs: 5_000, specVersion: 1, knownAt: { height: 1 }, finalized: 1 };
  expect(await readKnowledge({ gatekeeper }, now)).toMatchObject(report);
  store.close();
  expect(await readKnowledge({ gatekeeper }, now)).toMatchObject({
    ...report,
    contracts: [{ kind: 'Operation', section: SECTION, address: addressOf(1), revision: 1 }],
  });
  writeFileSync(path, 'no database'.repeat(1_000));
  await expect(readKnowledge({ gatekeeper }, now)).rejects.toMatchObject({ code: 'knowledge-unreadable' });
});

function withDatabase(work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(path);
  work(database);
  database.close();
}
