import { type DigestCache, type Found, inspect } from './inspect.ts';
import { type Manifest, type ManifestEntry, manifestDigest } from './manifest.ts';
import { type Deviation, judge, type Unchecked, type Verdict } from './verdict.ts';

export interface VerifyOptions {
  /** Spares reading files that can't have changed; without it each is read whole. */
  readonly cache?: DigestCache;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** Looks at every target of a manifest. Never throws: what can't be looked at makes the verdict `unknown`. */
export async function verify(manifest: Manifest, options: VerifyOptions = {}): Promise<Verdict> {
  const began = performance.now();
  const deviations: Deviation[] = [];
  const unchecked: Unchecked[] = [];
  for (const entry of manifest.entries) {
    const found = await inspect(entry.path, options.cache);
    if (found.kind === 'unreadable') unchecked.push({ target: entry.path, reason: found.reason });
    else deviations.push(...compare(entry, found));
  }
  const ms = Math.round(performance.now() - began);
  const checks = manifest.entries.length;
  const digest = manifestDigest(manifest);
  return judge({ deviations, unchecked, checks, ms, manifest: digest }, options.now ?? Date.now());
}

/** Each property that differs, in words. */
export function compare(entry: ManifestEntry, found: Exclude<Found, { kind: 'unreadable' }>): Deviation[] {
  const target = entry.path;
  if (entry.kind === 'file' && found.kind === 'file') {
    return [
      ...differing(target, `SHA-256 ${entry.sha256}`, `SHA-256 ${found.sha256}`),
      ...differing(target, `size ${entry.size}`, `size ${found.size}`),
      ...differing(target, `mode ${octal(entry.mode)}`, `mode ${octal(found.mode)}`),
      ...differing(target, `owner ${entry.uid}:${entry.gid}`, `owner ${found.uid}:${found.gid}`),
    ];
  }
  if (entry.kind === 'link' && found.kind === 'link') {
    return [
      ...differing(target, `link to ${entry.target}`, `link to ${found.target}`),
      ...differing(target, `owner ${entry.uid}:${entry.gid}`, `owner ${found.uid}:${found.gid}`),
    ];
  }
  return [{ target, expected: entry.kind, found: found.kind }];
}

function differing(target: string, expected: string, found: string): Deviation[] {
  return expected === found ? [] : [{ target, expected, found }];
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
