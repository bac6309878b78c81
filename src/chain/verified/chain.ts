import { assetText } from '../../system/assets.ts';
import type { ConfigurationEntry } from '../types.ts';
import { ContractLayout } from './contract-layout.ts';
import type { VerifiedHead } from './head.ts';
import type { OpenVerifiedOptions } from './index.ts';
import { openReader } from './open.ts';
import type { VerifiedReader, VerifiedState } from './reader.ts';
import { readSection, readSectionKeys, type VerifiedSection } from './section.ts';

/** A region of the chain, read with proof. Every call throws rather than give what was not proven. */
export interface VerifiedChain {
  /** The last final block. */
  head(): Promise<VerifiedHead>;
  /** The state of the last final block: everything read from it belongs together. */
  state(): Promise<VerifiedState>;
  /** All of a section of the region's configuration. */
  section(name: string): Promise<VerifiedSection>;
  /** Some keys of a section, in their order; `undefined` for those that it is proven not to have. */
  entries(
    section: string,
    keys: readonly string[],
  ): Promise<{ head: VerifiedHead; entries: (ConfigurationEntry | undefined)[] }>;
  close(): Promise<void>;
}

/** The part of `openVerifiedChain` that loads polkadot.js. */
export async function openChain(options: OpenVerifiedOptions): Promise<VerifiedChain> {
  return verifiedChain(await openReader(options), options.region ?? 'local');
}

/** A region of the chain that a reader reads. `metadata`: that of its configuration contracts; default: the built-in one. */
export function verifiedChain(reader: VerifiedReader, region: string, metadata?: unknown): VerifiedChain {
  let known: ContractLayout | undefined;
  const layout = (): ContractLayout => {
    known ??= ContractLayout.of(metadata ?? JSON.parse(assetText('contracts/artifacts/configuration.contract')));
    return known;
  };
  return {
    head: () => reader.head(),
    state: () => reader.state(),
    section: async (name) => readSection(await reader.state(), layout(), region, name),
    entries: async (section, keys) => {
      const state = await reader.state();
      return { head: state.head, entries: await readSectionKeys(state, layout(), region, section, keys) };
    },
    close: () => reader.close(),
  };
}
