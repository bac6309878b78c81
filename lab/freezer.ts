import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Lets processes stand still without a signal that they would notice, as a suspend of the machine does. */
export interface Freezer {
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Lets them go on, in the group of before. */
  remove(): Promise<void>;
}

interface Kind {
  readonly root: string;
  readonly file: string;
  readonly words: readonly [frozen: string, thawed: string];
  /** Of the line in /proc/PID/cgroup that names the group. */
  readonly line: RegExp;
}

/** The freezer of v1, and what each group of v2 has of it (cgroups(7)). */
const KINDS: readonly Kind[] = [
  {
    root: '/sys/fs/cgroup/freezer',
    file: 'freezer.state',
    words: ['FROZEN', 'THAWED'],
    line: /^\d+:freezer:(.*)$/m,
  },
  { root: '/sys/fs/cgroup', file: 'cgroup.freeze', words: ['1', '0'], line: /^0::(.*)$/m },
];

/** `undefined` where no control group can be made that freezes. */
export async function makeFreezer(pids: readonly number[]): Promise<Freezer | undefined> {
  for (const kind of KINDS) {
    const group = join(kind.root, `logos-freezer-${process.pid}`);
    try {
      await mkdir(group);
    } catch {
      continue;
    }
    try {
      await readFile(join(group, kind.file));
      return await fill(kind, group, pids);
    } catch {
      await rmdir(group).catch(() => {});
    }
  }
  return undefined;
}

async function fill({ root, file, words, line }: Kind, group: string, pids: readonly number[]): Promise<Freezer> {
  const before = await Promise.all(
    pids.map(async (pid) => line.exec(await readFile(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '/'),
  );
  for (const pid of pids) await writeFile(join(group, 'cgroup.procs'), String(pid));
  const thaw = () => writeFile(join(group, file), words[1]);
  return {
    freeze: () => writeFile(join(group, file), words[0]),
    thaw,
    async remove() {
      await thaw();
      for (const [index, pid] of pids.entries()) {
        // It may have ended meanwhile.
        await writeFile(join(root, before[index] ?? '/', 'cgroup.procs'), String(pid)).catch(() => {});
      }
      // What they started is in it too, and ends.
      for (let tries = 0; tries < 100; tries += 1) {
        if (
          await rmdir(group).then(
            () => true,
            () => false,
          )
        )
          return;
        await delay(100);
      }
    },
  };
}
