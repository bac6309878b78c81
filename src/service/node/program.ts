import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isBinary } from '../../system/assets.ts';
import { UserError } from '../../system/errors.ts';

const PROGRAM = 'logos-node';

/**
 * The native node's program: the one that LOGOS_NODE names, else the one beside this program (`dist/` in a clone), else
 * the one that was built last into the cache. Throws UserError `node-missing`.
 */
export async function findNodeProgram(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if (env.LOGOS_NODE) {
    if (await isProgram(env.LOGOS_NODE)) return env.LOGOS_NODE;
    throw missing(`LOGOS_NODE names ${env.LOGOS_NODE}, which is not a program.`);
  }
  const beside = isBinary() ? dirname(process.execPath) : join(import.meta.dirname, '../../../dist');
  const cache = join(env.LOGOS_BUILD_CACHE || join(env.HOME ?? homedir(), '.cache/logos-build'), 'artifacts');
  for (const candidate of [join(beside, PROGRAM), ...(await cached(cache))]) {
    if (await isProgram(candidate)) return candidate;
  }
  throw missing('The native node is not on this machine.');
}

/** Newest first. */
async function cached(directory: string): Promise<string[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => /^node-[0-9a-f]+$/.test(name));
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      time: (await stat(join(directory, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  return dated.sort((a, b) => b.time - a.time).map(({ name }) => join(directory, name, PROGRAM));
}

async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && (found.mode & 0o111) !== 0;
}

function missing(message: string): UserError {
  return new UserError('node-missing', message, {
    nextSteps: [
      'Build it in a clone with `npm run build:node` (about 25 minutes the first time).',
      'Or name one with LOGOS_NODE=/path/to/logos-node.',
      'A chain to try things on needs no native node: `logos chain dev`.',
    ],
  });
}
