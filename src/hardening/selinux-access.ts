import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelFiles } from './kernel-files.ts';
import type { AccessRule } from './selinux.ts';

export type Access = Pick<AccessRule, 'source' | 'target' | 'class' | 'permissions'>;
/** `some` of the permissions are granted. `unknown`: the loaded policy has no such type, class or permission. */
export type Answer = 'all' | 'some' | 'none' | 'unknown';

/** A rule as one line, to find its answer by. */
export function accessKey({ source, target, class: name, permissions }: Access): string {
  return `${source} ${target} ${name} ${permissions.join(' ')}`;
}

/** The allow rules of a module that `renderModule` wrote. */
export function rulesIn(module: string): Access[] {
  return [...module.matchAll(/^\(optional \w+ \(allow (\w+) (\w+) \((\w+) \(([\w ]+)\)\)\)\)$/gm)].map(
    ([, source, target, name, permissions]) =>
      ({ source, target, class: name, permissions: permissions?.split(' ') }) as unknown as Access,
  );
}

/**
 * Asks the kernel what its loaded policy grants: the `access` file of selinuxfs takes a question and gives the answer, as
 * libselinux's security_compute_av(3) does. What a module's file says counts for nothing here.
 */
export async function askKernel(files: KernelFiles, selinuxfs: string, rule: Access): Promise<Answer> {
  const root = join(selinuxfs, 'class', rule.class);
  const index = await files.read(join(root, 'index'));
  const numbers = await Promise.all(rule.permissions.map((name) => files.read(join(root, 'perms', name))));
  if (index === undefined || numbers.includes(undefined)) return 'unknown';
  const source = `system_u:system_r:${rule.source}:s0`;
  const target = rule.target === 'self' ? source : `system_u:object_r:${rule.target}:s0`;
  const granted = await computeAccess(join(selinuxfs, 'access'), `${source} ${target} ${index}`);
  if (granted === undefined) return 'unknown';
  const wanted = numbers.filter((number) => (granted >> BigInt(Number(number) - 1)) & 1n);
  if (wanted.length === 0) return 'none';
  return wanted.length === numbers.length ? 'all' : 'some';
}

/** The bits of the allowed permissions, or `undefined` when the policy does not know what it is asked about. */
async function computeAccess(path: string, question: string): Promise<bigint | undefined> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.write(question, 0);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(256), position: 0 });
      return BigInt(`0x${buffer.toString('ascii', 0, bytesRead).split(' ')[0]}`);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
