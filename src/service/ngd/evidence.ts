import { constants, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Verdict } from '../../guard/index.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import type { Exec } from '../../system/exec.ts';
import { writeFileAtomic, writeJson } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';

/** Of a file that deviates a copy is kept up to this size, bytes; and of so many files. */
const MAX_COPY = 256 * 1024;
const MAX_COPIES = 32;
/** Of logs the end is kept, bytes. */
const TAIL = 64 * 1024;
/** Evidence of so many deviations is kept; the oldest goes. */
const MAX_KEPT = 20;

export interface Evidence {
  readonly directory: string;
  /** SHA-256 over the digests of all that is in it. */
  readonly digest: string;
}

/**
 * Keeps what shows a deviation, in a directory of its own below `state/evidence`: the verdict, the files that deviate, the
 * ends of journal and events, mounts, processes and the firewall. What can't be had is left out: the host may be broken.
 */
export async function keepEvidence(home: Home, verdict: Verdict, exec: Exec): Promise<Evidence> {
  const all = join(home.state, 'evidence');
  const directory = join(all, verdict.checkedAt.replaceAll(':', '-'));
  await mkdir(join(directory, 'files'), { recursive: true, mode: 0o700 });
  await writeJson(join(directory, 'verdict.json'), verdict);
  await Promise.all([
    copyDeviating(verdict, join(directory, 'files')),
    keepEnd(home.journal, join(directory, 'journal.jsonl')),
    keepEnd(join(home.state, 'events.jsonl'), join(directory, 'events.jsonl')),
    keepEnd('/proc/self/mountinfo', join(directory, 'mountinfo')),
    keepOutput(exec, 'nft', ['list', 'ruleset'], join(directory, 'nft.txt')),
    writeFileAtomic(join(directory, 'processes.txt'), await processes()).catch(() => {}),
  ]);
  const digest = await digestOfDirectory(directory);
  await dropOldest(all);
  return { directory, digest };
}

async function copyDeviating({ deviations }: Verdict, into: string): Promise<void> {
  const paths = [...new Set(deviations.map(({ target }) => target).filter((target) => target.startsWith('/')))];
  for (const [index, path] of paths.slice(0, MAX_COPIES).entries()) {
    try {
      // No link that was put there, and no pipe that would be waited for.
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const stat = await file.stat();
        if (!stat.isFile() || stat.size > MAX_COPY) continue;
        await writeFile(join(into, `${index}-${basename(path)}`), await file.readFile());
      } finally {
        await file.close();
      }
    } catch {
      // It is gone: the verdict says so.
    }
  }
}

async function keepEnd(path: string, into: string): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      // It only grows, and may be long.
      const { size } = await file.stat();
      const from = Math.max(0, size - TAIL);
      // Files of the kernel have no size.
      const bytes =
        size === 0 ? await file.readFile() : (await file.read(Buffer.alloc(size - from), 0, size - from, from)).buffer;
      await writeFileAtomic(into, bytes.subarray(-TAIL));
    } finally {
      await file.close();
    }
  } catch {
    // There is none, or the disk is full: what can be kept is kept.
  }
}

async function keepOutput(exec: Exec, command: string, args: readonly string[], into: string): Promise<void> {
  try {
    const { stdout } = await exec(command, args, { timeout: 5_000 });
    await writeFileAtomic(into, stdout.slice(0, 16 * TAIL));
  } catch {
    // Not installed, or it does not answer.
  }
}

/** Number and command line of each process; environments are not kept, they hold secrets. */
async function processes(): Promise<string> {
  const lines: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command !== '') lines.push(`${pid} ${command.replaceAll('\0', ' ').trimEnd().slice(0, 500)}`);
  }
  return `${lines.join('\n')}\n`;
}

async function digestOfDirectory(directory: string): Promise<string> {
  const digests: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    digests[path.slice(directory.length + 1)] = sha256Hex(await readFile(path));
  }
  return sha256Hex(canonicalJson(digests));
}

async function dropOldest(all: string): Promise<void> {
  const kept = (await readdir(all)).sort();
  for (const name of kept.slice(0, Math.max(0, kept.length - MAX_KEPT))) {
    await rm(join(all, name), { recursive: true, force: true });
  }
}
