import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from './attacker.ts';
import type { EvasionCase } from './cases.ts';

/** Directories to guard, with a victim for each repetition of each case. */
export interface EvasionGround {
  readonly base: string;
  /** What the baseline is taken of. */
  readonly directories: readonly string[];
  /** The places of a case, one a repetition, each in a directory of its own. */
  places(name: string): readonly Place[];
  /** Takes the loop device's file system away, as a machine that is off, for `work`. */
  offline(work: () => Promise<unknown>): Promise<void>;
  dispose(): void;
}

/** Two blocks, so that one can change and the size is kept. */
const CONTENT = 'the good line\n'.repeat(586).slice(0, 8192);

export function layGround(cases: readonly EvasionCase[], repetitions: number): EvasionGround {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'logos-evasions-')));
  const image = join(base, 'disk.img');
  const mounted: string[] = [];
  let device: string | undefined;
  const dispose = (): void => {
    for (const path of mounted.splice(0).reverse()) run('umount', ['--lazy', path]);
    if (device) run('losetup', ['--detach', device]);
    rmSync(base, { recursive: true, force: true });
  };
  const mountDisk = (): void => {
    device = run('losetup', ['--find', '--show', image]);
    run('mount', [device, join(base, 'disk')]);
    mounted.push(join(base, 'disk'));
  };
  try {
    for (const name of ['tree', 'disk', 'memory', 'outside']) mkdirSync(join(base, name));
    const grounds = [...new Set(cases.map((each) => each.ground))];
    if (grounds.includes('memory')) {
      run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'evasions', join(base, 'memory')]);
      mounted.push(join(base, 'memory'));
    }
    if (grounds.includes('disk')) {
      writeFileSync(image, '');
      truncateSync(image, 64 << 20);
      run('mke2fs', ['-q', '-F', '-t', 'ext4', image]);
      mountDisk();
    }
    const places = new Map(cases.map((each) => [each.name, layVictims(base, each, repetitions)]));
    run('sync', ['-f', base]);
    return {
      base,
      directories: grounds.map((name) => join(base, name)),
      places: (name) => (places.get(name) ?? []).map((place) => ({ ...place, device, image })),
      offline: async (work) => {
        run('umount', [mounted.pop() ?? '']);
        run('losetup', ['--detach', device ?? '']);
        await work();
        mountDisk();
      },
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

function layVictims(base: string, { name, ground }: EvasionCase, repetitions: number): Place[] {
  return Array.from({ length: repetitions }, (_, count) => {
    const directory = join(base, ground, name, `${count}`);
    const outside = join(base, 'outside', name, `${count}`);
    for (const path of [directory, outside]) mkdirSync(path, { recursive: true });
    for (const file of ['victim', 'bystander']) writeFileSync(join(directory, file), CONTENT);
    return { target: join(directory, 'victim'), outside };
  });
}

function run(command: string, args: readonly string[]): string {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  return execFileSync(command, [...args], { encoding: 'utf8', env: { ...process.env, PATH: path } }).trim();
}
