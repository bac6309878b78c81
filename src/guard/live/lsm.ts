import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuardCheck } from '../checks.ts';
import type { Deviation } from '../verdict.ts';

const EVERY_MS = 2_000;
/** libvirt names a guest's profile by its UUID. */
const GUEST = /^AppArmor profile libvirt-[0-9a-f]{8}-/;

/**
 * Looks whether the policy of the kernel's security module stays loaded: profiles of AppArmor whose names begin with
 * one of `prefixes`, in the mode and (where the kernel tells) with the content that they had when this check first
 * looked; SELinux as strict as it was. Where there is no such module nothing is looked at. `sys`: the directory `/sys`.
 * A guest's profile comes and goes with it, and is as its first look found it while it is there.
 */
export function lsmCheck(prefixes: readonly string[], sys = '/sys'): GuardCheck {
  let first: Map<string, string> | undefined;
  return {
    name: 'security module',
    everyMs: EVERY_MS,
    run: async () => {
      const now = loaded(prefixes, sys);
      first ??= new Map(now);
      const found: Deviation[] = [];
      for (const [target, expected] of first) {
        const actual = now.get(target) ?? 'absent';
        if (actual === 'absent' && GUEST.test(target)) first.delete(target);
        else if (actual !== expected) found.push({ target, expected, found: actual });
      }
      for (const [target, state] of now) if (GUEST.test(target) && !first.has(target)) first.set(target, state);
      return found;
    },
  };
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
  } catch {
    return undefined;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
