import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { platformPaths } from '../../../src/host/path/platform.ts';

const ways = (platform: NodeJS.Platform, arch: string, release: string) =>
  platformPaths({ platform, arch, release }).map(
    ({ path, accelerator, ruledOut }) => `${path} ${accelerator}${ruledOut === undefined ? '' : ' no'}`,
  );

describe('the ways of lending that a platform has', () => {
  test.each([
    ['linux', 'x64', '6.1.0-56-amd64', ['kvm kvm', 'qemu tcg', 'gpu opencl']],
    ['linux', 'arm64', '6.1.0', ['kvm kvm no', 'qemu tcg', 'gpu opencl']],
    // macOS 14 on Intel, macOS 14 on Apple silicon, OS X 10.9.
    ['darwin', 'x64', '23.5.0', ['kvm hvf', 'qemu tcg', 'gpu opencl']],
    ['darwin', 'arm64', '23.5.0', ['kvm hvf no', 'qemu tcg', 'gpu opencl']],
    ['darwin', 'x64', '13.4.0', ['kvm hvf no', 'qemu tcg', 'gpu opencl']],
    // Windows 11, the first with the platform, the last without it, Windows 8.1.
    ['win32', 'x64', '10.0.22631', ['kvm whpx', 'qemu tcg', 'gpu opencl']],
    ['win32', 'x64', '10.0.17134', ['kvm whpx', 'qemu tcg', 'gpu opencl']],
    ['win32', 'x64', '10.0.16299', ['kvm whpx no', 'qemu tcg', 'gpu opencl']],
    ['win32', 'x64', '6.3.9600', ['kvm whpx no', 'qemu tcg', 'gpu opencl']],
    ['win32', 'arm64', '10.0.22631', ['kvm whpx no', 'qemu tcg', 'gpu opencl']],
    ['aix', 'ppc64', '7.3', []],
  ] as const)('%s on %s, release %s', (platform, arch, release, expected) => {
    expect(ways(platform, arch, release)).toEqual(expected);
  });

  test('what is ruled out says by what', () => {
    const reason = platformPaths({ platform: 'win32', arch: 'x64', release: '10.0.16299' })[0]?.ruledOut;
    expect(reason).toBe('whpx came with Windows 10, 1803; this is release 10.0.16299');
  });

  test('a later release loses nothing, whatever its text', () => {
    const release = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30_000));
    fc.assert(
      fc.property(release, release, fc.constantFrom('darwin', 'win32'), (one, other, platform) => {
        const later = one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
        const [first, second] = later > 0 ? [other, one] : [one, other];
        const found = (parts: number[]) =>
          ways(platform as 'darwin', 'x64', parts.join('.')).filter((way) => !way.endsWith('no')).length;
        expect(found(second)).toBeGreaterThanOrEqual(found(first));
      }),
    );
    expect(() => ways('darwin', 'x64', 'no number')).not.toThrow();
  });
});
