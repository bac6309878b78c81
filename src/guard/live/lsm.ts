import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../system/files.ts';
import type { GuardCheck } from '../checks.ts';
import type { Deviation } from '../verdict.ts';

const EVERY_MS = 2_000;
/** libvirt names a guest's profile by its UUID. */
const GUEST = /^AppArmor profile libvirt-[0-9a-f]{8}-/;

/**
 * Looks whether the policy of the kernel's security module stays loaded: profiles of AppArmor whose names begin with
 * one of `prefixes`, in the mode and (where the kernel tells) with the content that they had when this check first
 * looked; SELinux as strict as it was. Where there is no such module nothing is looked at. `sys`: the directory `/sys`.
 * A guest's profile comes and goes with it, and is as its first look found it while it is there. One that is gone counts
 * when the next look misses it too: it may be loaded anew. Throws when the kernel does not let it look.
 */
export function lsmCheck(prefixes: readonly string[], sys = '/sys'): GuardCheck {
  let first: Map<string, string> | undefined;
  let missed = new Set<string>();
  return {
    name: 'security module',
    everyMs: EVERY_MS,
    run: async () => {
      const now = loaded(prefixes, sys);
      first ??= new Map(now);
      for (const target of first.keys()) if (GUEST.test(target) && !now.has(target)) first.delete(target);
      const differing = [...first].flatMap(([target, expected]): Deviation[] => {
        const found = now.get(target) ?? 'absent';
        return found === expected ? [] : [{ target, expected, found }];
      });
      const found = differing.filter((one) => !isMoment(one) || missed.has(one.target));
      missed = new Set(differing.filter(isMoment).map(({ target }) => target));
      for (const [target, state] of now) if (GUEST.test(target) && !first.has(target)) first.set(target, state);
      return found;
    },
  };
}

/** Replaced between the reading of modes and that of digests, a profile has the one without the other. */
function isMoment({ expected, found }: Deviation): boolean {
  return found === 'absent' || expected.startsWith(`${found}, `);
}

function loaded(prefixes: readonly string[], sys: string): Map<string, string> {
  const found = new Map<string, string>();
  const modes = read(join(sys, 'kernel/security/apparmor/profiles'))?.split('\n') ?? [];
  const digests = profileDigests(join(sys, 'kernel/security/apparmor/policy/profiles'));
  for (const line of modes) {
    const [, name, mode] = /^(.*) \((\w+)\)$/.exec(line) ?? [];
    if (name === undefined || !prefixes.some((prefix) => name.startsWith(prefix))) continue;
    const digest = digests.get(name);
    found.set(`AppArmor profile ${name}`, digest === undefined ? `${mode}` : `${mode}, ${digest}`);
  }
  const enforce = read(join(sys, 'fs/selinux/enforce'));
  if (enforce !== undefined) found.set('SELinux', enforce.trim() === '1' ? 'enforcing' : 'permissive');
  return found;
}

/** By profile: the kernel's digest of what was loaded (securityfs, `policy/profiles/*`). */
function profileDigests(directory: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of list(directory)) {
    const name = read(join(directory, entry, 'name'))?.trim();
    const digest = read(join(directory, entry, 'raw_sha256')) ?? read(join(directory, entry, 'sha256'));
    if (name !== undefined && digest !== undefined) found.set(name, digest.trim());
  }
  return found;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return undefined;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return [];
  }
}
