import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogosChain } from '../../../src/chain/index.ts';
import {
  createClientGatekeeper,
  type HostEffects,
  openGatekeeperStore,
  parseGatekeeperDefinition,
} from '../../../src/gatekeeper/index.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { homeFrom } from '../../../src/system/home.ts';
import { BOB, MemoryChain } from './memory-chain.ts';

/** A gatekeeper of sigkill.test.ts: the parent has the chain, a file in the home has the host's DVMs. */
const root = process.argv[2] ?? '';
const home = homeFrom({ LOGOS_HOME: root });
const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
let calls = 0;

process.on('message', ({ call, value, error }: { call: number; value?: unknown; error?: string }) => {
  const waiter = waiting.get(call);
  if (error === undefined) waiter?.resolve(value);
  else waiter?.reject(new Error(error));
});

const remote = ['head', 'member', 'openOperations', 'operation', 'claim', 'complete'];
const chain = new Proxy<LogosChain>(new MemoryChain(), {
  get: (target, method) => {
    if (!remote.includes(String(method))) return Reflect.get(target, method, target);
    return (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        calls += 1;
        waiting.set(calls, { resolve, reject });
        process.send?.({ call: calls, method, args });
      });
  },
});

const effects: HostEffects = {
  async startDvm({ kind }) {
    // One write is the start and the record of it, as libvirt's create is: even SIGKILL comes before or after.
    const starts = join(root, 'starts');
    const running = existsSync(starts) ? readFileSync(starts, 'utf8').split('\n') : [];
    if (!running.includes(kind.name)) appendFileSync(starts, `${kind.name}\n`);
    return { name: kind.name };
  },
  stopDvm: async ({ kind }) => ({ name: kind.name }),
  run: async ({ kind }) => ({ operation: kind.operation }),
  knowsTemplate: async () => true,
};

const store = await openGatekeeperStore(home);
const gatekeeper = createClientGatekeeper({
  definition: parseGatekeeperDefinition(readFileSync(process.argv[3] ?? '')),
  chain,
  signer: { address: BOB },
  effects,
  store,
  clock: systemClock,
  log: () => {},
});
process.send?.('ready');
await gatekeeper.processOperations();
process.disconnect();
