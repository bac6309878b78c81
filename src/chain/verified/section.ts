import { u32 } from 'scale-ts';
import { z } from 'zod';
import { answerInvalid } from '../errors.ts';
import type { ConfigurationEntry, ConfigurationSnapshot, ConfigurationValue } from '../types.ts';
import { bytesSchema, hashSchema } from './codec.ts';
import { ContractStorage, findSectionContract, type SectionContract } from './contract.ts';
import type { ContractLayout } from './contract-layout.ts';
import { blake256 } from './hashes.ts';
import type { VerifiedHead } from './head.ts';
import { readPalletEntries, readPalletSection, type SectionValue } from './pallet-section.ts';
import type { VerifiedState } from './reader.ts';
import type { IndexItem } from './section-root.ts';

/** All of a section, every part of it proven to be in the state of block `head`. */
export interface VerifiedSection extends ConfigurationSnapshot {
  readonly head: VerifiedHead;
}

/** polkadot.js writes numbers beyond 2^53 in hexadecimal. */
const count = z
  .union([z.number(), z.string().regex(/^0x[0-9a-f]{1,16}$/)])
  .transform(Number)
  .refine((number) => Number.isSafeInteger(number) && number >= 0);
const fields = z.object({
  section: z.object({ region: z.string(), name: z.string() }),
  head: z.object({ version: count, digest: hashSchema }),
  keyCount: count.refine((keys) => keys <= 65_536),
});
const value: z.ZodType<ConfigurationValue> = z.union([
  z.strictObject({ inline: bytesSchema }).transform(({ inline }) => ({ kind: 'inline' as const, bytes: inline })),
  z.strictObject({ artifact: z.object({ digest: hashSchema, size: count }) }).transform(({ artifact }) => ({
    kind: 'artifact' as const,
    digest: artifact.digest.slice(2),
    size: artifact.size,
  })),
]);
const entry: z.ZodType<SectionValue> = z.object({ value, mediaType: z.string(), version: count });

/**
 * Reads a section of a region's configuration, with proof: from where the runtime keeps it, or from its contract's own
 * storage. No contract is run, so nobody can run it wrongly.
 * Throws UserError `section-unknown`, ExternalError `contract-code-unknown` or what `VerifiedState` does.
 */
export async function readSection(
  state: VerifiedState,
  layout: ContractLayout,
  region: string,
  section: string,
): Promise<VerifiedSection> {
  const found = await findSectionContract(state, 'Configuration', region, section);
  const opening = openSoon(state, layout, found);
  const kept = await readPalletSection(state, found.account);
  if (kept !== undefined) {
    const { version, digest, index } = kept;
    const values = await readPalletEntries(state, found.account, index);
    return { section, version, digest, entries: entriesOf(index.map(keyOf), values), head: state.head };
  }
  const contract = await opening;
  const root = parsed(section, fields, await contract.fields());
  if (root.section.region !== region || root.section.name !== section) throw answerInvalid(section);
  const positions = Array.from({ length: root.keyCount }, (_, position) => u32.enc(position));
  const keys = parsed(section, z.array(z.string()), await contract.values('keys', positions));
  const values = parsed(section, z.array(entry), await contract.values('entries', keys.map(entryKey)));
  return { section, ...root.head, entries: entriesOf(keys, values), head: state.head };
}

/** Reads some keys of a section; `undefined` for those that it is proven not to have. Throws as `readSection`. */
export async function readSectionKeys(
  state: VerifiedState,
  layout: ContractLayout,
  region: string,
  section: string,
  keys: readonly string[],
): Promise<(ConfigurationEntry | undefined)[]> {
  const found = await findSectionContract(state, 'Configuration', region, section);
  const opening = openSoon(state, layout, found);
  const kept = await readPalletSection(state, found.account);
  if (kept === undefined) {
    const contract = await opening;
    const values = parsed(section, z.array(entry.optional()), await contract.values('entries', keys.map(entryKey)));
    return values.map((value, at) => (value === undefined ? undefined : { key: keys[at] ?? '', ...value }));
  }
  const items = kept.index.filter(({ key }) => keys.includes(key));
  const entries = entriesOf(items.map(keyOf), await readPalletEntries(state, found.account, items));
  return keys.map((key) => entries.get(key));
}

/** Opened while it is not yet known whether the runtime keeps the section: then nobody minds what comes of it. */
function openSoon(state: VerifiedState, layout: ContractLayout, found: SectionContract): Promise<ContractStorage> {
  const opening = ContractStorage.open(state, layout, found);
  opening.catch(() => {});
  return opening;
}

function keyOf({ key }: IndexItem): string {
  return key;
}

function entriesOf(keys: readonly string[], values: readonly SectionValue[]): Map<string, ConfigurationEntry> {
  return new Map(keys.flatMap((key, at) => (values[at] === undefined ? [] : [[key, { key, ...values[at] }]])));
}

/** Entries stand under the BLAKE2b-256 of their key. */
function entryKey(key: string): Uint8Array {
  return blake256(new TextEncoder().encode(key));
}

function parsed<T>(section: string, schema: z.ZodType<T>, found: unknown): T {
  const result = schema.safeParse(found);
  if (!result.success) throw answerInvalid(section, result.error);
  return result.data;
}
