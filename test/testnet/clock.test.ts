import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cryptoWaitReady } from '@polkadot/util-crypto';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { governedSpecification } from '../../lab/governed.ts';
import { labNetworkLacks } from '../../lab/network.ts';
import {
  eventually,
  nodeBinary,
  startTestnet,
  type Testnet,
  type TestnetNode,
  wrongClockLacks,
} from '../../lab/testnet.ts';
import { checkClock } from '../../src/service/node/clock.ts';
import { askNode } from '../../src/service/node/rpc.ts';

const SOON = 120_000;
const OFF = 30;

let net: Testnet | undefined;
let root: string;
let lacking: string | undefined;

beforeAll(async () => {
  const binary = nodeBinary();
  const noBinary = binary === undefined ? 'needs the native node: npm run build:node' : undefined;
  lacking = labNetworkLacks() ?? wrongClockLacks() ?? noBinary;
  if (lacking !== undefined || binary === undefined) return;
  root = await mkdtemp(join(tmpdir(), 'logos-clock-'));
  await cryptoWaitReady();
  const validators = ['alice', 'bob', 'charlie', 'dave'] as const;
  const specification = await readFile(await governedSpecification(root, validators), 'utf8');
  net = await startTestnet({ binary, specification, validators });
});

afterAll(async () => {
  await net?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

function node(name: string): TestnetNode {
  const found = net?.nodes.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`there is no node ${name}`);
  return found;
}

async function goesOn(name: string): Promise<void> {
  const { final } = await node(name).heights();
  await eventually(`finality on ${name}`, SOON, async () => (await node(name).heights()).final >= final + 3);
}

/** What the status of Dave's node says, on a host whose clock is off by so many seconds. */
async function warning(seconds: number): Promise<string | undefined> {
  const ask = askNode(Number(new URL(node('dave').url).port));
  const lines = node('dave').log().split('\n');
  const start = lines.findLastIndex((line) => / Logos node\s*$/.test(line));
  return (await checkClock(ask, lines.slice(start), { now: () => Date.now() + seconds * 1_000 }))?.code;
}

describe('one of four validators', { timeout: 3 * SOON }, () => {
  const on = (name: string, run: () => Promise<void>): void =>
    it(name, async (ctx: TestContext) => {
      if (lacking !== undefined) return ctx.skip(lacking);
      await run();
    });

  on('says nothing of its clock while it is right', async () => {
    await goesOn('dave');
    expect(await warning(0)).toBeUndefined();
  });

  on('whose clock is ahead says so, and the others go on', async () => {
    await node('dave').kill();
    await node('dave').start(OFF);
    await eventually('the warning', SOON, async () => (await warning(OFF)) === 'clock-ahead');
    await goesOn('alice');
    // Nobody takes what it makes, so it decides nothing that they don't.
    const [alice, dave] = [await node('alice').heights(), await node('dave').heights()];
    expect(dave.final).toBeLessThanOrEqual(alice.final + 1);
  });

  on('whose clock is behind says so, and the others go on', async () => {
    await node('dave').kill();
    await node('dave').start(-OFF);
    await eventually('the warning', SOON, async () => (await warning(-OFF)) === 'clock-behind');
    await goesOn('alice');
  });

  on('is back when its clock is right again and it was started anew', async () => {
    await node('dave').kill();
    await node('dave').start();
    const { final } = await node('alice').heights();
    await eventually('what it missed', 2 * SOON, async () => (await node('dave').heights()).final >= final);
    await eventually('no warning', SOON, async () => (await warning(0)) === undefined);
  });
});
