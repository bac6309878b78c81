import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { WebSocket } from 'ws';
import { inProject } from '../lib/paths.mjs';
import { ensureBinary } from '../lib/prepare.mjs';
import { median, rounded as toDecimals } from './figures.mjs';

/** Blocks before and after the many transactions from which the slowdown is taken. */
const SAMPLE = 300;
const COLD_STARTS = 5;

/**
 * What the embedded chain costs: from the start of a process on an empty directory until it answers, from handing in a
 * transaction until its block is known, the memory that it takes, and how much slower many transactions make it.
 * `rounds` is the number of transactions.
 */
export default async function chain({ rounds = 10_000 } = {}) {
  ensureBinary();
  return measure([inProject('dist/logos')], rounds);
}

async function measure(program, transactions) {
  const root = mkdtempSync(join(tmpdir(), 'logos-bench-chain-'));
  try {
    const coldReadyMs = [];
    for (let round = 0; round < COLD_STARTS; round++) {
      const chain = await startChain(program, join(root, `cold-${round}`));
      coldReadyMs.push(chain.readyMs);
      await chain.stop();
    }
    const chain = await startChain(program, join(root, 'many'));
    try {
      const idleRssMB = memoryMB(chain.pid, 'VmRSS');
      const times = await sendTransfers(chain.url, transactions);
      const [first, last] = [median(times.slice(0, SAMPLE)), median(times.slice(-SAMPLE))];
      const result = {
        coldReadyMs: rounded(median(coldReadyMs)),
        slowestReadyMs: rounded(Math.max(...coldReadyMs)),
        transactionToBlockMs: rounded(median(times)),
        transactions,
        firstMs: rounded(first),
        lastMs: rounded(last),
        slowdown: rounded(last / first - 1, 3),
        rssMB: { idle: idleRssMB, after: memoryMB(chain.pid, 'VmRSS'), peak: memoryMB(chain.pid, 'VmHWM') },
      };
      await chain.stop();
      const again = await startChain(program, join(root, 'many'));
      await again.stop();
      return { ...result, readyAgainMs: rounded(again.readyMs) };
    } finally {
      await chain.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function startChain([command, ...before], directory) {
  const began = performance.now();
  const args = [...before, 'chain', 'dev', '--port', '0', '--block-time', '0', '--dir', directory, '--json'];
  const child = spawn(command, args, {
    env: { ...process.env, LOGOS_HOME: `${directory}-home` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const url = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the chain ended with code ${code} before it was ready`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'ready') resolve(event.url);
    });
  });
  return {
    url,
    pid: child.pid,
    readyMs: performance.now() - began,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Sends transfers to new accounts one after the other; gives the milliseconds that each took to be in a block. */
async function sendTransfers(url, count) {
  const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
  const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
  let nonce = (await api.rpc.system.accountNextIndex(alice.address)).toNumber();
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const times = [];
  for (let index = 0; index < count; index++) {
    const to = new Uint8Array(32).fill(7);
    new DataView(to.buffer).setUint32(0, index + 1);
    const call = api.tx.balances.transferKeepAlive(to, 1_000_000_000_000n);
    const signed = await call.signAsync(alice, { nonce: nonce++, era: 0, blockHash: api.genesisHash });
    const extrinsic = signed.toHex();
    const began = performance.now();
    await inBlock(socket, index, extrinsic);
    times.push(performance.now() - began);
    if (times.length % 1_000 === 0) {
      process.stderr.write(`${times.length} of ${count}: ${rounded(median(times.slice(-SAMPLE)))} ms each\n`);
    }
  }
  socket.close();
  await api.disconnect();
  return times;
}

/** Hands in a transaction; resolves when it is in a block. One at a time: whatever else comes belongs to those before. */
function inBlock(socket, id, extrinsic) {
  return new Promise((resolve, reject) => {
    const listener = (data) => {
      const { error, params } = JSON.parse(data.toString());
      if (error === undefined && params?.result?.inBlock === undefined) return;
      socket.off('message', listener);
      if (error) reject(new Error(error.message));
      else resolve();
    };
    socket.on('message', listener);
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'author_submitAndWatchExtrinsic', params: [extrinsic] }));
  });
}

/** A figure of proc(5)'s status file, in MB. */
function memoryMB(pid, name) {
  const kB = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return rounded((Number(kB) * 1_024) / 1e6);
}

/** One decimal is what such figures can hold. */
function rounded(value, digits = 1) {
  return toDecimals(value, digits);
}
