import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExitCode, UserError } from '../system/errors.ts';
import { isErrno } from '../system/files.ts';

/** The bytes that a plan is made from, not parsed yet. */
export interface PolicySource {
  readonly policy: Uint8Array;
  readonly firewall?: Uint8Array;
  /** What else came with it, by its key in the section: `host-` and words. */
  readonly artifacts?: ReadonlyMap<string, Uint8Array>;
}

const ARTIFACT = /^host-[a-z][a-z0-9-]{0,60}$/;

/** A section's value: in the section itself, or an artefact by its hash. As src/chain gives it. */
type Value = { kind: 'inline'; bytes: Uint8Array } | { kind: 'artifact'; digest: string; size: number };

/** security-section-1, as src/chain gives it. */
interface Section {
  readonly section: string;
  readonly entries: ReadonlyMap<string, { readonly value: Value }>;
}

/** Reads a policy file and what lies beside it under a name that begins with `host-`, such as `host-firewall.json`. Throws UserError `policy-file-missing`. */
export async function policyFromFile(path: string): Promise<PolicySource> {
  const policy = await readInput(path);
  const artifacts = new Map<string, Uint8Array>();
  for (const name of (await readdir(dirname(path))).sort()) {
    const key = name.replace(/\.[a-z]+$/, '');
    if (isArtifact(key)) artifacts.set(key, await readFile(join(dirname(path), name)));
  }
  return { policy, firewall: artifacts.get('host-firewall'), artifacts };
}

function isArtifact(key: string): boolean {
  return ARTIFACT.test(key) && key !== 'host-policy';
}

/** Takes the policy and what belongs to it from the chain's section; `fetch` checks size and hash. Throws UserError `policy-not-on-chain`. */
export async function policyFromSection(
  section: Section,
  fetch: (ref: { digest: string; size: number }) => Promise<Uint8Array>,
): Promise<PolicySource> {
  const bytesOf = async (key: string): Promise<Uint8Array | undefined> => {
    const value = section.entries.get(key)?.value;
    return value?.kind === 'artifact' ? fetch(value) : value?.bytes;
  };
  const policy = await bytesOf('host-policy');
  if (policy === undefined) {
    throw new UserError('policy-not-on-chain', `The chain's ${section.section} has no host-policy.`, {
      exitCode: ExitCode.refused,
      nextSteps: ['Check that the URL is the Logos chain of your region; its community sets the policy.'],
    });
  }
  const artifacts = new Map<string, Uint8Array>();
  for (const key of [...section.entries.keys()].filter(isArtifact)) {
    const bytes = await bytesOf(key);
    if (bytes) artifacts.set(key, bytes);
  }
  return { policy, firewall: artifacts.get('host-firewall'), artifacts };
}

async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause;
    throw new UserError('policy-file-missing', `There is no file ${path}.`, {
      exitCode: ExitCode.usage,
      cause,
      nextSteps: ['Give the path of a host policy with --policy.'],
    });
  }
}
