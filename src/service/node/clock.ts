import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { AskNode } from './rpc.ts';

/** A block as this host sees it. */
interface SeenBlock {
  number: number;
  /** What the block says, in milliseconds since 1970. */
  time: number;
}

/** What a node knows of time. */
export interface ClockSample {
  /** This host's clock, in milliseconds since 1970. */
  now: number;
  slotMs: number;
  best: SeenBlock;
  final: SeenBlock;
  /** The highest block that a peer has. */
  highest: number;
  /** Whether the node has refused blocks because they were made later than now. */
  refusedFuture: boolean;
}

export interface ClockReading {
  state: 'right' | 'ahead' | 'behind';
  /** How far it is off at least, in milliseconds. */
  offMs: number;
}

/** Something that the owner of a node should see to. */
export interface NodeWarning {
  code: 'clock-ahead' | 'clock-behind' | 'chain-still';
  message: string;
  nextSteps: string[];
}

/** Blocks become final that many slots late at most, besides those that are not final yet. */
const TOLERATED_SLOTS = 5;
const WATCHED_SLOTS = 6;

/**
 * Compares this host's clock with the times in blocks that others made. Final blocks tell best: a validator whose clock
 * is ahead makes blocks of its own that look right to it, and to nobody else.
 */
export function readClock({ now, slotMs, best, final, highest, refusedFuture }: ClockSample): ClockReading {
  const early = best.time - now;
  if (early > slotMs) return { state: 'behind', offMs: early };
  if (refusedFuture && highest > best.number) return { state: 'behind', offMs: slotMs };
  const late = now - final.time - (best.number - final.number) * slotMs;
  // A node that is catching up has old blocks, too; and the first block of a chain says no time.
  if (final.number > 0 && highest <= best.number + 1 && late > TOLERATED_SLOTS * slotMs)
    return { state: 'ahead', offMs: late - slotMs };
  return { state: 'right', offMs: 0 };
}

/**
 * Says when the clock of the node's host is wrong by several slots; within a second where it is right. Old blocks alone
 * say nothing: the chain may stand still, so some slots are waited for. `lines` is what the node printed since it started.
 */
export async function checkClock(
  ask: AskNode,
  lines: readonly string[],
  options: { now?: () => number } = {},
): Promise<NodeWarning | undefined> {
  const { now = Date.now } = options;
  const refusedFuture = lines.some((line) => FUTURE.test(line));
  const first = await takeSample(ask, refusedFuture, now);
  const reading = readClock(first);
  if (reading.state !== 'ahead') return warningOf(reading);
  const deadline = performance.now() + WATCHED_SLOTS * first.slotMs;
  while (performance.now() < deadline) {
    await delay(first.slotMs / 4);
    const next = await takeSample(ask, refusedFuture, now);
    if (next.final.number > first.final.number) return warningOf(readClock(next));
  }
  return chainStill((now() - first.final.time) / 1_000);
}

/** sc_consensus_babe */
const FUTURE = /rejected: too far in the future/;
/** `Timestamp.Now` */
const NOW_KEY = '0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb';

const bytes = z.string().regex(/^0x[0-9a-f]{16,}$/);
const header = z.object({ number: z.string() });

async function takeSample(ask: AskNode, refusedFuture: boolean, now: () => number): Promise<ClockSample> {
  const block = async (hash: string): Promise<SeenBlock> => ({
    number: Number((await ask('chain_getHeader', [hash], header)).number),
    time: first64(await ask('state_getStorage', [NOW_KEY, hash], bytes.nullable())),
  });
  const final = await block(await ask('chain_getFinalizedHead', [], z.string()));
  const best = await block(await ask('chain_getBlockHash', [], z.string()));
  const { highestBlock } = await ask('system_syncState', [], z.object({ highestBlock: z.int() }));
  // The runtime's configuration of BABE begins with the length of a slot.
  const slotMs = first64(await ask('state_call', ['BabeApi_configuration', '0x'], bytes));
  return { now: now(), slotMs, best, final, highest: highestBlock, refusedFuture };
}

/** The first 64 bits, as SCALE writes a number; 0 for nothing. */
function first64(encoded: string | null): number {
  return encoded === null ? 0 : Number(Buffer.from(encoded.slice(2, 18), 'hex').readBigUInt64LE());
}

const REPAIR = [
  'Set the clock and have a time service keep it (systemd-timesyncd or chrony); `logos doctor` tells whether one does.',
  'Then start the node again: `logos chain node start`.',
];

function warningOf({ state, offMs }: ClockReading): NodeWarning | undefined {
  if (state === 'right') return undefined;
  const seconds = Math.round(offMs / 1_000);
  return state === 'ahead'
    ? {
        code: 'clock-ahead',
        message: `This host's clock is ahead of the chain by about ${seconds} s: others refuse the blocks that it makes.`,
        nextSteps: REPAIR,
      }
    : {
        code: 'clock-behind',
        message: `This host's clock is behind the chain by ${seconds} s or more: the node refuses the blocks of others.`,
        nextSteps: REPAIR,
      };
}

function chainStill(seconds: number): NodeWarning {
  return {
    code: 'chain-still',
    message: `The last final block is ${Math.round(seconds)} s old by this host's clock, and no other followed.`,
    nextSteps: [
      'Check that the node has peers, and the network: does the chain go on for others?',
      'Check the clock: `logos doctor`.',
    ],
  };
}
