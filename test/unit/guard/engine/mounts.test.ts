import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMounts, coversIn, mountsOf } from '../../../../src/guard/engine/mount-state.ts';
import { parseMounts } from '../../../../src/guard/engine/mounts.ts';
import { cases } from '../../../cases.ts';

const OWN = parseMounts(
  [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '30 22 0:25 / /tmp rw shared:9 - tmpfs tmpfs rw',
    '31 22 8:2 / /srv/a\\040b rw - xfs /dev/sda2 rw',
  ].join('\n'),
);

describe('mounts', () => {
  it('are read with the kernel escapes undone', () => {
    expect(OWN.map(({ at, device, type }) => [at, device, type])).toEqual([
      ['/', '8:1', 'ext4'],
      ['/tmp', '0:25', 'tmpfs'],
      ['/srv/a b', '8:2', 'xfs'],
    ]);
  });

  it('of the roots are those above and below, and a change of them is told by its place', () => {
    const known = mountsOf(OWN, ['/srv']);
    expect(known.map(({ at }) => at)).toEqual(['/', '/srv/a b']);
    const more = parseMounts('40 22 0:40 / /srv/x rw - tmpfs none rw');
    const found = compareMounts(known, mountsOf([...OWN, ...more], ['/srv']));
    expect(found.map(({ path, found }) => [path, found])).toEqual([['/srv/x', 'tmpfs / of none at /srv/x']]);
    expect(compareMounts(known, known)).toEqual([]);
    // The same thing mounted a second time over itself.
    const twice = [...OWN, ...OWN.slice(2)];
    expect(compareMounts(known, mountsOf(twice, ['/srv']))).toHaveLength(1);
    expect(compareMounts(mountsOf(twice, ['/srv']), known)).toHaveLength(1);
  });

  it('of another namespace count where they cover a guarded file, not where they cover a file of the same name', () => {
    const cover = (lines: string[]) =>
      coversIn({ process: () => undefined, mounts: parseMounts(lines.join('\n')) }, OWN, ['/etc']);
    const root = '50 49 8:1 / / rw - ext4 /dev/sda1 rw';
    expect(cover([root, '51 50 0:50 / /etc/passwd rw - tmpfs none rw']).map(({ path }) => path)).toEqual([
      '/etc/passwd',
    ]);
    // A service's read-only bind of what is there anyway.
    expect(cover([root, '51 50 8:1 /etc /etc ro - ext4 /dev/sda1 rw'])).toEqual([]);
    // A container has a root of its own.
    const container = '50 49 0:60 / / rw - overlay overlay rw';
    expect(cover([container, '51 50 8:1 /var/lib/c/hosts /etc/hosts rw - ext4 /dev/sda1 rw'])).toEqual([]);
    // The same disk shown at another place.
    const elsewhere = '52 50 8:1 / /host rw - ext4 /dev/sda1 rw';
    expect(cover([container, elsewhere, '53 52 0:50 / /host/etc/ssh rw - tmpfs none rw'])[0]?.path).toBe('/etc/ssh');
  });

  it('are read from any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const mount of parseMounts(text)) expect(mount.at).toBeTypeOf('string');
      }),
      { numRuns: cases(60) },
    );
  });
});
