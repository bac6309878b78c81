import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiPromise } from '@polkadot/api';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { outcomeOf } from '../../lab/binary.ts';
import { call, connectApi, developer, LOGOS, send, watchEvents } from '../../lab/governance.ts';
import { labNetworkLacks } from '../../lab/network.ts';
import {
  eventually,
  nodeBinary,
  nodeSpecification,
  startTestnet,
  type Testnet,
  type TestnetNode,
  upgradeRuntime,
} from '../../lab/testnet.ts';

/** Long enough for anything that happens within some blocks, on a machine with much else to do. */
const SOON = 120_000;
/** Peers that took each other for liars while one of them caught up forget that within some minutes. */
const FORGIVEN = 480_000;
const LOGOS_ENTRY = join(import.meta.dirname, '../../bin/dev.js');

let net: Testnet | undefined;
let api: ApiPromise;
let watch: Awaited<ReturnType<typeof watchEvents>>;
let lacking: string | undefined;
let scratch: string;

beforeAll(async () => {
  const binary = nodeBinary();
  lacking = labNetworkLacks() ?? (binary === undefined ? 'needs the native node: npm run build:node' : undefined);
  if (lacking !== undefined || binary === undefined) return;
  scratch = await mkdtemp(join(tmpdir(), 'logos-upgrade-'));
  net = await startTestnet({
    binary,
    specification: nodeSpecification('genesis-local.json', 'logos-runtime-fast.wasm.gz'),
    validators: ['alice', 'bob', 'charlie', 'dave'],
  });
  api = await connectApi(node('alice').url);
  watch = await watchEvents(api);
});

afterAll(async () => {
  watch?.stop();
  await api?.disconnect();
  await net?.close();
  if (scratch) await rm(scratch, { recursive: true, force: true });
});

function node(name: string): TestnetNode {
  const found = net?.nodes.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`there is no node ${name}`);
  return found;
}

/** Waits until blocks that were not there yet are final on each of these nodes. */
async function finalityGoesOn(names: readonly string[], blocks = 3): Promise<void> {
  for (const name of names) {
    const from = (await node(name).heights()).final;
    await eventually(`finality on ${name}`, SOON, async () => (await node(name).heights()).final >= from + blocks);
  }
}

/**
 * Waits until a node has what was final when it came back, and votes again: blocks reach it before the rounds of votes that it
 * missed do, and the next fault must not come between.
 */
async function catchesUp(name: string): Promise<void> {
  const { final } = await node('alice').heights();
  await eventually(`${name} at block ${final}`, FORGIVEN, async () => (await node(name).heights()).final >= final);
  await eventually(`votes of ${name}`, SOON, async () => {
    const [its, others] = [await votesOf(name), await votesOf('alice')];
    return its.setId === others.setId && its.best.round + 1 >= others.best.round;
  });
}

interface Votes {
  setId: number;
  best: { round: number };
}

function votesOf(name: string): Promise<Votes> {
  return node(name).rpc<Votes>('grandpa_roundState');
}

async function storage<T>(pallet: string, item: string, ...keys: readonly unknown[]): Promise<T> {
  return (await api.query[pallet]?.[item]?.(...keys))?.toJSON() as T;
}

const happened = (name: string): { name: string; data: unknown } | undefined =>
  watch.seen.find((event) => event.name === name);

/** What the nodes said last that is not said all the time: the networks are gone when a failure is read. */
function news(): string {
  const usual = /Idle|Imported #|Starting consensus|Prepared block|Pre-sealed|epoch|authority set|GRANDPA/;
  return (net?.nodes ?? [])
    .map((one) =>
      [
        one.name,
        ...one
          .log()
          .split('\n')
          .filter((line) => !usual.test(line))
          .slice(-25),
      ].join('\n  '),
    )
    .join('\n');
}

/** Everything here is of one chain's life, in its order: each part goes on where the one before ended. */
describe('four validators', { timeout: FORGIVEN + 4 * SOON }, () => {
  const on = (name: string, run: () => Promise<void>): void =>
    it(name, async (ctx: TestContext) => {
      if (lacking !== undefined) return ctx.skip(lacking);
      ctx.onTestFailed(() => console.error(news()));
      await run();
    });

  on('make blocks that all of them find final', async () => {
    await finalityGoesOn(['alice', 'bob', 'charlie', 'dave']);
    const height = Math.min(...(await Promise.all((net?.nodes ?? []).map(async (one) => (await one.heights()).final))));
    const hashes = (net?.nodes ?? []).map((one) => one.rpc<string>('chain_getBlockHash', height));
    expect(new Set(await Promise.all(hashes)).size).toBe(1);
  });

  // Four validators bear one that is faulty (GRANDPA needs more than two thirds): so one at a time, healed before the next.
  on('go on without one that is killed, which catches up when it is back', async () => {
    await node('dave').kill();
    await finalityGoesOn(['alice', 'bob', 'charlie']);
    await node('dave').start();
    await catchesUp('dave');
  });

  on('go on without one that is cut off, which decides nothing alone and follows again when it is joined', async () => {
    await node('charlie').plug(false);
    const before = (await node('charlie').heights()).final;
    await finalityGoesOn(['alice', 'bob', 'dave']);
    // What was on its way may still arrive; alone it makes nothing final.
    expect((await node('charlie').heights()).final).toBeLessThanOrEqual(before + 2);
    await node('charlie').plug(true);
    await catchesUp('charlie');
  });

  on('are elected anew each era, by what nominators stake, and paid for the last one', async () => {
    const [ferdie, charlie] = [developer('ferdie'), developer('charlie').address];
    await send(api, ferdie, call(api, 'staking', 'bond', 100_000n * LOGOS, 'Staked'));
    await send(api, ferdie, call(api, 'staking', 'nominate', [charlie]));
    const era = await storage<number>('staking', 'currentEra');
    // A nomination counts from the election after it, whose era begins one session later.
    await eventually('an election that counts the nomination', 2 * SOON, async () => {
      const now = await storage<number>('staking', 'currentEra');
      if (now <= era) return false;
      const exposure = await storage<{ nominatorCount: number } | null>('staking', 'erasStakersOverview', now, charlie);
      return exposure?.nominatorCount === 1;
    });
    await eventually('the news of the election', SOON, async () => happened('staking.StakersElected'));
    await eventually('the news of the payment', SOON, async () => happened('staking.EraPaid'));

    const paid = await eventually('an era with points for Charlie', SOON, async () => {
      const active = (await storage<{ index: number }>('staking', 'activeEra')).index;
      const points = await storage<{ individual: Record<string, number> }>('staking', 'erasRewardPoints', active - 1);
      return (points.individual[charlie] ?? 0) > 0 && active - 1;
    });
    await send(api, developer('eve'), call(api, 'staking', 'payoutStakers', charlie, paid));
    const reward = await eventually('a reward', SOON, async () => happened('staking.Rewarded'));
    expect((reward.data as { stash: string }).stash).toBe(charlie);
  });

  on('slash one whose keys sign two blocks for one slot', async () => {
    const dave = developer('dave').address;
    const staked = async (): Promise<bigint> =>
      BigInt((await storage<{ active: string | number }>('staking', 'ledger', dave)).active);
    const before = await staked();
    // Both have to win the same slot and be heard: a twin that the others shun for a while is replaced by another.
    let slashed = false;
    for (let count = 1; !slashed && count <= 4; count++) {
      const twin = await net?.join(`twin-${count}`, 'dave');
      slashed = await eventually('the slash', 90_000, async () => (await staked()) < before).catch(() => false);
      await twin?.kill();
    }
    expect(slashed).toBe(true);
    const offence = await eventually('a report of the offence', SOON, async () => happened('offences.Offence'));
    expect(JSON.stringify(offence.data)).toMatch(/equivo/i);
    const slash = await eventually('the news of the slash', SOON, async () => happened('staking.Slashed'));
    expect((slash.data as { staker: string }).staker).toBe(dave);
    await finalityGoesOn(['alice', 'bob', 'charlie']);
  });

  on('run the next version of the runtime after a referendum, without a halt', async () => {
    const runtime = join(scratch, 'runtime.wasm.gz');
    await writeFile(runtime, await upgradeRuntime());
    const upgrade = async (...flags: readonly string[]): Promise<Record<string, unknown>> => {
      const common = ['--chain', node('bob').url, '--from', '//Alice', '--yes', '--json'];
      const env = { ...process.env, LOGOS_HOME: join(scratch, 'home') };
      const args = [LOGOS_ENTRY, 'chain', 'upgrade', runtime, ...common, ...flags];
      const { stdout, stderr } = await outcomeOf(process.execPath, args, env);
      const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
      if (result.ok !== true) throw new Error(`logos chain upgrade: ${stdout}${stderr}`);
      return result;
    };
    const versionOn = async (name: string): Promise<number> =>
      (await node(name).rpc<{ specVersion: number }>('state_getRuntimeVersion')).specVersion;
    const [version, started] = [await versionOn('alice'), await node('alice').heights()];

    await upgrade('--by', 'referendum');
    const vote = { Standard: { vote: { aye: true, conviction: 'Locked1x' }, balance: 800_000n * LOGOS } };
    for (const seed of ['alice', 'bob', 'charlie', 'eve', 'ferdie'] as const) {
      await send(api, developer(seed), call(api, 'convictionVoting', 'vote', 0, vote));
    }
    await eventually('the authorisation', SOON, async () => happened('system.UpgradeAuthorized'));
    await upgrade('--apply');

    for (const name of ['alice', 'bob', 'charlie']) {
      await eventually(`version ${version + 1} on ${name}`, SOON, async () => (await versionOn(name)) === version + 1);
    }
    await finalityGoesOn(['alice', 'bob', 'charlie'], 5);
    const { final } = await node('alice').heights();
    expect(final).toBeGreaterThan(started.best);
    // A connection that saw both runtimes reads the one's storage by the other's types.
    watch.stop();
    await api.disconnect();
    api = await connectApi(node('alice').url);
    // No halt, by the chain's own times of the blocks around it. The pause is what compiling the new runtime takes: every node
    // does it, here all at once on the cores of one machine, and the slots are 2 s.
    expect(await longestPause(started.best, final)).toBeLessThanOrEqual(30);
  });
});

/** The longest time between two blocks in a row, in slots. */
async function longestPause(first: number, last: number): Promise<number> {
  const slots: number[] = [];
  for (let height = first; height <= last; height++) {
    const hash = await api.rpc.chain.getBlockHash(height);
    const state = await api.at(hash);
    slots.push(Number((await state.query.babe?.currentSlot?.())?.toString()));
  }
  return Math.max(...slots.slice(1).map((slot, index) => slot - (slots[index] ?? slot)));
}
