import type { Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type {
  BlockChanges,
  BlockPlace,
  ConfigurationHead,
  ContractFact,
  ContractKind,
  RegistrySource,
  RegistryState,
} from '../registry-types.ts';
import type { AccountId, BlockNumber, ChainHead, Hash } from '../types.ts';
import { contractInfo } from './code.ts';
import type { Connection } from './connection.ts';
import type { Contract } from './contract.ts';
import { type Heads, readHead } from './heads.ts';
import { NOBODY } from './region-contract.ts';
import { listRegistered } from './registry.ts';
import { registryEvents } from './registry-events.ts';
import { sclRecord, sectionHead } from './schemas.ts';

const versionSchema = z.looseObject({ specVersion: z.int().min(0).max(0xffffffff) });
/** Requests to the node under way at a time. */
const AT_ONCE = 16;

/** A region's registry of contracts over a connection. The node is believed; its answers' form is checked, and their size. */
export class ConnectedRegistry implements RegistrySource {
  readonly genesis: Hash;
  readonly region: string;
  readonly #connection: Connection;
  readonly #configuration: Contract;
  readonly #heads: Heads;
  /** Of the block that was asked about last: most often the parent of the next one. */
  #version: { block: Hash; specVersion: number } | undefined;

  constructor(connection: Connection, heads: Heads, configuration: Contract, region: string) {
    this.genesis = connection.api.genesisHash.toHex();
    this.region = region;
    this.#connection = connection;
    this.#configuration = configuration;
    this.#heads = heads;
  }

  head(): Promise<ChainHead> {
    return readHead(this.#connection);
  }

  onHead(listener: () => void): () => void {
    return this.#heads.add(listener);
  }

  async place(block: Hash): Promise<BlockPlace> {
    const header = await this.#connection.run('a block', () => this.#connection.api.rpc.chain.getHeader(block));
    const [height, parent] = [header.number.toNumber(), header.parentHash.toHex()];
    // Whoever gives another block than the one that was asked for could lead a reader round in circles.
    if (header.hash.toHex() !== block) throw answerInvalid('a block');
    return { height, hash: block, parent };
  }

  async hashAt(height: BlockNumber): Promise<Hash> {
    const hash = await this.#connection.run('a block', () => this.#connection.api.rpc.chain.getBlockHash(height));
    return hash.toHex();
  }

  async changes({ hash, parent, height }: BlockPlace): Promise<BlockChanges> {
    const before = await this.#specVersion(parent);
    const specVersion = await this.#specVersion(hash);
    // Events are written by the runtime before the block; only when that is another one, its types have to be asked for.
    const present = this.#connection.api.runtimeVersion.specVersion.toNumber();
    const same = specVersion === present && before === present;
    const { api } = this.#connection;
    const raw = await this.#connection.run('events', async () => {
      const { query } = same ? api : await api.at(hash);
      const events = query.system?.events;
      if (events === undefined) throw answerInvalid('its events');
      return same ? events.at(hash) : events();
    });
    return { ...registryEvents(raw as unknown as Vec<EventRecord>, this.region, height), specVersion };
  }

  async state(block: Hash): Promise<RegistryState> {
    const names = await listRegistered(this.#connection, this.region, block);
    const contracts: ContractFact[] = [];
    await inTurns(names, async ({ kind, section }) => {
      const record = await this.#record(kind, section, block);
      if (record === null) return;
      const { address, layer, codeHash, since, revision } = record;
      const info = await this.#connection.run('a contract', async () =>
        requireItem(this.#connection.api.query.contracts?.contractInfoOf).at(block, address),
      );
      const parsed = contractInfo.safeParse(info.toJSON());
      if (!parsed.success) throw answerInvalid('a contract', parsed.error);
      // The registry keeps a contract that was ended until somebody removes it.
      if (parsed.data === null) return;
      contracts.push({ kind, section, address, layer, codeHash, since, revision, runs: parsed.data.codeHash });
    });
    const configurations = new Map<AccountId, ConfigurationHead>();
    const sections = contracts.filter(({ kind }) => kind === 'Configuration');
    await inTurns(sections, async ({ address }) => {
      const head = await this.configurationHead(address, block);
      if (head !== undefined) configurations.set(address, head);
    });
    return { contracts, configurations, specVersion: await this.#specVersion(block) };
  }

  async configurationHead(contract: AccountId, block: Hash): Promise<ConfigurationHead | undefined> {
    const call = { origin: NOBODY, contract, message: 'head', args: [] };
    try {
      const { value } = await this.#connection.run('a section', () =>
        this.#configuration.dryRun(this.#connection.api, call, block, sectionHead),
      );
      return value;
    } catch (error) {
      // A contract of another make, which this program can't read: its head is not known.
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  async #record(kind: ContractKind, section: string, block: Hash): Promise<z.infer<typeof sclRecord>> {
    const raw = await this.#connection.run('its registry of contracts', async () =>
      requireItem(this.#connection.api.query.scl?.contracts).at(block, this.region, [kind, section]),
    );
    const record = sclRecord.safeParse(raw.toJSON());
    if (!record.success) throw answerInvalid('its registry of contracts', record.error);
    return record.data;
  }

  async #specVersion(block: Hash): Promise<number> {
    if (this.#version?.block === block) return this.#version.specVersion;
    const version = await this.#connection.run('its runtime', () =>
      this.#connection.api.rpc.state.getRuntimeVersion(block),
    );
    const parsed = versionSchema.safeParse(version.toJSON());
    if (!parsed.success) throw answerInvalid('its runtime', parsed.error);
    this.#version = { block, specVersion: parsed.data.specVersion };
    return parsed.data.specVersion;
  }
}

function requireItem<T>(item: T | undefined): T {
  if (item === undefined) throw answerInvalid('its registry of contracts');
  return item;
}

function isUnreadable(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'chain-refused' || code === 'chain-answer-invalid';
}

/** Does the work for each item, a few at a time. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
  }
}
