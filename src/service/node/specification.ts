import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { asset, assetText } from '../../system/assets.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { readIfPresent, writeFileAtomic } from '../../system/files.ts';
import { nodePaths } from './settings.ts';

/** `:code`, where the runtime lives. */
const CODE_KEY = '0x3a636f6465';

const schema = z.looseObject({
  name: z.string().min(1),
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'not a name for a directory'),
  chainType: z.string(),
  genesis: z.looseObject({ raw: z.looseObject({ top: z.record(z.string(), z.string()) }) }),
});

/** A chain specification as a node takes it. */
export interface Specification {
  name: string;
  id: string;
  /** Of the first state: what makes it this chain and no other. */
  digest: string;
  text: string;
}

/**
 * The specification of `chain`: `dev` for the built-in development chain, else a file with a raw specification.
 * Throws UserError `spec-invalid` or `file-unreadable`.
 */
export async function loadSpecification(chain: string): Promise<Specification> {
  return parseSpecification(chain === 'dev' ? developmentSpecification() : await read(chain), chain);
}

/** Checks a specification. `where` is named in the error. */
export function parseSpecification(text: string, where: string): Specification {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(where, `it is not JSON (${(cause as Error).message})`, cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(where, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`, parsed.error);
  }
  const { name, id, genesis } = parsed.data;
  if (!/^0x[0-9a-f]+$/i.test(genesis.raw.top[CODE_KEY] ?? '')) throw invalid(where, 'it holds no runtime');
  return { name, id, digest: sha256Hex(canonicalJson(genesis.raw.top)), text };
}

/**
 * Puts the specification where the node reads it. A directory belongs to one chain: throws UserError `node-other-chain`
 * when another one's is there.
 */
export async function placeSpecification(specification: Specification, directory: string): Promise<void> {
  if (await isPlaced(specification, directory)) return;
  await writeFileAtomic(nodePaths(directory).specification, specification.text, 0o644);
}

/** Whether a directory has the very specification. Throws UserError `node-other-chain` when it has another chain's. */
export async function isPlaced(specification: Specification, directory: string): Promise<boolean> {
  const { specification: path } = nodePaths(directory);
  const present = await readIfPresent(path);
  if (present === undefined || present === specification.text) return present !== undefined;
  const before = parseSpecification(present, path);
  if (before.digest !== specification.digest) throw otherChain(directory, before.name, specification.name);
  return false;
}

export function otherChain(directory: string, before?: string, asked?: string): UserError {
  const what = before === undefined ? 'another chain' : `the chain "${before}", not "${asked}"`;
  return new UserError('node-other-chain', `${directory} holds ${what}: their first blocks differ.`, {
    exitCode: ExitCode.usage,
    nextSteps: [
      'Give the specification of that chain with --chain, or another directory with --base-path.',
      'Or remove the directory, with its keys and blocks, if nobody needs them.',
    ],
  });
}

/** The built-in development chain with its runtime put in: its first block is that of `logos chain dev`. */
function developmentSpecification(): string {
  const spec = JSON.parse(assetText('chain/artifacts/genesis-dev.json'));
  const runtime = Buffer.from(gunzipSync(asset('chain/artifacts/logos-runtime.wasm.gz')));
  spec.genesis.raw.top[CODE_KEY] = `0x${runtime.toString('hex')}`;
  return JSON.stringify(spec);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UserError(
      'file-unreadable',
      `The chain specification ${path} can't be read: ${(cause as Error).message}`,
      {
        cause,
        exitCode: ExitCode.usage,
        nextSteps: [
          'Give the file of a chain specification with --chain, or `dev` for the built-in development chain.',
        ],
      },
    );
  }
}

function invalid(where: string, why: string, cause?: unknown): UserError {
  return new UserError('spec-invalid', `${where} is not a chain specification: ${why}.`, {
    cause,
    exitCode: ExitCode.usage,
    nextSteps: [
      'Give a raw specification (genesis.raw.top with the runtime in it), as the network publishes it.',
      'Compare its SHA-256 with the one that the network names: the file may have been cut short.',
    ],
  });
}
