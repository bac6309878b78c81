import { join } from 'node:path';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { readOperation } from './operation-store.ts';
import { type KeptRecord, readRequestLog } from './request-log.ts';
import type { Trail } from './trace.ts';

/** Shortest part of an id that names a request. */
const MIN_PREFIX = 4;

/**
 * What this host wrote down of one request, by its id or the beginning of it, without touching anything: the service may be at
 * work. Throws UserError `request-unknown`, `request-ambiguous` (exit code 2).
 */
export async function readTrail(home: Pick<Home, 'gatekeeper'>, id: string): Promise<Trail> {
  if (!/^[0-9a-f]+$/.test(id) || id.length < MIN_PREFIX) throw unknown(id);
  const log = await readRequestLog(join(home.gatekeeper, 'requests.jsonl'));
  const found = log.attempts(id);
  const ids = new Set(found.map((record) => record.id));
  if (ids.size > 1) {
    throw new UserError('request-ambiguous', `${ids.size} requests begin with ${id}.`, {
      exitCode: ExitCode.usage,
      nextSteps: ['Give more of its id.'],
    });
  }
  const [first, ...rest] = found;
  if (first === undefined) throw unknown(id);
  const attempts: [KeptRecord, ...KeptRecord[]] = [first, ...rest];
  const operation = found.find((record) => record.operation !== undefined)?.operation;
  if (operation === undefined) return { attempts, about: [] };
  const about = log.about(operation);
  return { attempts, about, operation: await readOperation(join(home.gatekeeper, 'operations'), operation) };
}

function unknown(id: string): UserError {
  return new UserError('request-unknown', `No request that is kept here begins with ${JSON.stringify(id)}.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['See those that are kept with `logos gatekeeper requests --last 1000`.'],
  });
}
