import { readFile } from 'node:fs/promises';
import { ExitCode, UserError } from '../../system/errors.ts';
import { parseExact } from '../tx/json.ts';
import { specInvalid } from './errors.ts';
import { isObject } from './json.ts';

/** What flags say of a network. */
export interface NetworkFlags {
  name?: string;
  id?: string;
  chainType?: string;
  stake?: string;
  /** `ADDRESS=0xKEYS` */
  validators?: readonly string[];
  /** `ADDRESS=AMOUNT` */
  endowments?: readonly string[];
  council?: readonly string[];
  administrator?: string;
  bootNodes?: readonly string[];
}

/** What the founders say in a file and by flags; a flag takes the place of the file's entry. Unchecked yet. */
export async function networkFrom(path: string | undefined, flags: NetworkFlags): Promise<unknown> {
  const file = path === undefined ? {} : parseFile(await readText(path), path);
  const { validators, endowments, ...plain } = flags;
  const given = {
    ...plain,
    validators: validators?.map((text) => split(text)).map(([account, keys]) => ({ account, keys })),
    endowments: endowments === undefined ? undefined : Object.fromEntries(endowments.map(split)),
  };
  return { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** A text file of the user's. Throws UserError `file-unreadable`. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UserError('file-unreadable', `${path} can't be read.`, {
      cause,
      exitCode: ExitCode.usage,
      nextSteps: ['Give the path of a file that you may read.'],
    });
  }
}

function parseFile(text: string, path: string): Record<string, unknown> {
  try {
    const json = parseExact(text);
    if (isObject(json)) return json;
  } catch (cause) {
    throw specInvalid(path, 'it is not JSON', cause);
  }
  throw specInvalid(path, 'it is not an object');
}

function split(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw specInvalid(text.slice(0, 80), 'it is not ADDRESS=VALUE');
  return [text.slice(0, at), text.slice(at + 1)];
}
