import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsHex } from '@polkadot/util-crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { newerRuntime } from '../../lab/newer-runtime.ts';
import { callOf, LabRegistry } from '../../lab/registry.ts';
import { Connection } from '../../src/chain/client/connection.ts';
import { Contract } from '../../src/chain/client/contract.ts';
import { anything, RegionContract } from '../../src/chain/client/region-contract.ts';
import { TransactionQueue } from '../../src/chain/client/transactions.ts';
import {
  type ConnectedChain,
  type ContractDirectory,
  type ContractKind,
  connectChain,
  type HostSigner,
  openVerifiedChain,
  type RegisteredContract,
} from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import { builtInRuntime } from '../../src/chain/runtime-file.ts';
import { JsonRpc } from '../../src/chain/verified/json-rpc.ts';
import { type Knowledge, openKnowledge, readKnowledge } from '../../src/gatekeeper/index.ts';

const GENEROUS = { timeoutMs: 60_000 };
const CODE = '0x3a636f6465';
const HOST_STATE = ['home-small', { vcpus: 4, memory_mib: 4_096, disk_gib: 20 }, true];
const PLACEMENT = { region: 'local', kind: 'Operation', section: 'placement-section-1' } as const;

let root: string;
let lab: LabChain;
let chain: ConnectedChain;
let connection: Connection;
let queue: TransactionQueue;
let alice: HostSigner;
let registry: LabRegistry;
let knowledge: Knowledge;
let home: { gatekeeper: string };
let logosHome: string;
let proofs = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-lab-knowledge-'));
  alice = await developmentKey('//Alice');
  await begin(await startLabChain({ directory: join(root, 'chain') }));
});

afterAll(async () => {
  await end();
  await lab?.stop();
  await rm(root, { recursive: true, force: true });
});

beforeEach(async () => {
  logosHome = await mkdtemp(join(root, 'home-'));
  home = { gatekeeper: join(logosHome, 'gatekeeper') };
  knowledge = open();
});

afterEach(async () => {
  await knowledge.close();
});

async function begin(started: LabChain): Promise<void> {
  lab = started;
  chain = await connectChain(lab.url, GENEROUS);
  connection = await Connection.open(lab.url, 60_000, { followRuntime: true });
  queue = new TransactionQueue(connection);
  registry = new LabRegistry(connection, queue, alice);
}

async function end(): Promise<void> {
  await chain?.close();
  await connection?.close();
}

function open(): Knowledge {
  const opened = openKnowledge(home, chain.registry, prove, () => {});
  if (opened === undefined) throw new Error('the store could not be opened');
  return opened;
}

/** Reads the registry with proof. */
async function prove(kind: ContractKind, section: string): Promise<RegisteredContract | undefined> {
  proofs += 1;
  const verified = await openVerifiedChain({ endpoints: [lab.url] });
  try {
    return await verified.registered(kind, section);
  } finally {
    await verified.close();
  }
}

/** Waits until the knowledge is as of the chain's head, and may be acted on. */
async function level(): Promise<void> {
  const { hash } = await chain.head();
  await vi.waitFor(
    () => expect(knowledge.agent.runtime()).toMatchObject({ knownAt: { hash }, stale: undefined }),
    GENEROUS.timeoutMs,
  );
}

/** What the state after a block says, however it was reached. */
async function truthAt(hash: `0x${string}`) {
  const { contracts, configurations, specVersion } = await chain.registry.state(hash);
  const sorted = [...contracts].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return {
    specVersion,
    contracts: sorted.map((one) => ({ ...one, version: configurations.get(one.address)?.version })),
  };
}

async function known() {
  const { specVersion, contracts } = await readKnowledge(home, Date.now());
  const rows = contracts.map(({ code: _, configuration, ...one }) => ({ ...one, version: configuration?.version }));
  return { specVersion, contracts: rows.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

function key({ kind, section }: { kind: string; section: string }): string {
  return `${kind} ${section}`;
}

it('is collected from the state, answers at once, and says as of when', async () => {
  expect(knowledge.agent.contract('Operation', 'compute-section-1')).toMatchObject({
    stale: 'empty',
    value: undefined,
  });
  await level();
  const head = await chain.head();
  expect(await known()).toEqual(await truthAt(head.hash));
  const answer = knowledge.agent.contract('Operation', 'compute-section-1');
  expect(answer).toMatchObject({ knownAt: { height: head.height, hash: head.hash }, stale: undefined });
  expect(answer.ageMs).toBeLessThan(15_000);
  expect(answer.value && knowledge.agent.metadata(answer.value.runs)).toMatchObject({ contract: 'operation' });
  expect((await stat(join(home.gatekeeper, 'knowledge.sqlite'))).mode & 0o777).toBe(0o600);
  const program = [join(import.meta.dirname, '../../bin/dev.js'), 'gatekeeper', 'knowledge', '--json'];
  const env = { ...process.env, LOGOS_HOME: logosHome };
  for (const state of ['while it is open', 'afterwards']) {
    const { stdout } = await promisify(execFile)(process.execPath, program, { env });
    const told = { ok: true, region: 'local', knownAt: { height: head.height, hash: head.hash } };
    expect(JSON.parse(stdout), state).toMatchObject(told);
    expect(JSON.parse(stdout).contracts, state).toHaveLength(8);
    if (state === 'while it is open') await knowledge.close();
  }
  knowledge = open();
  await level();
  expect(knowledge.agent.contract('Operation', 'other-section-1')).toMatchObject({
    value: undefined,
    stale: undefined,
  });
});

it('follows changes of the configuration, of code, and of the runtime', async () => {
  await level();
  const section = 'network-section-1';
  const before = knowledge.agent.configuration(section).value;
  const value = { kind: 'inline' as const, bytes: new TextEncoder().encode('{}') };
  const changes = [{ key: 'test/one', value, mediaType: 'application/json' }];
  await chain.configure(alice, section, before?.version ?? -1, changes);
  await level();
  const { version, digest } = await chain.configuration(section);
  expect(knowledge.agent.configuration(section).value).toEqual({ version, digest });
  expect(version).toBe((before?.version ?? 0) + 1);

  const contract = new RegionContract(connection, queue, 'configuration', {
    region: 'local',
    kind: 'Configuration',
    section,
  });
  const own = await Contract.load('configuration', connection.api);
  // A custom section is code that does the same and has another hash.
  const wasm = u8aConcat(own.abi.info.source.wasm, Uint8Array.of(0, 2, 1, 0x78));
  await queue.send(alice, async () =>
    callOf(connection.api, 'contracts', 'uploadCode', u8aToHex(wasm), null, 'Enforced'),
  );
  await contract.tell(alice, 'upgrade', [blake2AsHex(wasm, 256)], anything);
  await level();
  const upgraded = knowledge.agent.contract('Configuration', section).value;
  expect(upgraded).toMatchObject({ revision: 1, runs: blake2AsHex(wasm, 256) });
  expect(upgraded?.codeHash).not.toBe(upgraded?.runs);
  expect(upgraded && knowledge.agent.metadata(upgraded.runs)).toBeUndefined();

  const runtime = builtInRuntime();
  const next = newerRuntime(runtime.wasm, runtime.version.specVersion + 1, runtime.version);
  const developer = await JsonRpc.connect(lab.url, 10_000);
  await developer.send('dev_setStorage', [[[CODE, `0x${Buffer.from(next).toString('hex')}`]]]);
  developer.close();
  await level();
  expect(knowledge.agent.runtime().value).toEqual({ specVersion: runtime.version.specVersion + 1 });
  expect(await known()).toEqual(await truthAt((await chain.head()).hash));
});

it('finds a contract that was registered anew, with its revision, and forgets one that was removed', async () => {
  await level();
  const first = knowledge.agent.contract('Operation', PLACEMENT.section).value;
  const address = await registry.anotherPlacement('0x01');
  await registry.register('Operation', PLACEMENT.section, address);
  await level();
  expect(knowledge.agent.find('Operation', PLACEMENT.section)).toMatchObject({ address, revision: 2 });
  await registry.unregister('Operation', PLACEMENT.section);
  await level();
  expect(knowledge.agent.find('Operation', PLACEMENT.section)).toBeUndefined();
  await registry.register('Operation', PLACEMENT.section, first?.address ?? '');
  await level();
  expect(knowledge.agent.find('Operation', PLACEMENT.section)).toMatchObject({ address: first?.address, revision: 3 });
  expect(await known()).toEqual(await truthAt((await chain.head()).hash));
});

it('saves looking up where a contract is, once that was proven, and does not do so when it is stale', async () => {
  await level();
  const placement = new RegionContract(connection, queue, 'placement', PLACEMENT, () => knowledge.directory);
  const asked = vi.spyOn(connection, 'run');
  const before = proofs;
  for (let call = 0; call < 3; call += 1) await placement.ask('hosts', [0, 1], anything);
  expect(proofs).toBe(before + 1);
  await knowledge.close();
  await placement.ask('hosts', [0, 1], anything);
  expect(proofs).toBe(before + 2);
  // The node's own word for it was never asked.
  expect(asked.mock.calls.filter(([what]) => what === 'its registry of contracts')).toEqual([]);
  asked.mockRestore();
  knowledge = open();
});

it('a call goes to the contract that is registered now, though the keeper had not read of it', async () => {
  await level();
  const right = knowledge.agent.find('Operation', PLACEMENT.section);
  const lease = knowledge.agent.find('Operation', 'lease-section-1');
  if (right === undefined || lease === undefined) throw new Error('not known');
  await registry.register('Operation', PLACEMENT.section, lease.address);
  await level();
  // What was known a moment ago: the lease contract knows no hosts.
  const frozen = knowledge.agent.find('Operation', PLACEMENT.section);
  const doubts: string[] = [];
  const directory: ContractDirectory = { find: () => frozen, look: prove, doubt: () => doubts.push('doubt') };
  await registry.register('Operation', PLACEMENT.section, right.address);
  const placement = new RegionContract(connection, queue, 'placement', PLACEMENT, () => directory);
  const told = await placement.tell(alice, 'set_host', [alice.address, ...HOST_STATE], anything);
  expect(told.receipt.height).toBe((await chain.head()).height);
  expect(doubts).toHaveLength(1);
  await level();
  expect(await chain.placement.host(alice.address)).toMatchObject({ class: 'home-small' });
});

it('a call to a contract that was replaced is refused by the runtime, and goes to the one that took its place', async () => {
  await level();
  const old = knowledge.agent.find('Operation', PLACEMENT.section);
  await registry.register('Operation', PLACEMENT.section, await registry.anotherPlacement('0x02'));
  const doubts: string[] = [];
  const directory: ContractDirectory = { find: () => old, look: prove, doubt: () => doubts.push('doubt') };
  const placement = new RegionContract(connection, queue, 'placement', PLACEMENT, () => directory);
  expect(await chain.placement.host(alice.address)).toBeUndefined();
  const told = await placement.tell(alice, 'set_host', [alice.address, ...HOST_STATE], anything);
  expect(told.emitted).toMatchObject([{ name: 'HostSet' }]);
  expect(doubts).toHaveLength(1);
  expect(await chain.placement.host(alice.address)).toMatchObject({ class: 'home-small' });
});

it('is whole after SIGKILL at any moment, and goes on from there', async () => {
  await knowledge.close();
  for (let round = 0; round < 4; round += 1) {
    const entry = join(import.meta.dirname, 'knowledge-child.ts');
    const child = spawn(process.execPath, [entry, lab.url, home.gatekeeper], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    for (let block = 0; block < 3; block += 1)
      await registry.register('Operation', 'test-section-1', await somewhere(block));
    await delay(round * 60);
    child.kill('SIGKILL');
    await gone;
    if (round > 0) {
      const { knownAt } = await readKnowledge(home, Date.now());
      expect(await known()).toEqual(await truthAt(knownAt.hash));
    }
  }
  knowledge = open();
  await level();
  expect(await known()).toEqual(await truthAt((await chain.head()).hash));
});

it('takes back what a fork took back', async () => {
  await level();
  const fork = join(root, 'fork');
  const port = Number(new URL(lab.url).port);
  const address = knowledge.agent.find('Operation', PLACEMENT.section)?.address ?? '';
  await lab.kill();
  await mkdir(fork);
  await cp(lab.directory, fork, { recursive: true });
  lab = await startLabChain({ directory: join(root, 'chain'), port });
  await vi.waitFor(() => registry.register('Operation', 'gone-section-1', address), 30_000);
  await level();
  expect(knowledge.agent.find('Operation', 'gone-section-1')).toMatchObject({ address });
  await lab.kill();
  // The same chain without that block, and with others.
  lab = await startLabChain({ directory: fork, port });
  await vi.waitFor(() => registry.register('Operation', 'other-section-1', address), 30_000);
  await registry.register('Operation', 'other-section-1', address);
  await level();
  expect(knowledge.agent.contract('Operation', 'gone-section-1').value).toBeUndefined();
  expect(knowledge.agent.find('Operation', 'other-section-1')).toMatchObject({ address, revision: 2 });
  expect(await known()).toEqual(await truthAt((await chain.head()).hash));
});

async function somewhere(index: number): Promise<string> {
  const state = await chain.registry.state((await chain.head()).hash);
  const operations = state.contracts.filter(({ kind }) => kind === 'Operation');
  return operations[index % operations.length]?.address ?? '';
}
