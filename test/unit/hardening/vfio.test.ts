import { mkdir, mkdtemp, readFile, readlink, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PciDevice, readPci } from '../../../src/hardening/controls/pci.ts';
import { vfio } from '../../../src/hardening/controls/vfio.ts';
import { HOST_PATHS, type KernelFiles, kernelFiles } from '../../../src/hardening/index.ts';
import { localExec } from '../../../src/system/exec.ts';
import { cases } from '../../cases.ts';

const [GPU, SOUND, SCREEN, BRIDGE] = ['0000:01:00.0', '0000:01:00.1', '0000:00:02.0', '0000:00:01.0'] as const;
const device = (address: string, kind: string, driver?: string, more: Partial<PciDevice> = {}): PciDevice => ({
  address,
  class: kind,
  driver,
  override: '(null)',
  isBootDisplay: false,
  group: [address],
  ...more,
});
/** A desktop with a card of its own beside the processor's, as `lspci -nnk` and sysfs show it. */
const together = { group: [BRIDGE, GPU, SOUND] };
const DESKTOP: readonly PciDevice[] = [
  device(SCREEN, '0x030000', 'i915', { isBootDisplay: true }),
  device(BRIDGE, '0x060400', 'pcieport', together),
  device(GPU, '0x030000', 'nouveau', together),
  device(SOUND, '0x040300', 'snd_hda_intel', together),
];

const planFor = (devices: readonly string[], all: readonly PciDevice[]) =>
  vfio.plan({
    config: { devices },
    facts: { devices: all, hasModule: false },
    paths: HOST_PATHS,
    instance: 'logos_00000000',
    artifacts: new Map(),
    own: new Set(),
    agreed: new Set(),
  });

describe('a device for guests', () => {
  it('is bound with its whole group, and the bridge stays', () => {
    const { steps, target } = planFor([GPU, SOUND], DESKTOP);
    expect(target).toEqual({ devices: [GPU, SOUND] });
    expect(steps.map(({ what, from }) => `${what}: ${from}`)).toEqual([
      '/etc/modules-load.d/logos_00000000.conf: as it is',
      'module vfio_pci: not loaded',
      `device ${GPU}: nouveau`,
      `device ${SOUND}: snd_hda_intel`,
    ]);
  });

  it.each([
    ['what is not there', ['0000:09:00.0'], DESKTOP, 'there is no device 0000:09:00.0'],
    ['a part of a group', [GPU], DESKTOP, `shares its IOMMU group with ${SOUND} (snd_hda_intel)`],
    ['the only screen', [SCREEN], DESKTOP.slice(0, 2), `${SCREEN} is your only screen`],
    ['anything without an IOMMU', [GPU], DESKTOP.map((it) => ({ ...it, group: undefined })), 'has no IOMMU'],
  ])('is never %s', (_name, asked, all, reason) => {
    expect(planFor(asked, all)).toMatchObject({ steps: [], unsupported: expect.stringContaining(reason) });
  });

  it('never takes what the owner did not name, whatever the groups are', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const world = fc.tuple(
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 5 }),
      fc.array(fc.option(fc.constantFrom('nouveau', 'vfio-pci'), { nil: undefined }), { minLength: 5, maxLength: 5 }),
      fc.array(fc.constantFrom('0x030000', '0x060400', '0x020000'), { minLength: 5, maxLength: 5 }),
      fc.subarray(names, { minLength: 1 }),
    );
    fc.assert(
      fc.property(world, ([groups, drivers, kinds, asked]) => {
        const all = names.map((name, at) =>
          device(name, kinds[at] ?? '', drivers[at], {
            isBootDisplay: at === 0,
            group: names.filter((_, other) => groups[other] === groups[at]),
          }),
        );
        const taken = planFor(asked, all).steps.flatMap((step) => (step.do === 'writes' ? [step.what.slice(7)] : []));
        for (const name of taken) {
          const { driver, class: kind } = all[names.indexOf(name)] ?? {};
          expect(asked.includes(name) || driver === undefined).toBe(true);
          expect(kind).not.toBe('0x060400');
        }
      }),
      { numRuns: cases(200) },
    );
  });
});

describe('on a machine without an IOMMU, such as most test machines', () => {
  it('says so', async (context) => {
    const all = await readPci('/sys', kernelFiles);
    const [first] = all;
    if (first === undefined) context.skip('needs a PCI bus');
    else if (all.some(({ group }) => group !== undefined)) context.skip('needs a machine without an IOMMU');
    else expect(planFor([first.address], all).unsupported).toContain('no IOMMU');
  });
});

describe('in sysfs', () => {
  let sys: string;
  const at = (...parts: string[]): string => join(sys, 'bus/pci', ...parts);
  beforeEach(async () => {
    sys = await mkdtemp(join(tmpdir(), 'logos-pci-'));
    for (const driver of ['nouveau', 'vfio-pci']) {
      await mkdir(at('drivers', driver), { recursive: true });
      for (const file of ['bind', 'unbind']) await writeFile(at('drivers', driver, file), '');
    }
    await writeFile(at('drivers_probe'), '');
    await mkdir(at('devices', GPU, 'iommu_group/devices', GPU), { recursive: true });
    await writeFile(at('devices', GPU, 'class'), '0x030000\n');
    await writeFile(at('devices', GPU, 'driver_override'), '(null)\n');
    await symlink(at('drivers/nouveau'), at('devices', GPU, 'driver'));
  });
  afterEach(() => rm(sys, { recursive: true, force: true }));

  /** Devices that were taken from their driver, in order. */
  const unbound: string[] = [];
  /** Binds and lets go as the kernel does. */
  const bus: KernelFiles = {
    ...kernelFiles,
    write: async (path, value) => {
      if (basename(path) === 'driver_override') return kernelFiles.write(path, value === '\n' ? '(null)' : value);
      if (basename(path) === 'unbind') {
        unbound.push(value);
        return unlink(at('devices', value, 'driver'));
      }
      if (basename(path) === 'bind') return symlink(dirname(path), at('devices', value, 'driver'));
      const override = (await readFile(at('devices', value, 'driver_override'), 'utf8')).trim();
      await symlink(at('drivers', override === '(null)' ? 'nouveau' : override), at('devices', value, 'driver'));
    },
  };
  const driver = async (): Promise<string> =>
    basename(await readlink(at('devices', GPU, 'driver')).catch(() => 'none'));

  it('is bound, and given back to its driver wherever the binding stopped', async () => {
    const { steps } = planFor([GPU], await readPci(sys, bus));
    const bind = steps.find((step) => step.do === 'writes');
    if (bind?.do !== 'writes') throw new Error('no binding planned');
    const writes = bind.writes.map(({ path, value }) => ({ path: path.replace(HOST_PATHS.sys, sys), value }));
    const undo = vfio.undo?.(localExec, bus)['pci-driver'];
    for (let made = 0; made <= writes.length; made++) {
      for (const { path, value } of writes.slice(0, made)) await bus.write(path, value);
      unbound.length = 0;
      if (made === writes.length) expect(await driver()).toBe('vfio-pci');
      for (const _twice of [1, 2]) {
        await undo?.({
          id: '',
          at: '',
          kind: bind.undo.kind,
          before: bind.undo.before,
          target: join(sys, 'bus/pci/devices', GPU),
        });
        expect(await driver(), `after ${made} writes`).toBe('nouveau');
      }
      // What its driver still holds is not torn from it.
      if (made < 2) expect(unbound).toEqual([]);
      expect((await readFile(at('devices', GPU, 'driver_override'), 'utf8')).trim()).toBe('(null)');
      expect(dirname(at('devices', GPU))).toBe(at('devices'));
    }
  });
});
