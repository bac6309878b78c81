import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ExternalError, LogosError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Json } from '../system/journal.ts';
import { clearTable, type NftDocument, removeTable } from './firewall-json.ts';

/** What nft answers about one table: the table itself, its chains and rules, without what counts or numbers them. */
export type TableListing = readonly Json[];

export type NftState =
  | { readonly state: 'ready'; readonly table?: TableListing }
  | { readonly state: 'missing' | 'unusable'; readonly reason: string };

const listingSchema = z.object({ nftables: z.array(z.record(z.string(), z.json())) });

const NEXT_STEPS = [
  'See what nft says to `nft list ruleset`; a kernel without nf_tables can’t hold the policy’s firewall.',
];

/** Whether nft works on this host, and what it holds of ours. */
export async function readNft(exec: Exec, table: string): Promise<NftState> {
  try {
    return { state: 'ready', table: await listTable(exec, table) };
  } catch (error) {
    if (!(error instanceof LogosError)) throw error;
    return { state: error.code === 'command-missing' ? 'missing' : 'unusable', reason: error.message };
  }
}

/** The table's content, or `undefined` when there is none. Throws ExternalError when nft can't be asked. */
export async function listTable(exec: Exec, table: string): Promise<TableListing | undefined> {
  // Listing names first: the answer to `list table` does not tell "absent" from "not allowed".
  const tables = parseListing((await exec('nft', ['-j', 'list', 'tables', 'inet'], { nextSteps: NEXT_STEPS })).stdout);
  if (!tables.some((item) => nameOfTable(item) === table)) return undefined;
  const { stdout } = await exec('nft', ['-j', 'list', 'table', 'inet', table], { nextSteps: NEXT_STEPS });
  return parseListing(stdout).map(withoutState);
}

/** Asks the kernel whether it would take the document, and changes nothing. */
export async function checkNft(exec: Exec, document: NftDocument): Promise<void> {
  await runNft(exec, ['-j', '-c'], document);
}

/** Applies a document in one transaction. Throws ExternalError `firewall-refused`. */
export async function applyNft(exec: Exec, document: NftDocument): Promise<void> {
  await runNft(exec, ['-j'], document);
}

/** Puts a table back to what a listing says, or away when there was none. */
export async function restoreTable(exec: Exec, table: string, listing: TableListing | null): Promise<void> {
  if (listing !== null) return applyNft(exec, { nftables: [...clearTable(table), ...listing] });
  // Not on a host where nft has gone since: without it the table is gone at the next boot at the latest.
  const { state } = await readNft(exec, table);
  if (state !== 'missing') await applyNft(exec, removeTable(table));
}

/** Tells one content of a table from another; the same on every listing of the same rules. */
export function listingDigest(listing: TableListing): string {
  return digestOf(listing);
}

/** The same of what `nft -j list table` printed. */
export function listedDigest(stdout: string): string {
  return listingDigest(parseListing(stdout).map(withoutState));
}

export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

async function runNft(exec: Exec, args: readonly string[], document: NftDocument): Promise<void> {
  try {
    // As an argument: nft reads `-f -` by opening /dev/stdin, which is a socket under Node and can't be opened.
    await exec('nft', [...args, JSON.stringify(document)]);
  } catch (error) {
    if (!(error instanceof ExternalError) || error.code !== 'command-failed') throw error;
    throw new ExternalError('firewall-refused', `The kernel refused the firewall: ${error.lastLines?.[0] ?? ''}`, {
      command: ['nft', ...args].join(' '),
      status: error.status,
      lastLines: error.lastLines,
      nextSteps: NEXT_STEPS,
      cause: error,
    });
  }
}

function parseListing(stdout: string): Record<string, Json>[] {
  const { nftables } = listingSchema.parse(JSON.parse(stdout)) as { nftables: Record<string, Json>[] };
  return nftables.filter((item) => !('metainfo' in item));
}

function nameOfTable(item: Record<string, Json>): Json | undefined {
  const { table } = item;
  return isRecord(table) ? table.name : undefined;
}

function withoutState(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutState);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'handle')
      .map(([key, inner]) => [key, key === 'counter' ? null : withoutState(inner)]),
  );
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
