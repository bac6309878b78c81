import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputDigest } from '../../system/output-digest.ts';
import { confinementOff, type Emulator, readEmulators } from '../emulators.ts';
import type { KernelFiles } from '../kernel-files.ts';
import type { HostPaths } from '../paths.ts';
import { type Access, type Answer, accessKey, askKernel, rulesIn } from '../selinux-access.ts';
import type { HostView } from './types.ts';

export interface SelinuxFacts {
  /** `absent`, or what the kernel does with a forbidden access. */
  readonly mode: 'absent' | 'permissive' | 'enforcing';
  /** The module's file, where it exists. */
  readonly text?: string;
  /** SHA-256 of the module in the policy store; empty where it can't be unpacked. */
  readonly stored?: string;
  /** The store's count of its own changes, as base64: part of what a restore gives back. */
  readonly commits?: { readonly path: string; readonly content: string };
  readonly booleans: Readonly<Record<string, boolean>>;
  /** The kernel's answers by `accessKey`. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** Context by path, of what exists. */
  readonly labels: Readonly<Record<string, string>>;
  readonly emulators: readonly Emulator[];
  /** What in libvirt's configuration switches confinement off. */
  readonly off?: string;
}

export interface Wanted {
  readonly module: { readonly name: string; readonly path: string; readonly text?: string };
  readonly deny: readonly Access[];
  readonly directories: readonly string[];
}

/** Looks at kernel, policy store and labels. Without a text, the module's file says which rights to ask the kernel about. */
export async function lookAtSelinux({ exec, files, paths }: HostView, wanted: Wanted): Promise<SelinuxFacts> {
  const selinuxfs = join(paths.sys, 'fs/selinux');
  const enforce = await files.read(join(selinuxfs, 'enforce'));
  const emulators = await readEmulators(files, paths);
  const text = await files.read(wanted.module.path);
  if (enforce === undefined) return { mode: 'absent', text, booleans: {}, answers: {}, labels: {}, emulators };
  const names = (await files.names(join(selinuxfs, 'booleans'))).filter((name) => name.startsWith('virt_'));
  const booleans = await Promise.all(
    names.map(
      async (name) => [name, (await files.read(join(selinuxfs, 'booleans', name)))?.startsWith('1') === true] as const,
    ),
  );
  const questions = [...rulesIn(wanted.module.text ?? text ?? ''), ...wanted.deny];
  const answers = await Promise.all(
    questions.map(async (rule) => [accessKey(rule), await askKernel(files, selinuxfs, rule)] as const),
  );
  const labels = await Promise.all(
    wanted.directories.map(async (path) => {
      const { stdout, exitCode } = await exec('stat', ['--format=%C', path], { accept: [0, 1] });
      return exitCode === 0 ? [[path, stdout.trim()] as const] : [];
    }),
  );
  return {
    mode: enforce === '1' ? 'enforcing' : 'permissive',
    text,
    stored: await storedDigest(files, paths, wanted.module.name),
    commits: await readCommits(files, paths),
    booleans: Object.fromEntries(booleans),
    answers: Object.fromEntries(answers),
    labels: Object.fromEntries(labels.flat()),
    emulators,
    off: await confinementOff(files, paths),
  };
}

/** Where libsemanage keeps its stores, one for each kind of policy. */
export function storeRoot({ etc }: HostPaths): string {
  return join(etc, '../var/lib/selinux');
}

/** Read from the store itself: what semodule prints reaches no program that listens at a socket, as its domain may not write there. */
async function storedDigest(files: KernelFiles, paths: HostPaths, name: string): Promise<string | undefined> {
  for (const store of await files.directories(storeRoot(paths))) {
    const module = join(store, 'active/modules/400', name);
    if (!(await files.isDirectory(module))) continue;
    const bytes = await readFile(join(module, 'cil'));
    if (bytes.toString('latin1', 0, 3) !== 'BZh') return createHash('sha256').update(bytes).digest('hex');
    return (await outputDigest('sha256', 'bzip2', ['--decompress', '--stdout'], bytes)) ?? '';
  }
  return undefined;
}

async function readCommits(files: KernelFiles, paths: HostPaths): Promise<SelinuxFacts['commits']> {
  const [, kind] = /^SELINUXTYPE=(\S+)/m.exec((await files.read(join(paths.etc, 'selinux/config'))) ?? '') ?? [];
  if (kind === undefined) return undefined;
  const path = join(storeRoot(paths), kind, 'active/commit_num');
  const content = await readFile(path).catch(() => undefined);
  return content && { path, content: content.toString('base64') };
}
