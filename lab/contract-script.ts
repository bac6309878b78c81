import { Connection } from '../src/chain/client/connection.ts';
import { Contract } from '../src/chain/client/contract.ts';
import { anything, RegionContract } from '../src/chain/client/region-contract.ts';
import { TransactionQueue } from '../src/chain/client/transactions.ts';
import type { ContractKind } from '../src/chain/index.ts';
import { type ConnectedChain, type ContractName, connectChain, type HostSigner } from '../src/chain/index.ts';
import { developmentKey } from '../src/chain/keys.ts';
import { builtInSeed } from '../src/chain/seed.ts';
import { verifiedChain } from '../src/chain/verified/chain.ts';
import { webSocketEndpoint } from '../src/chain/verified/endpoint.ts';
import { hashesReady } from '../src/chain/verified/hashes.ts';
import { LocalHeads } from '../src/chain/verified/local-heads.ts';
import { VerifiedReader } from '../src/chain/verified/reader.ts';

/** What each step gave, by its name; a refusal is `module.Variant`. Nothing in it depends on when it was done. */
export type Transcript = Record<string, unknown>;

const UNIT = 1_000_000_000_000n;
const REGION = 'local';
const TIMEOUT_MS = 60_000;
const ROLE = 'operators';
const ADMISSION = { class: 'home-small', path: 'qemu', inventory: 'cd'.repeat(32), gatekeeper: '1.0.0' } as const;
const KEYS = 1_000;

const id = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Does the same on any chain whose contracts were just deployed by //Alice, with the development accounts, and writes
 * down what came of it: on two chains with the same contracts and rules, the same.
 */
export async function playContracts(url: string): Promise<Transcript> {
  const chain = await connectChain(url, { timeoutMs: TIMEOUT_MS });
  const connection = await Connection.open(url, TIMEOUT_MS);
  try {
    const script = new Script(url, chain, connection);
    await script.registry();
    await script.configuration();
    await script.operations();
    await script.secrets();
    await script.others();
    await script.guard();
    return script.transcript;
  } finally {
    await connection.close();
    await chain.close();
  }
}

class Script {
  readonly transcript: Transcript = {};
  readonly #url: string;
  readonly #chain: ConnectedChain;
  readonly #connection: Connection;
  readonly #queue: TransactionQueue;

  constructor(url: string, chain: ConnectedChain, connection: Connection) {
    this.#url = url;
    this.#chain = chain;
    this.#connection = connection;
    this.#queue = new TransactionQueue(connection);
  }

  /** What the registry has, the layout of each contract's storage, and who may do what. */
  async registry(): Promise<void> {
    const [alice, bob] = await signers('Alice', 'Bob');
    const entries = (await this.#connection.api.query.scl?.contracts?.entries(REGION)) ?? [];
    for (const [key, record] of entries) {
      const [kind, section] = (key.args[1]?.toHuman() ?? []) as [string, string];
      const { since: _, ...rest } = record.toJSON() as Record<string, unknown>;
      await this.#note(`registry ${kind} ${section}`, async () => rest);
    }
    for (const { name, kind, section } of seededContracts()) {
      const contract = new RegionContract(this.#connection, this.#queue, name, { region: REGION, kind, section });
      await this.#note(`${name} ${section}`, async () => ({
        layout: await contract.ask('layout', [], anything),
        place: await contract.ask('section', [], anything),
        maker: await contract.ask('role_of', [alice.address], anything),
        other: await contract.ask('role_of', [bob.address], anything),
      }));
    }
    for (const section of await this.#chain.sections()) {
      await this.#note(`values of ${section}`, () => this.#section(section));
    }
  }

  /** A thousand keys at once, read back with a proof. */
  async configuration(): Promise<void> {
    const [alice, bob] = await signers('Alice', 'Bob');
    const section = 'network-section-1';
    const { version, entries } = await this.#chain.configuration(section);
    const changes = Array.from({ length: KEYS }, (_, number) => ({
      key: `peers/peer-${String(number).padStart(4, '0')}`,
      value: { kind: 'inline' as const, bytes: bytes(`10.0.${number >> 8}.${number & 255}`) },
      mediaType: 'text/plain',
    }));
    await this.#note('a thousand keys', () => this.#chain.configure(alice, section, version, changes));
    await this.#note('from an old version', () => this.#chain.configure(alice, section, version, changes));
    await this.#note('by a stranger', () => this.#chain.configure(bob, section, version + 1, changes));
    await this.#note('the section', () => this.#section(section));
    await this.#note(
      'keys that came',
      async () => (await this.#chain.configuration(section)).entries.size - entries.size,
    );
    await this.#note('a key with its proof', () => this.#proven(section, 'peers/peer-0999'));
    await this.#note('no such key, with its proof', () => this.#proven(section, 'peers/peer-1000'));
  }

  /** A host joins, is asked, and does it. */
  async operations(): Promise<void> {
    const [alice, bob] = await signers('Alice', 'Bob');
    const chain = this.#chain;
    await this.#note('a host joins', () => chain.admit(bob, id(1), ADMISSION));
    await this.#note('the member', async () => withoutTime(await chain.member(bob.address)));
    const asked = (await chain.openOperations(bob.address))[0]?.id ?? 0n;
    await this.#note('asked and approved', async () => withoutTime(await chain.operation(asked)));
    await this.#note('done before it was claimed', () => chain.complete(bob, asked, { done: id(7) }));
    await this.#note('claimed by another', () => chain.claim(alice, asked));
    await this.#note('claimed', () => chain.claim(bob, asked));
    await this.#note('done', () => chain.complete(bob, asked, { done: id(7) }));
    await this.#note('the operation', async () => withoutTime(await chain.operation(asked)));
    const kind = { kind: 'stop-dvm', name: 'admission-1' } as const;
    await this.#note('another request', async () => (await chain.request(bob, id(2), bob.address, kind, 50)).id);
    await this.#note('the same again', async () => (await chain.request(bob, id(2), bob.address, kind, 50)).id);
    const failing = (await chain.openOperations(bob.address))[0]?.id ?? 0n;
    await chain.claim(bob, failing);
    await this.#note('failed', () => chain.complete(bob, failing, { failed: 'no such guest' }));
    await this.#note('the failed one', async () => withoutTime(await chain.operation(failing)));
  }

  /** A secret of a role: given, read, taken away, sealed anew. */
  async secrets(): Promise<void> {
    const [alice, bob, charlie] = await signers('Alice', 'Bob', 'Charlie');
    const { privacy } = this.#chain;
    await this.#chain.admit(charlie, id(3), ADMISSION);
    for (const signer of [alice, bob, charlie]) await privacy.publishKey(signer);
    const read = async (signer: HostSigner): Promise<unknown> => {
      const { since: _, bytes: value, ...rest } = (await privacy.get(signer, ROLE, 'token')) ?? { since: 0, bytes: [] };
      return { ...rest, text: Buffer.from(value).toString() };
    };
    await this.#note('a role by who may not', () => privacy.createRole(bob, ROLE));
    await this.#note('a role', () => privacy.createRole(alice, ROLE));
    await this.#note('a secret', () => privacy.put(alice, ROLE, 'token', bytes('open sesame')));
    await this.#note('read without access', () => read(bob));
    await this.#note('access', () => privacy.grant(alice, ROLE, bob.address, 'writer'));
    await this.#note('more access', () => privacy.grant(alice, ROLE, charlie.address, 'reader'));
    await this.#note('read by a writer', () => read(bob));
    await this.#note('read by a reader', () => read(charlie));
    await this.#note('written by a reader', () => privacy.put(charlie, ROLE, 'token', bytes('x')));
    await this.#note('access taken', () => privacy.revoke(alice, ROLE, bob.address));
    await this.#note('read after that', () => read(bob));
    await this.#note('a new key', () => privacy.rotate(alice, ROLE));
    await this.#note('read with it', () => read(charlie));
    await this.#note('read without it', () => read(bob));
    await this.#note('the members', () => privacy.members(ROLE));
  }

  /** Placement, deployment and leases. */
  async others(): Promise<void> {
    const [alice, bob] = await signers('Alice', 'Bob');
    const { placement, deployment, leases } = this.#chain;
    const size = (vcpus: number) => ({ vcpus, memoryMiB: vcpus * 1_024, diskGiB: vcpus * 10 });
    const host = { class: 'home-small', capacity: size(10), open: true };
    await this.#note('a host', () => placement.setHost(alice, bob.address, host));
    await this.#note('a guest without a buffer', () => placement.place(alice, 'a', bob.address, size(1)));
    await this.#note('a guest too large', () => placement.place(alice, 'b', bob.address, size(11)));
    await this.#note('the class', () => placement.class('home-small'));
    const change = { target: 'region/network', closure: id(4), size: 4_096 };
    const proposal = await deployment.propose(bob, id(5), change, 100);
    await this.#note('a proposal approved by its author', () => deployment.approve(bob, proposal.id));
    await this.#note('and by another', () => deployment.approve(alice, proposal.id));
    await this.#note('applied', () => deployment.report(alice, proposal.id, { applied: id(6) }));
    await this.#note('what runs', async () => withoutTime(await deployment.current('region/network')));
    const lease = { customer: bob.address, class: 'home-small', blocks: 1_200 };
    await this.#note('a lease without a price', () => leases.open(bob, id(8), lease));
    await this.#note('a price', () => leases.setPrice(alice, 'home-small', UNIT / 1_000n));
    const opened = await leases.open(bob, id(8), lease);
    await this.#note('a lease', async () => withoutTime(await leases.lease(opened.id)));
    await leases.cancel(bob, opened.id);
    await this.#note('cancelled', async () => withoutTime(await leases.lease(opened.id)));
  }

  /** Who is no gatekeeper, on each way to a contract. */
  async guard(): Promise<void> {
    const [alice, dave] = await signers('Alice', 'Dave');
    const { api } = this.#connection;
    const place = { region: REGION, kind: 'Operation', section: 'compute-section-1' } as const;
    const contract = new RegionContract(this.#connection, this.#queue, 'operation', place);
    const leave = (await Contract.load('operation', api)).abi.findMessage('leave').toU8a([]);
    const gas = { refTime: 20_000_000_000n, proofSize: 2_000_000n };
    const direct = [await contract.address(), 0, gas, null, leave];
    const send = (signer: HostSigner, pallet: string, call: string, ...args: unknown[]) =>
      this.#queue.send(signer, async () => {
        const make = api.tx[pallet]?.[call];
        if (make === undefined) throw new Error(`the runtime has no ${pallet}.${call}`);
        return make(...args);
      });
    await this.#note('a stranger asks', () => contract.tell(dave, 'leave', [], anything));
    await this.#note('a stranger sends', () => send(dave, 'scl', 'callContract', ...direct));
    await this.#note('around the registry', () => send(dave, 'contracts', 'call', ...direct));
    const inBatch = [api.tx.contracts?.call?.(...direct)];
    await this.#note('in a batch', () => send(alice, 'utility', 'batchAll', inBatch));
  }

  /** A key's value, proven to be in the state of the last final block. */
  async #proven(section: string, key: string): Promise<unknown> {
    await hashesReady();
    const endless = Number.POSITIVE_INFINITY;
    const heads = new LocalHeads({ maxAgeMs: endless, maxAheadMs: endless, now: Date.now });
    const reader = new VerifiedReader({ endpoints: [webSocketEndpoint(this.#url, TIMEOUT_MS)], heads });
    const chain = verifiedChain(reader, REGION);
    try {
      const { entries } = await chain.entries(section, [key]);
      const [entry] = entries;
      return entry === undefined
        ? 'absent'
        : { ...entry, value: entry.value.kind === 'inline' && Buffer.from(entry.value.bytes).toString() };
    } finally {
      await chain.close();
    }
  }

  async #section(section: string): Promise<unknown> {
    const { version, digest, entries } = await this.#chain.configuration(section);
    return { version, digest, size: entries.size, keys: [...entries.keys()].slice(0, 3) };
  }

  async #note(step: string, work: () => Promise<unknown>): Promise<void> {
    if (step in this.transcript) throw new Error(`two steps are called ${step}`);
    try {
      const result = await work();
      // A receipt says where on the chain it was done, which is another block on each.
      this.transcript[step] = isReceipt(result) ? 'done' : result;
    } catch (error) {
      const { code, module, variant } = error as { code?: string; module?: string; variant?: string };
      if (code === undefined) throw error;
      this.transcript[step] = module === undefined ? code : `${module}.${variant}`;
    }
  }
}

/** The contracts that every chain is given. */
export function seededContracts(): { name: ContractName; kind: ContractKind; section: string }[] {
  const { sections, contracts } = builtInSeed();
  const kindOf = (name: ContractName): ContractKind => (name === 'privacy' ? 'Privacy' : 'Operation');
  return [
    ...sections.map(({ section }) => ({ name: 'configuration' as const, kind: 'Configuration' as const, section })),
    ...contracts.map(({ contract, section }) => ({ name: contract, kind: kindOf(contract), section })),
  ];
}

function signers<const Names extends readonly string[]>(
  ...names: Names
): Promise<{ [Index in keyof Names]: HostSigner }> {
  return Promise.all(names.map((name) => developmentKey(`//${name}`))) as Promise<{
    [Index in keyof Names]: HostSigner;
  }>;
}

/** The same, without the numbers of blocks. */
function withoutTime(record: object | undefined): unknown {
  if (record === undefined) return undefined;
  const times = new Set(['since', 'requestedAt', 'deadline', 'proposedAt', 'from', 'until', 'settledUntil']);
  return Object.fromEntries(Object.entries(record).filter(([name]) => !times.has(name)));
}

function isReceipt(result: unknown): boolean {
  return (
    result === undefined ||
    (typeof result === 'object' && result !== null && ('block' in result || 'receipt' in result))
  );
}
