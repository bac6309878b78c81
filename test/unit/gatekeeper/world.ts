import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import type { LogosChain, Operation, RunCommand, StartDvm, StopDvm } from '../../../src/chain/index.ts';
import {
  type ClientGatekeeper,
  createClientGatekeeper,
  type GatekeeperDefinition,
  type GatekeeperEvent,
  type GatekeeperStore,
  type HostEffects,
  openGatekeeperStore,
  type Prerequisites,
  parseGatekeeperDefinition,
} from '../../../src/gatekeeper/index.ts';
import { sha256Hex } from '../../../src/system/canonical.ts';
import { type Clock, systemClock } from '../../../src/system/clock.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';
import type { Json } from '../../../src/system/journal.ts';
import { BOB, MemoryChain } from './memory-chain.ts';

export const SEED = join(import.meta.dirname, '../../../chain/seed/network/client-gatekeeper.json');

export async function seedDefinition(): Promise<GatekeeperDefinition> {
  return parseGatekeeperDefinition(await readFile(SEED));
}

/** Removed after the test. In memory where there is such a place: hundreds of lives would wait for the disk's syncs. */
export async function temporaryHome(): Promise<Home> {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const root = await mkdtemp(join(parent, 'logos-gatekeeper-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return homeFrom({ LOGOS_HOME: root });
}

/** Of a host that is as the chain wants it, with no role. */
export const COMPLIANT: Prerequisites = {
  standing: async () => 'good',
  compliance: async () => ({ compliant: true }),
  hasRole: async () => false,
};

/** Ids of the requests that wait in the outbox of a home. */
export function waitingIn(home: Pick<Home, 'gatekeeper'>): string[] {
  const db = new DatabaseSync(join(home.gatekeeper, 'outbox.sqlite'), { readOnly: true });
  try {
    return db
      .prepare('SELECT id FROM waiting ORDER BY number')
      .all()
      .map(({ id }) => String(id));
  } finally {
    db.close();
  }
}

export const ADMISSION = { class: 'small-1', path: 'qemu', inventory: 'ab'.repeat(32), gatekeeper: '0.1.0' } as const;

/** Waits are skipped, and time goes on by as much. */
export function hastyClock(): Clock & { slept: number[] } {
  const slept: number[] = [];
  let passed = 0;
  return {
    slept,
    now: () => Date.now() + passed,
    sleep: async (ms, signal) => {
      slept.push(ms);
      passed += ms;
      await systemClock.sleep(0, signal);
    },
  };
}

/** DVMs of a host that keeps them while its gatekeeper dies: what libvirt is to the service. */
export class DvmHost implements HostEffects {
  readonly running = new Map<string, string>();
  /** Names, once for each time that a DVM was really started or stopped. */
  readonly started: string[] = [];
  readonly stopped: string[] = [];
  calls = 0;
  failure: Error | undefined;
  transient = false;

  async startDvm({ kind }: Operation<StartDvm>, _signal?: AbortSignal): Promise<Json> {
    if (this.failure) throw this.failure;
    if (!this.running.has(kind.name)) {
      this.started.push(kind.name);
      this.running.set(kind.name, sha256Hex(kind.name).slice(0, 12));
    }
    // As real ones do, it says something else when it is asked again.
    this.calls += 1;
    return { name: kind.name, uuid: this.running.get(kind.name) ?? '', path: 'qemu', call: this.calls };
  }

  async stopDvm({ kind }: Operation<StopDvm>): Promise<Json> {
    if (this.failure) throw this.failure;
    if (this.running.delete(kind.name)) this.stopped.push(kind.name);
    return { name: kind.name };
  }

  /** Commands that were run, by digest. */
  readonly ran: string[] = [];

  async run({ kind }: Operation<RunCommand>, _signal?: AbortSignal): Promise<Json> {
    if (this.failure) throw this.failure;
    this.ran.push(kind.command);
    return { operation: kind.operation, exitCode: 0 };
  }

  async knowsTemplate(name: string): Promise<boolean> {
    return name === 'admission' || name === 'small';
  }

  isTransient(): boolean {
    return this.transient;
  }
}

export interface World {
  home: Home;
  chain: MemoryChain;
  host: DvmHost;
  events: GatekeeperEvent[];
  clock: ReturnType<typeof hastyClock>;
  store: GatekeeperStore;
  gatekeeper: ClientGatekeeper;
}

interface Parts {
  home?: Home;
  chain?: MemoryChain;
  host?: DvmHost;
  definition?: GatekeeperDefinition;
  joined?: boolean;
}

/** An admitted host with its gatekeeper; the same home, chain and host given again are that gatekeeper's next life. */
export async function makeWorld(parts: Parts = {}): Promise<World> {
  const home = parts.home ?? (await temporaryHome());
  const chain = parts.chain ?? new MemoryChain();
  const host = parts.host ?? new DvmHost();
  if (parts.joined !== false && !chain.members.has(BOB)) {
    chain.members.set(BOB, { standing: 'admitted', admission: { ...ADMISSION }, since: 1 });
  }
  const events: GatekeeperEvent[] = [];
  const clock = hastyClock();
  const store = await openGatekeeperStore(home);
  const definition = parts.definition ?? (await seedDefinition());
  const gatekeeper = buildGatekeeper({ chain, host, events, clock, store, definition });
  return { home, chain, host, events, clock, store, gatekeeper };
}

export function buildGatekeeper(parts: {
  chain: LogosChain;
  host: HostEffects;
  events: GatekeeperEvent[];
  clock: Clock;
  store: GatekeeperStore;
  definition: GatekeeperDefinition;
}): ClientGatekeeper {
  const { chain, host, events, clock, store, definition } = parts;
  const signer = { address: BOB };
  const log = (event: GatekeeperEvent) => events.push(event);
  return createClientGatekeeper({
    definition,
    chain,
    signer,
    effects: host,
    store,
    clock,
    log,
    ownerUid: 1000,
    prerequisites: COMPLIANT,
  });
}
