import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, LogosError, UserError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { isThere, readIfPresent, writeFileAtomic } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { openServiceManager } from '../open-manager.ts';
import { nodePaths } from './settings.ts';
import { isPlaced, parseSpecification, placeSpecification, type Specification } from './specification.ts';

/** What is put back. */
export interface RestorePlan {
  directory: string;
  chain: { name: string; id: string };
  /** Files of the backup, below its directory. */
  files: string[];
  /** How many of them are session keys. */
  sessionKeys: number;
  /** File with the database, and whether one is there that it takes the place of. */
  snapshot?: { file: string; replaces: boolean };
}

export interface RestoreOptions {
  /** What `chain node backup` made. */
  backup: string;
  /** What `chain node snapshot` made. */
  snapshot?: string;
  /** The node's own, which need not be there. */
  directory: string;
}

/** A key's type (four bytes) and its public half (keystore of Substrate). */
const KEY_FILE = /^[0-9a-f]{8}([0-9a-f]{2}){32,33}$/;
/** A network key in hexadecimal. */
const NODE_KEY = /^[0-9a-f]{64}$/;
const CHAIN_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Checks a backup and says what putting it back would do. Throws UserError `backup-invalid`, `snapshot-invalid`,
 * `node-other-chain`, `node-running`, or `target-exists` where the node has keys that the backup lacks.
 */
export async function planRestore(home: Home, options: RestoreOptions, exec: Exec): Promise<RestorePlan> {
  const { backup, snapshot, directory } = options;
  await requireStopped(home);
  const specification = await backedUpSpecification(backup);
  await isPlaced(specification, directory);
  const keys = await keyFiles(backup, () => backupInvalid(backup, 'what is in keystore is no key'));
  const nodeKey = (await readBackup(backup, 'node-key')).trim();
  if (!NODE_KEY.test(nodeKey)) throw backupInvalid(backup, 'node-key is no key');
  await refuseOtherKeys(options, keys, nodeKey);
  const { id, name } = specification;
  const plan: RestorePlan = {
    directory,
    chain: { name, id },
    files: ['chain-spec.json', 'node-key', ...keys],
    sessionKeys: keys.length,
  };
  if (snapshot === undefined) return plan;
  await checkSnapshot(snapshot, id, exec);
  return { ...plan, snapshot: { file: snapshot, replaces: await isThere(databaseOf(directory, id)) } };
}

/** Does what the plan says: keys with rights for their owner alone, and the database whole or not at all. */
export async function restoreNode(options: RestoreOptions, plan: RestorePlan, exec: Exec): Promise<void> {
  const { backup, directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const specification = await backedUpSpecification(backup);
  await placeSpecification(specification, directory);
  for (const file of plan.files.filter((name) => name !== 'chain-spec.json')) {
    await mkdir(join(directory, file, '..'), { recursive: true, mode: 0o700 });
    await writeFileAtomic(join(directory, file), await readBackup(backup, file), 0o600);
  }
  if (plan.snapshot === undefined) return;
  const database = databaseOf(directory, plan.chain.id);
  const unpacked = join(directory, 'restoring');
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked, { mode: 0o700 });
  try {
    await exec(
      'tar',
      ['--extract', '--gzip', '--no-same-owner', `--file=${plan.snapshot.file}`, `--directory=${unpacked}`],
      { timeout: 24 * 3_600_000 },
    );
    await rm(database, { recursive: true, force: true });
    await mkdir(join(database, '..'), { recursive: true, mode: 0o700 });
    await rename(databaseOf(unpacked, plan.chain.id), database);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

function databaseOf(directory: string, id: string): string {
  return join(nodePaths(directory).chains, id, 'paritydb');
}

async function requireStopped(home: Home): Promise<void> {
  const state = (await (await openServiceManager(home)).status()).node?.state ?? 'stopped';
  if (state === 'stopped' || state === 'failed') return;
  throw new UserError('node-running', 'The node of this host runs, and would lose what it is given.', {
    nextSteps: ['Stop it first: `logos chain node stop`.'],
  });
}

async function backedUpSpecification(backup: string): Promise<Specification> {
  const text = await readBackup(backup, 'chain-spec.json');
  try {
    return parseSpecification(text, join(backup, 'chain-spec.json'));
  } catch (error) {
    if (error instanceof LogosError) throw backupInvalid(backup, error.message, error);
    throw error;
  }
}

async function readBackup(backup: string, file: string): Promise<string> {
  const path = join(backup, file);
  try {
    // A link could lead to what is no part of the backup.
    if ((await lstat(path)).isFile()) return await readFile(path, 'utf8');
  } catch (cause) {
    throw backupInvalid(backup, `${file} can't be read (${(cause as Error).message})`, cause);
  }
  throw backupInvalid(backup, `${file} is no file`);
}

/** Session keys below a node's directory or a backup, as paths from there. */
async function keyFiles(root: string, invalid?: () => UserError): Promise<string[]> {
  const names = async (...parts: string[]): Promise<string[]> => readdir(join(root, ...parts)).catch(() => []);
  const ids = (await names('chains')).filter((id) => CHAIN_ID.test(id));
  const files = await Promise.all(
    ids.map(async (id) => (await names('chains', id, 'keystore')).map((name) => ({ id, name }))),
  );
  const known = files.flat().filter(({ name }) => KEY_FILE.test(name));
  if (invalid !== undefined && known.length < files.flat().length) throw invalid();
  return known.map(({ id, name }) => join('chains', id, 'keystore', name)).sort();
}

/** Keys that are nowhere else must not be written over, and a host must not sign for two validators by mistake. */
async function refuseOtherKeys(
  { backup, directory }: RestoreOptions,
  keys: readonly string[],
  nodeKey: string,
): Promise<void> {
  const there = (await keyFiles(directory)).find((file) => !keys.includes(file));
  const present = (await readIfPresent(nodePaths(directory).nodeKey))?.trim();
  const other = there ?? (present !== undefined && present !== nodeKey ? 'node-key' : undefined);
  if (other === undefined) return;
  throw new UserError('target-exists', `${join(directory, other)} is a key that ${backup} lacks.`, {
    exitCode: ExitCode.usage,
    nextSteps: [
      'Put the backup into another directory with --base-path.',
      'Or back up what is there (`logos chain node backup`), and remove it.',
    ],
  });
}

/** An archive could hold anything: only a database of this chain is unpacked. */
async function checkSnapshot(file: string, id: string, exec: Exec): Promise<void> {
  let listed: string;
  try {
    listed = (await exec('tar', ['--list', '--verbose', '--gzip', `--file=${file}`], { timeout: 3_600_000 })).stdout;
  } catch (cause) {
    throw snapshotInvalid(file, 'it can not be read', cause);
  }
  const entries = listed.split('\n').filter(Boolean);
  const place = `chains/${id}/paritydb`;
  for (const entry of entries) {
    const [, type, name = ''] = /^(.)\S+\s+\S+\s+\d+\s+\S+\s+\S+\s(.*)$/.exec(entry) ?? [];
    const path = name.replace(/\/$/, '');
    const inside = path === place || (path.startsWith(`${place}/`) && !path.split('/').includes('..'));
    if (!inside || (type !== '-' && type !== 'd')) throw snapshotInvalid(file, `it holds ${name || entry}`);
  }
  if (entries.length === 0) throw snapshotInvalid(file, 'it is empty');
}

function backupInvalid(backup: string, why: string, cause?: unknown): UserError {
  return new UserError('backup-invalid', `${backup} is no backup of a node: ${why}.`, {
    cause,
    exitCode: ExitCode.usage,
    nextSteps: ['Give a directory that `logos chain node backup` made.'],
  });
}

function snapshotInvalid(file: string, why: string, cause?: unknown): UserError {
  return new UserError('snapshot-invalid', `${file} is no snapshot of this chain: ${why}.`, {
    cause,
    exitCode: ExitCode.usage,
    nextSteps: ['Give a file that `logos chain node snapshot` made of a node of the same chain.'],
  });
}
