import { setTimeout as delay } from 'node:timers/promises';
import { assetText } from '../../system/assets.ts';
import type { ContractName, DeploymentView } from '../contract-types.ts';
import type { ContractKind, RegisteredContract } from '../registry-types.ts';
import type { AccountId, BlockNumber, ConfigurationEntry, Member, Operation } from '../types.ts';
import { ContractLayout } from './contract-layout.ts';
import { DeploymentStorage } from './deployments.ts';
import { notFinalYet } from './errors.ts';
import type { VerifiedHead } from './head.ts';
import type { OpenVerifiedOptions } from './index.ts';
import { openReader } from './open.ts';
import { OperationStorage } from './operations.ts';
import type { VerifiedReader, VerifiedState } from './reader.ts';
import { readRegistered } from './registered.ts';
import { readSection, readSectionKeys, type VerifiedSection } from './section.ts';

/** A region of the chain, read with proof. Every call throws rather than give what was not proven. */
export interface VerifiedChain {
  /** The last final block. */
  head(): Promise<VerifiedHead>;
  /** The state of the last final block: everything read from it belongs together. */
  state(): Promise<VerifiedState>;
  /** The contract that the registry names for a section; `undefined` where it is proven to name none. */
  registered(kind: ContractKind, section: string): Promise<RegisteredContract | undefined>;
  /** All of a section of the region's configuration. */
  section(name: string): Promise<VerifiedSection>;
  /** Some keys of a section, in their order; `undefined` for those that it is proven not to have. */
  entries(
    section: string,
    keys: readonly string[],
  ): Promise<{ head: VerifiedHead; entries: (ConfigurationEntry | undefined)[] }>;
  /** What the region's operation contract knows of a host. */
  member(account: AccountId): Promise<Member | undefined>;
  openOperations(host: AccountId): Promise<Operation[]>;
  operation(id: bigint): Promise<Operation | undefined>;
  /** What the region's deployment contract holds at the last final block. */
  deployments(): Promise<DeploymentView>;
  /** From now on nothing older than this block is read: it is waited for. Throws ExternalError `head-stale` after 30 s. */
  expect(height: BlockNumber): void;
  /** The next read asks for a newer block than the one that is known. */
  outdate(): void;
  close(): Promise<void>;
}

/** How long a block that is expected is waited for, and how often it is asked for, milliseconds. */
const WAIT_MS = 30_000;
const ASK_EVERY_MS = 200;

/** The part of `openVerifiedChain` that loads what reading takes. */
export async function openChain(options: OpenVerifiedOptions): Promise<VerifiedChain> {
  return verifiedChain(await openReader(options), options.region ?? 'local');
}

/** A region of the chain that a reader reads. `metadata`: that of its contracts; default: the built-in ones. */
export function verifiedChain(
  reader: VerifiedReader,
  region: string,
  metadata: Partial<Record<ContractName, unknown>> = {},
): VerifiedChain {
  const known = new Map<ContractName, ContractLayout>();
  const layout = (name: ContractName): ContractLayout => {
    const found =
      known.get(name) ??
      ContractLayout.of(metadata[name] ?? JSON.parse(assetText(`contracts/artifacts/${name}.contract`)));
    known.set(name, found);
    return found;
  };
  let expected = 0;
  const present = async (): Promise<VerifiedState> => {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const state = await reader.state(expected);
      if (state.head.height >= expected) return state;
      if (performance.now() > deadline) throw notFinalYet(state.head, expected);
      await delay(ASK_EVERY_MS);
    }
  };
  const operations = async () => OperationStorage.open(await present(), layout('operation'), region);
  return {
    head: async () => (await present()).head,
    state: present,
    registered: async (kind, section) => readRegistered(await present(), kind, region, section),
    section: async (name) => readSection(await present(), layout('configuration'), region, name),
    entries: async (section, keys) => {
      const state = await present();
      return {
        head: state.head,
        entries: await readSectionKeys(state, layout('configuration'), region, section, keys),
      };
    },
    member: async (account) => (await operations()).member(account),
    openOperations: async (host) => (await operations()).open(host),
    operation: async (id) => (await operations()).operation(id),
    deployments: async () => DeploymentStorage.open(await present(), layout('deployment'), region),
    expect: (height) => {
      expected = Math.max(expected, height);
    },
    outdate: () => reader.outdate(),
    close: () => reader.close(),
  };
}
