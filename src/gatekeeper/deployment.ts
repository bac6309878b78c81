import { readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Admission, LogosChain, Member } from '../chain/index.ts';
import { canonicalJson, sha256Hex } from '../system/canonical.ts';
import { makeDirectoryJournalled, writeFileJournalled } from '../system/changes.ts';
import { ExitCode, ExternalError, UserError } from '../system/errors.ts';
import { hasEntry, isErrno, syncDirectory } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import type { Journal } from '../system/journal.ts';
import { type GatekeeperDefinition, parseGatekeeperDefinition } from './definition.ts';
import { versionSchema } from './version.ts';

class Proof {
  readonly #stage = 'admitted-host';
  readonly member: Member;

  constructor(member: Member) {
    this.member = member;
  }

  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stage in value && value.#stage === 'admitted-host';
  }
}

/** That the chain lists a host as admitted. Only `proveAdmission` makes one. */
export type AdmissionProof = Proof;

/**
 * Asks the chain whether it lists `account` as admitted, with `admission` when given.
 * Throws UserError `host-not-admitted` (exit code 3) when it doesn't.
 */
export async function proveAdmission(
  chain: Pick<LogosChain, 'member'>,
  account: string,
  admission?: Admission,
): Promise<AdmissionProof> {
  const member = await chain.member(account);
  if (member?.standing === 'admitted' && (admission === undefined || isSameAdmission(member.admission, admission))) {
    return new Proof(member);
  }
  throw new UserError('host-not-admitted', `The chain doesn't list this host (${account}) as admitted.`, {
    exitCode: ExitCode.refused,
    nextSteps: ['Run `logos provide` again: it joins the region and goes on from there.'],
  });
}

export function isSameAdmission(one: Admission, other: Admission): boolean {
  const text = ({ class: name, path, inventory, gatekeeper }: Admission): string =>
    canonicalJson({ class: name, path, inventory, gatekeeper });
  return text(one) === text(other);
}

export interface DeployedGatekeeper {
  readonly definition: GatekeeperDefinition;
  /** SHA-256 of the definition's bytes, 64 hexadecimal digits. */
  readonly digest: string;
  /** `…/<version>-<first 8 digits of the digest>/definition.json`. */
  readonly path: string;
  /** The symbolic link that chooses it. */
  readonly current: string;
}

const deployedSchema = z.strictObject({
  version: versionSchema,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * Puts a definition from the chain in place: its own directory, then the `current` link, moved at once, so that a reader
 * finds the one before or this one. Takes the proof that the host is admitted: a definition is deployed to no other.
 * Deploying the same bytes again changes nothing. Throws as `parseGatekeeperDefinition` does, before any change.
 */
export async function deployGatekeeper(
  home: Pick<Home, 'gatekeeper'>,
  bytes: Uint8Array,
  journal: Journal,
  proof: AdmissionProof,
  options: { programVersion?: string } = {},
): Promise<DeployedGatekeeper> {
  if (!Proof.is(proof)) throw new TypeError('deployGatekeeper needs the proof of proveAdmission');
  const definition = parseGatekeeperDefinition(bytes, options);
  const digest = sha256Hex(bytes);
  const name = `${definition.version}-${digest.slice(0, 8)}`;
  const directory = join(home.gatekeeper, name);
  await makeDirectoryJournalled(journal, directory);
  const path = join(directory, 'definition.json');
  await writeFileJournalled(journal, path, bytes, 0o444);
  const deployed = canonicalJson({ version: definition.version, digest });
  await writeFileJournalled(journal, join(directory, 'deployed.json'), `${deployed}\n`, 0o444);
  const current = join(home.gatekeeper, 'current');
  await pointTo(journal, current, name);
  return { definition, digest, path, current };
}

/**
 * The deployed definition, its digest checked again; `undefined` when none was deployed. Throws ExternalError
 * `gatekeeper-damaged` when it is not what was deployed or, where given, not what `digest` says.
 */
export async function loadGatekeeper(
  home: Pick<Home, 'gatekeeper'>,
  options: { digest?: string; programVersion?: string } = {},
): Promise<DeployedGatekeeper | undefined> {
  const current = join(home.gatekeeper, 'current');
  const name = await linkTarget(current);
  if (name === undefined) return undefined;
  if (basename(name) !== name) throw damaged(`${current} points outside of ${home.gatekeeper}`);
  const path = join(home.gatekeeper, name, 'definition.json');
  const { bytes, deployed } = await readDeployed(path, join(home.gatekeeper, name, 'deployed.json'));
  const digest = sha256Hex(bytes);
  if (digest !== deployed.digest || name !== `${deployed.version}-${digest.slice(0, 8)}`) {
    throw damaged(`${path} has the SHA-256 ${digest}, and ${deployed.digest} was deployed`);
  }
  if (options.digest !== undefined && digest !== options.digest) {
    throw damaged(`${path} has the SHA-256 ${digest}, and the chain names ${options.digest}`);
  }
  const definition = parseGatekeeperDefinition(bytes, { programVersion: options.programVersion });
  if (definition.version !== deployed.version) throw damaged(`${path} is of version ${definition.version}`);
  return { definition, digest, path, current };
}

async function readDeployed(definition: string, record: string) {
  try {
    const deployed = deployedSchema.parse(JSON.parse(await readFile(record, 'utf8')));
    return { bytes: new Uint8Array(await readFile(definition)), deployed };
  } catch (cause) {
    throw damaged(`${definition} can't be read (${(cause as Error).message})`, cause);
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw damaged(`${path} is not a symbolic link`, error);
  }
}

/** Moves a symbolic link at once: a new one is made beside it and renamed over it (rename(2)). */
async function pointTo(journal: Journal, link: string, target: string): Promise<void> {
  const before = await linkTarget(link);
  if (before === target) return;
  if (!(await journal.find('file', link))) {
    await journal.record({
      kind: 'file',
      target: link,
      before: before === undefined ? { absent: true } : { link: before },
    });
  }
  const temporary = `${link}.new`;
  if (await hasEntry(temporary)) await rm(temporary);
  await symlink(target, temporary);
  await rename(temporary, link);
  await syncDirectory(join(link, '..'));
}

function damaged(what: string, cause?: unknown): ExternalError {
  return new ExternalError('gatekeeper-damaged', `The deployed gatekeeper definition is damaged: ${what}.`, {
    cause,
    nextSteps: ['Run `logos provide` again: it takes the definition from the chain anew.'],
  });
}
