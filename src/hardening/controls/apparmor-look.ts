import { join } from 'node:path';
import { outputDigest } from '../../system/output-digest.ts';
import { confinementOff, type Emulator, readEmulators } from '../emulators.ts';
import type { KernelFiles } from '../kernel-files.ts';
import type { HostPaths } from '../paths.ts';
import type { HostView } from './types.ts';

/** A profile as the kernel holds it. */
export interface LoadedProfile {
  readonly mode: string;
  /** SHA-256 of the compiled text that was loaded (SHA-1 before Linux 6.8), hex; empty where the kernel keeps none. */
  readonly digest: string;
}

export interface AppArmorFacts {
  readonly active: boolean;
  /** Whether libvirt's rules for QEMU name the local file that ours hang on. */
  readonly hook: boolean;
  /** Contents of our files and of libvirt's local one, where they exist. */
  readonly texts: Readonly<Record<string, string>>;
  readonly loaded: Readonly<Record<string, LoadedProfile>>;
  /** What our profiles compile to here and now, by name: the kernel's kind of digest. */
  readonly compiled: Readonly<Record<string, string>>;
  readonly emulators: readonly Emulator[];
  /** What in libvirt's configuration switches confinement off. */
  readonly off?: string;
}

export interface AppArmorPlaces {
  /** Rules for every domain. */
  readonly domains: string;
  /** The machine's own additions to libvirt's rules: it gets one line more. */
  readonly additions: string;
  profile(name: string): string;
}

export function apparmorPlaces({ etc }: HostPaths, instance: string): AppArmorPlaces {
  const root = join(etc, 'apparmor.d');
  return {
    domains: join(root, 'local', `${instance}-domains`),
    additions: join(root, 'local/abstractions/libvirt-qemu'),
    profile: (name) => join(root, name),
  };
}

/** Looks at kernel and files. `texts` are the profiles that ought to be loaded; without them, those on disk. */
export async function lookAtAppArmor(
  { files, paths, instance }: HostView,
  texts?: Readonly<Record<string, string>>,
): Promise<AppArmorFacts> {
  const active = (await files.read(join(paths.securityFs, 'lsm')))?.split(',').includes('apparmor') === true;
  const places = apparmorPlaces(paths, instance);
  const ours = (await files.names(join(paths.etc, 'apparmor.d'))).filter((name) => name.startsWith(`${instance}-`));
  const onDisk = await readAll(files, [places.domains, places.additions, ...ours.map(places.profile)]);
  const wanted = texts ?? Object.fromEntries(ours.map((name) => [name, `${onDisk[places.profile(name)] ?? ''}\n`]));
  const loaded = active ? await readLoaded(files, paths) : {};
  const abstraction = await files.read(join(paths.etc, 'apparmor.d/abstractions/libvirt-qemu'));
  return {
    active,
    hook: /include (?:if exists )?<local\/abstractions\/libvirt-qemu>/.test(abstraction ?? ''),
    texts: onDisk,
    loaded,
    compiled: active ? await compileAll(wanted, digestKind(loaded)) : {},
    emulators: await readEmulators(files, paths),
    off: await confinementOff(files, paths),
  };
}

/** The kernel's own list: apparmorfs keeps a directory for each profile. */
export async function readLoaded(files: KernelFiles, paths: HostPaths): Promise<Record<string, LoadedProfile>> {
  const directories = await files.directories(join(paths.securityFs, 'apparmor/policy/profiles'));
  const found = await Promise.all(
    directories.map(async (directory) => {
      const [name, mode, sha256, sha1] = await Promise.all(
        ['name', 'mode', 'raw_sha256', 'raw_sha1'].map((file) => files.read(join(directory, file))),
      );
      return [name ?? '', { mode: mode ?? 'unknown', digest: sha256 ?? sha1 ?? '' }] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** Which digest this kernel keeps, told by its length. */
function digestKind(loaded: Readonly<Record<string, LoadedProfile>>): 'sha1' | 'sha256' {
  return Object.values(loaded).some(({ digest }) => digest.length === 64) ? 'sha256' : 'sha1';
}

async function compileAll(
  texts: Readonly<Record<string, string>>,
  kind: 'sha1' | 'sha256',
): Promise<Record<string, string>> {
  const compiled: Record<string, string> = {};
  for (const [name, text] of Object.entries(texts)) {
    const digest = await outputDigest(kind, 'apparmor_parser', ['--quiet', '--skip-cache', '--stdout'], text);
    if (digest) compiled[name] = digest;
  }
  return compiled;
}

async function readAll(files: KernelFiles, paths: readonly string[]): Promise<Record<string, string>> {
  const entries = await Promise.all(paths.map(async (path) => [path, await files.read(path)] as const));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
