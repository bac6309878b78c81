import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { toLogosError, UserError } from '../system/errors.ts';
import { isErrno, readJson, writeJson } from '../system/files.ts';
import { type DvmDefinition, definitionSchema } from './definitions.ts';

const SUFFIX = '.dvm.json';
const claimSchema = z.object({ host: z.string().min(1), definition: definitionSchema });

/** Which host runs a DVM of a shared storage, and what it is: all that another host needs when that one is lost. */
export type Claim = z.infer<typeof claimSchema>;

/**
 * Every claim on a shared storage. Others write there too: a claim that is of another name or place than its file, or whose disks are
 * elsewhere, is told to `onWrong`, and not given. Throws where the directory can't be read: the storage is not there.
 */
export async function readClaims(
  directory: string,
  onWrong: (name: string, error: Error) => void = () => {},
): Promise<Claim[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(SUFFIX)).sort();
  const found = await Promise.all(
    files.map(async (file) => {
      try {
        return await readClaim(directory, file);
      } catch (error) {
        onWrong(file.slice(0, -SUFFIX.length), toLogosError(error));
        return undefined;
      }
    }),
  );
  return found.filter((one) => one !== undefined);
}

async function readClaim(directory: string, file: string): Promise<Claim | undefined> {
  const found = await readJson(join(directory, file), claimSchema);
  if (!found) return undefined;
  const { name, shared, disks } = found.definition;
  const refuse = (why: string): never => {
    throw new UserError('dvm-claim-invalid', `The claim ${join(directory, file)} is not used: ${why}.`, {
      nextSteps: ['See who may write to that storage; remove the file if it is no DVM of yours.'],
    });
  };
  if (file !== `${name}${SUFFIX}`) refuse(`it is of ${name}`);
  if (shared === undefined || resolve(shared) !== resolve(directory)) refuse(`it is of ${shared}`);
  for (const disk of disks) {
    if (disk.file !== join(resolve(directory), basename(disk.file))) refuse(`the disk ${disk.file} is elsewhere`);
    if (await isOther(disk.file)) refuse(`${disk.file} is not a file of its own`);
  }
  return found;
}

/** Whether something else than a file is there, such as a link to one. */
async function isOther(file: string): Promise<boolean> {
  try {
    const stats = await lstat(file);
    return !stats.isFile() || stats.nlink > 1;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The claim of this name, whatever DVM it is of. */
export function claimOf(directory: string, name: string): Promise<Claim | undefined> {
  return readJson(join(directory, `${name}${SUFFIX}`), claimSchema);
}

/** Whose a DVM is; undefined for one that is on no shared storage, or that nobody claims. */
export async function claimantOf({ name, uuid, shared }: DvmDefinition): Promise<string | undefined> {
  if (shared === undefined) return undefined;
  const claim = await claimOf(shared, name);
  return claim?.definition.uuid === uuid ? claim.host : undefined;
}

/** Says that this host runs it, in place of whoever did. To be called before it is started there. */
export async function claim(host: string, definition: DvmDefinition): Promise<void> {
  if (definition.shared === undefined) return;
  await writeJson(join(definition.shared, `${definition.name}${SUFFIX}`), { host, definition });
}

/** Takes back this host's own claim. */
export async function unclaim(host: string, definition: DvmDefinition): Promise<void> {
  if (definition.shared === undefined || (await claimantOf(definition)) !== host) return;
  await rm(join(definition.shared, `${definition.name}${SUFFIX}`), { force: true });
}
