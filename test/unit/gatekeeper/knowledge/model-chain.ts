import { createHash } from 'node:crypto';
import type {
  BlockChanges,
  BlockPlace,
  ChainHead,
  ConfigurationHead,
  ContractFact,
  Hash,
  RegistryFact,
  RegistrySource,
  RegistryState,
} from '../../../../src/chain/index.ts';
import { ExternalError } from '../../../../src/system/errors.ts';

/** Something that is done in a block. Accounts are numbers here. */
export type Deed =
  | { do: 'register'; kind: ContractFact['kind']; section: number; account: number }
  | { do: 'unregister'; kind: ContractFact['kind']; section: number }
  | { do: 'upgrade'; account: number; code: number }
  | { do: 'configure'; account: number }
  | { do: 'end'; account: number }
  | { do: 'runtime' };

interface Block extends BlockPlace {
  changes: BlockChanges;
  state: State;
}

interface State {
  contracts: ReadonlyMap<string, ContractFact>;
  revisions: ReadonlyMap<string, number>;
  /** Of every account, whether registered or not. */
  heads: ReadonlyMap<string, ConfigurationHead>;
  codes: ReadonlyMap<string, Hash>;
  specVersion: number;
}

export const hashOf = (text: string): Hash => `0x${createHash('sha256').update(text).digest('hex')}`;
export const addressOf = (account: number): string => `5${'A'.repeat(45)}${account}`;
export const sectionOf = (section: number): string => `test-section-${section + 1}`;

/** The rules of the registry, and blocks that can be given up for others. States from `kept` blocks below the last final one on can be read. */
export class ModelChain implements RegistrySource {
  readonly genesis: Hash;
  readonly region = 'local';
  final = 0;
  kept = Number.POSITIVE_INFINITY;
  /** Answers to calls until the chain is gone; tests set it to break off a reader in the middle. */
  callsLeft = Number.POSITIVE_INFINITY;
  collected = 0;
  readonly #blocks = new Map<Hash, Block>();
  #chain: Block[];
  #made = 0;

  constructor(seed = 'model') {
    this.genesis = hashOf(seed);
    const empty = new Map();
    const state = { contracts: empty, revisions: empty, heads: empty, codes: empty, specVersion: 1 };
    const changes = { facts: [], touched: [], specVersion: 1 };
    this.#chain = [{ height: 0, hash: this.genesis, parent: hashOf(''), changes, state }];
    for (const block of this.#chain) this.#blocks.set(block.hash, block);
  }

  get height(): number {
    return this.#best.height;
  }

  /** Builds a block on the best one. */
  build(deeds: readonly Deed[]): void {
    this.#made += 1;
    const parent = this.#best;
    const place = { height: parent.height + 1, hash: hashOf(`${this.genesis}${this.#made}`), parent: parent.hash };
    const made = happen(parent.state, deeds, place.height);
    const block = { ...place, ...made };
    this.#blocks.set(block.hash, block);
    this.#chain.push(block);
  }

  /** Gives up the newest blocks. */
  giveUp(count: number): void {
    this.#chain = this.#chain.slice(0, Math.max(this.final + 1, this.#chain.length - count));
  }

  /** Makes all but the newest blocks final. */
  finalize(behind: number): void {
    this.final = Math.max(this.final, this.height - behind);
  }

  async head(): Promise<ChainHead> {
    this.#answer();
    return { height: this.#best.height, hash: this.#best.hash, finalized: this.final };
  }

  onHead(): () => void {
    return () => {};
  }

  async place(hash: Hash): Promise<BlockPlace> {
    this.#answer();
    const { height, parent } = this.#block(hash);
    return { height, hash, parent };
  }

  async hashAt(height: number): Promise<Hash> {
    this.#answer();
    return this.#chain[height]?.hash ?? hashOf('none');
  }

  async changes({ hash }: BlockPlace): Promise<BlockChanges> {
    this.#answer();
    return this.#stateful(hash).changes;
  }

  async state(hash: Hash): Promise<RegistryState> {
    this.#answer();
    this.collected += 1;
    const { contracts, heads, specVersion } = this.#stateful(hash).state;
    return { contracts: [...contracts.values()], configurations: heads, specVersion };
  }

  async configurationHead(contract: string, hash: Hash): Promise<ConfigurationHead | undefined> {
    this.#answer();
    return this.#stateful(hash).state.heads.get(contract);
  }

  /** What is true after the best block. */
  truth(): State {
    return this.#best.state;
  }

  get #best(): Block {
    const best = this.#chain.at(-1);
    if (best === undefined) throw new Error('no blocks');
    return best;
  }

  #block(hash: Hash): Block {
    const block = this.#blocks.get(hash);
    if (block === undefined) throw new ExternalError('chain-rpc-failed', 'no such block');
    return block;
  }

  #stateful(hash: Hash): Block {
    const block = this.#block(hash);
    if (block.height < this.final - this.kept) throw new ExternalError('chain-rpc-failed', 'State already discarded');
    return block;
  }

  #answer(): void {
    if (this.callsLeft <= 0) throw new ExternalError('chain-unreachable', 'gone');
    this.callsLeft -= 1;
  }
}

function happen(before: State, deeds: readonly Deed[], height: number): Pick<Block, 'changes' | 'state'> {
  const after = {
    contracts: new Map(before.contracts),
    revisions: new Map(before.revisions),
    heads: new Map(before.heads),
    codes: new Map(before.codes),
    specVersion: before.specVersion,
  };
  const facts: RegistryFact[] = [];
  const touched: string[] = [];
  for (const deed of deeds) {
    if (deed.do === 'runtime') after.specVersion += 1;
    else if ('section' in deed) facts.push(...inRegistry(after, deed, height));
    else if (deed.do === 'configure') {
      const address = addressOf(deed.account);
      const version = (after.heads.get(address)?.version ?? 0) + 1;
      after.heads.set(address, { version, digest: hashOf(`${address} ${version} ${height}`) });
      touched.push(address);
    } else facts.push(ofContract(after, deed));
  }
  return { changes: { facts, touched, specVersion: after.specVersion }, state: after };
}

type Writable = { [K in keyof State]: State[K] extends ReadonlyMap<infer N, infer V> ? Map<N, V> : State[K] };

function inRegistry(state: Writable, deed: Extract<Deed, { section: number }>, height: number): RegistryFact[] {
  const section = sectionOf(deed.section);
  const name = `${deed.kind} ${section}`;
  if (deed.do === 'unregister') {
    return state.contracts.delete(name) ? [{ fact: 'unregistered', kind: deed.kind, section }] : [];
  }
  const address = addressOf(deed.account);
  const codeHash = state.codes.get(address) ?? hashOf(`code of ${address}`);
  const revision = (state.revisions.get(name) ?? 0) + 1;
  const contract = { kind: deed.kind, section, layer: 1, address, codeHash, revision, since: height };
  state.revisions.set(name, revision);
  state.contracts.set(name, { ...contract, runs: codeHash });
  return [{ fact: 'registered', ...contract }];
}

function ofContract(state: Writable, deed: Extract<Deed, { do: 'upgrade' | 'end' }>): RegistryFact {
  const address = addressOf(deed.account);
  const under = [...state.contracts].filter(([, contract]) => contract.address === address);
  if (deed.do === 'end') {
    for (const [name] of under) state.contracts.delete(name);
    state.heads.delete(address);
    return { fact: 'ended', address };
  }
  const runs = hashOf(`code ${deed.code}`);
  state.codes.set(address, runs);
  for (const [name, contract] of under) state.contracts.set(name, { ...contract, runs });
  return { fact: 'code', address, runs };
}
