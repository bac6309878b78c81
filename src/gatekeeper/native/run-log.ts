import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { isErrno } from '../../system/files.ts';

/** Most of a log that is read at a time, in bytes. */
const PART_BYTES = 1024 * 1024;

/** The log of a command that runs on this host, or ran. */
export interface RunLog {
  /** The whole lines that came since it was last asked; of one that `ended`, also a last line without its end. */
  lines(ended?: boolean): Promise<string[]>;
}

/**
 * Opens the log of the command of this digest; `directory`: where the runs are. There are no lines while it has not begun. What would
 * steer a terminal is taken out of them: they are a program's words.
 */
export function runLog(directory: string, digest: string): RunLog {
  const path = join(directory, digest, 'log');
  const decoder = new StringDecoder('utf8');
  let position = 0;
  let rest = '';

  return {
    async lines(ended = false) {
      const found: string[] = [];
      for (;;) {
        const part = await readFrom(path, position);
        if (part.length === 0) break;
        position += part.length;
        const lines = (rest + decoder.write(part)).split('\n');
        rest = lines.pop() ?? '';
        found.push(...lines.map(plain));
      }
      if (ended && rest !== '') {
        found.push(plain(rest));
        rest = '';
      }
      return found;
    },
  };
}

async function readFrom(path: string, position: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return new Uint8Array();
    throw error;
  }
}

function plain(line: string): string {
  return stripVTControlCharacters(line).replace(/[^\P{Cc}\t]/gu, '');
}
