import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuardCheck } from '../checks.ts';
import type { Deviation } from '../verdict.ts';
import { watchFiles } from '../watch-files.ts';

/** Where systemd looks for units and for what changes them, the stronger places first: systemd.unit(5). */
const PLACES = [
  'etc/systemd/system.control',
  'run/systemd/system.control',
  'run/systemd/transient',
  'run/systemd/generator.early',
  'etc/systemd/system',
  'run/systemd/system',
  'run/systemd/generator',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
];
const OWN = 'etc/systemd/system';

const EVERY_MS = 5_000;

/**
 * Finds units that hide ours, and drop-ins that change them. The units themselves are files of the manifest; what holds
 * for all of the machine's units (`service.d`) is its owner's. `filesystem`: what the places are below.
 */
export function unitsCheck(units: () => Promise<readonly string[]>, filesystem = '/'): GuardCheck {
  return {
    name: 'units',
    everyMs: EVERY_MS,
    run: async () => {
      const names = await units();
      const found = await Promise.all(PLACES.map((place) => foreign(join(filesystem, place), place === OWN, names)));
      return found.flat();
    },
    watch: (changed, signal) => {
      void units()
        .then((names) => {
          const paths = names.flatMap((name) => [name, ...dropInDirectories(name)]);
          for (const place of PLACES) {
            // Only places that are there: the others come with a reboot, or are seen by the next regular look.
            watchFiles(
              paths.map((path) => join(filesystem, place, path)),
              changed,
              signal,
              { absent: 'ignored' },
            );
          }
        })
        .catch(() => changed());
    },
  };
}

async function foreign(place: string, isOwn: boolean, units: readonly string[]): Promise<Deviation[]> {
  const there = new Set(await entries(place));
  const hiding = isOwn ? [] : units.filter((unit) => there.has(unit)).map((unit) => join(place, unit));
  const directories = units.flatMap(dropInDirectories).filter((directory) => there.has(directory));
  const dropIns = await Promise.all(
    [...new Set(directories)].map(async (directory) =>
      (await entries(join(place, directory)))
        .filter((name) => name.endsWith('.conf'))
        .map((name) => join(place, directory, name)),
    ),
  );
  return [...hiding, ...dropIns.flat()].map((target) => ({
    target,
    expected: 'absent',
    found: 'changes a unit of ours',
  }));
}

/** `logos-ng.service.d`, and `logos-.service.d`, which holds for all that begin so. */
function dropInDirectories(unit: string): string[] {
  const [name = '', suffix = ''] = [unit.slice(0, unit.lastIndexOf('.')), unit.slice(unit.lastIndexOf('.'))];
  const prefixes = [...name.matchAll(/-/g)].map(({ index }) => `${name.slice(0, index + 1)}${suffix}.d`);
  return [`${unit}.d`, ...prefixes];
}

async function entries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}
