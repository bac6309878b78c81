import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { ExitCode, UserError } from '../../system/errors.ts';
import { type Exec, localExec } from '../../system/exec.ts';
import { readJson } from '../../system/files.ts';

const MANIFEST = 'manifest.json';
const entry = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) });
const schema = z.strictObject({
  format: z.literal('region-backup'),
  formatVersion: z.literal(1),
  region: z.string(),
  /** The definition's. */
  version: z.string(),
  /** ISO 8601. */
  at: z.string(),
  files: z.record(z.string(), entry),
});
/** What a backup says of itself. */
export type BackupManifest = z.output<typeof schema>;

/** Lists a directory's files in it, and packs it all. */
export async function packBackup(
  directory: string,
  to: string,
  told: Pick<BackupManifest, 'region' | 'version' | 'at'>,
  exec: Exec = localExec,
): Promise<BackupManifest> {
  const files: Record<string, z.output<typeof entry>> = {};
  for (const path of await filesIn(directory)) {
    const file = join(directory, path);
    files[path] = { sha256: await sha256Of(file), bytes: (await stat(file)).size };
  }
  const manifest: BackupManifest = { format: 'region-backup', formatVersion: 1, ...told, files };
  await writeFile(join(directory, MANIFEST), JSON.stringify(manifest, null, 2), { mode: 0o600 });
  await exec('tar', ['-C', directory, '-cf', to, '.']);
  return manifest;
}

/**
 * Unpacks a backup and compares every file with its list. Throws UserError `region-backup-damaged`, which names the first file that
 * is other, missing or too many.
 */
export async function unpackBackup(from: string, directory: string, exec: Exec = localExec): Promise<BackupManifest> {
  await exec('tar', ['-C', directory, '--no-same-owner', '-xf', from]).catch((cause: unknown) => {
    throw damaged('it is no archive', cause);
  });
  const manifest = await readJson(join(directory, MANIFEST), schema).catch((cause: unknown) => {
    throw damaged(`its ${MANIFEST} can't be read`, cause);
  });
  if (manifest === undefined) throw damaged(`it has no ${MANIFEST}`);
  const there = (await filesIn(directory)).filter((path) => path !== MANIFEST);
  for (const path of new Set([...there, ...Object.keys(manifest.files)])) {
    const listed = manifest.files[path];
    if (listed === undefined) throw damaged(`${path} is not in its list`);
    if (!there.includes(path)) throw damaged(`${path} is missing`);
    if ((await sha256Of(join(directory, path))) !== listed.sha256) throw damaged(`${path} is not what was written`);
  }
  return manifest;
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((one) => !one.isDirectory())
    .map((one) => relative(directory, join(one.parentPath, one.name)))
    .toSorted();
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function damaged(what: string, cause?: unknown): UserError {
  return new UserError('region-backup-damaged', `This is no whole backup: ${what}.`, {
    cause,
    exitCode: ExitCode.refused,
    nextSteps: ['Take another copy of it; nothing was changed.'],
  });
}
