import { join } from 'node:path';
import { z } from 'zod';
import type { KernelFiles } from '../kernel-files.ts';
import { isBridge, isDisplay, type PciDevice, readPci, rebind } from './pci.ts';
import { type ControlStep, control } from './types.ts';

const DRIVER = 'vfio-pci';
const MODULE = 'vfio_pci';
const BINDING = 'pci-driver';
const LOADED = 'vfio-module';

interface Facts {
  readonly devices: readonly PciDevice[];
  readonly hasModule: boolean;
}

const address = z.string().regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/);
const bindingSchema = z.object({ driver: z.string().optional(), override: z.string().optional() });

/** Devices for guests (Documentation/driver-api/vfio.rst): the whole IOMMU group is bound to vfio-pci, or nothing is. */
export const vfio = control({
  name: 'vfio',
  title: 'Devices that are lent to guests',
  owner:
    'A device that you lend, such as a second graphics card, leaves your system while it is lent, and comes back to its driver at a restore. The IOMMU keeps the guest from the rest of the memory.',
  leaves:
    'Only devices that you name are touched; never your only screen, and nothing that shares a group with something you kept.',
  byOwner: true,
  schema: z.strictObject({ devices: z.array(address).min(1).max(16) }),
  target: z.object({ devices: z.array(address) }),
  undo: (exec, files) => ({
    [BINDING]: ({ target, before }) => giveBack(target, bindingSchema.parse(before), files),
    [LOADED]: async ({ before }) => {
      // 1: in use by somebody else by now, or gone already.
      if (before === false) await exec('rmmod', [MODULE], { accept: [0, 1] });
    },
  }),
  look: async ({ files, paths }): Promise<Facts> => ({
    devices: await readPci(paths.sys, files),
    hasModule: await files.isDirectory(join(paths.sys, 'module', MODULE)),
  }),
  plan({ config, facts, paths, instance }) {
    const asked = new Set(config.devices);
    const decided = groupsOf(asked, facts.devices);
    if ('reason' in decided) return { steps: [], keeps: [], unsupported: decided.reason };
    const atBoot = join(paths.etc, 'modules-load.d', `${instance}.conf`);
    const keeps = [MODULE, atBoot, ...decided.devices.map((device) => pathOf(paths.sys, device.address))];
    const target = { devices: decided.devices.map((device) => device.address) };
    const steps = decided.devices
      .filter(({ driver }) => driver !== DRIVER)
      .map((device) => bindStep(device, paths.sys));
    return {
      keeps,
      target,
      steps: steps.length === 0 ? [] : [bootStep(atBoot), ...loadSteps(facts.hasModule), ...steps],
    };
  },
  check({ devices }, facts) {
    const lost = devices.filter((name) => facts.devices.find((device) => device.address === name)?.driver !== DRIVER);
    if (lost.length === 0) return { state: 'held', detail: `${devices.join(', ')} with ${DRIVER}` };
    return { state: 'not-held', expected: `${DRIVER} for ${lost.join(', ')}`, actual: 'another driver' };
  },
});

/** All devices of the groups of those that were asked for, or why they can't be given away. */
function groupsOf(
  asked: ReadonlySet<string>,
  all: readonly PciDevice[],
): { devices: PciDevice[] } | { reason: string } {
  const byAddress = new Map(all.map((device) => [device.address, device]));
  const absent = [...asked].find((name) => !byAddress.has(name));
  if (absent !== undefined) return { reason: `there is no device ${absent}` };
  if (all.every(({ group }) => group === undefined))
    return { reason: 'this machine has no IOMMU, or it is off: switch on VT-d or AMD-Vi in the firmware' };
  const chosen = new Map<string, PciDevice>();
  for (const name of asked) {
    const { group } = byAddress.get(name) ?? {};
    if (group === undefined) return { reason: `${name} is in no IOMMU group` };
    for (const member of group) {
      const device = byAddress.get(member);
      if (device === undefined || isBridge(device)) continue;
      if (!asked.has(member) && device.driver !== undefined && device.driver !== DRIVER)
        return { reason: `${name} shares its IOMMU group with ${member} (${device.driver}), which you did not lend` };
      chosen.set(member, device);
    }
  }
  const screens = all.filter(isDisplay);
  const left = screens.filter((device) => !chosen.has(device.address));
  const boot = [...chosen.values()].find((device) => device.isBootDisplay);
  if (boot && left.length === 0) return { reason: `${boot.address} is your only screen` };
  return { devices: [...chosen.values()].sort((a, b) => (a.address < b.address ? -1 : 1)) };
}

function pathOf(sys: string, name: string): string {
  return join(sys, 'bus/pci/devices', name);
}

const WHY = 'hands devices to guests';

function bindStep(device: PciDevice, sys: string): ControlStep {
  const { address: name, driver, override } = device;
  const before = { ...(driver && { driver }), ...(isSet(override) && { override }) };
  return {
    do: 'writes',
    what: `device ${name}`,
    from: driver ?? 'no driver',
    to: DRIVER,
    why: 'a guest gets it as its own, behind the IOMMU',
    writes: rebind(sys, device, DRIVER),
    undo: { kind: BINDING, target: pathOf(sys, name), before },
  };
}

/** After a boot the module is there before the gatekeeper, which may load none. */
function bootStep(path: string): ControlStep {
  const words = { what: path, from: 'as it is', to: DRIVER, why: WHY };
  return {
    do: 'file',
    path,
    content: `# Written by logos; \`logos harden restore\` removes it.\n${DRIVER}\n`,
    mode: 0o644,
    ...words,
  };
}

function loadSteps(hasModule: boolean): ControlStep[] {
  if (hasModule) return [];
  const undo = { kind: LOADED, target: MODULE, before: false };
  const words = { what: `module ${MODULE}`, from: 'not loaded', to: 'loaded', why: WHY };
  return [{ do: 'run', command: 'modprobe', args: [DRIVER], undo, ...words }];
}

async function giveBack(path: string, before: z.infer<typeof bindingSchema>, files: KernelFiles): Promise<void> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const sys = path.slice(0, -`/bus/pci/devices/${name}`.length);
  const device = (await readPci(sys, files)).find((found) => found.address === name);
  if (device === undefined) return;
  const override = isSet(device.override) ? device.override : undefined;
  if (override !== before.override) await files.write(join(path, 'driver_override'), before.override ?? '\n');
  // The binding stopped before its driver let go of it: nothing more is to be done, and nothing to be torn away.
  if (device.driver === before.driver) return;
  const drivers = join(sys, 'bus/pci/drivers');
  if (device.driver !== undefined) await files.write(join(drivers, device.driver, 'unbind'), name);
  // To its own driver and no other that would take it; one that is not loaded any more is left to the kernel's choice.
  if (before.driver === undefined) return;
  const hasDriver = await files.isDirectory(join(drivers, before.driver));
  await files.write(hasDriver ? join(drivers, before.driver, 'bind') : join(sys, 'bus/pci/drivers_probe'), name);
}

function isSet(override: string | undefined): override is string {
  return override !== undefined && override !== '(null)' && override !== '';
}
