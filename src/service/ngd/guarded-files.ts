import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '../../guard/index.ts';
import { readApplied } from '../../hardening/index.ts';
import { planLibvirtd } from '../../hypervisor/index.ts';
import { isBinary } from '../../system/assets.ts';
import { isThere } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { readServices } from '../definitions.ts';
import { unitName } from '../systemd/unit-file.ts';

const UNITS = '/etc/systemd/system';

/** The files without which no manifest is whole: what the chain put on this host, and the program itself. */
export async function requiredFiles(home: Home): Promise<Target[]> {
  const current = join(home.gatekeeper, 'current');
  const definition = join(await realpath(current), 'definition.json');
  return [
    { path: definition, kind: 'file' },
    { path: current, kind: 'link' },
    { path: join(home.state, 'hardening.json'), kind: 'file' },
    ...(isBinary() ? [{ path: process.execPath, kind: 'file' } as const] : []),
  ];
}

/** All that must stay as the chain and `logos provide` put it there. */
export async function guardedFiles(home: Home): Promise<Target[]> {
  const further = [
    join(home.state, 'host.json'),
    join(home.guard, 'chain.json'),
    ...(await libvirtSettings(home)),
    ...(await units(home)),
  ];
  const there = await Promise.all(further.map(isThere));
  const files = further.filter((_, index) => there[index]);
  return [...(await requiredFiles(home)), ...files.map((path): Target => ({ path, kind: 'file' }))];
}

/** Those of them that nothing of ours writes anew, be it with the same content. */
export async function lastingFiles(home: Home): Promise<string[]> {
  const settings = new Set(await libvirtSettings(home));
  const targets = await guardedFiles(home);
  return targets.filter(({ path, kind }) => kind === 'file' && !settings.has(path)).map(({ path }) => path);
}

/** Names of our units; none without systemd. */
export async function unitNames(home: Home): Promise<string[]> {
  const { manager, services } = await readServices(home);
  return manager === 'systemd' ? services.map(({ name }) => unitName(home, name)) : [];
}

async function units(home: Home): Promise<string[]> {
  const slice = (await readApplied(home))?.slice?.path;
  return [...(await unitNames(home)).map((name) => join(UNITS, name)), ...(slice === undefined ? [] : [slice])];
}

/** Our own libvirtd's; the system's are its owner's. */
async function libvirtSettings(home: Home): Promise<string[]> {
  const plan = await planLibvirtd(home).catch(() => undefined);
  if (plan?.kind !== 'private') return [];
  return ['libvirtd.conf', 'qemu.conf'].map((name) => join(home.libvirt, 'etc', name));
}
