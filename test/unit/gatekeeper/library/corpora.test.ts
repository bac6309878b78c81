import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { NativeCommand } from '../../../../src/gatekeeper/library/index.ts';
import { readCorpus } from '../../../corpora/read.ts';
import { allPayloads } from './payloads.ts';
import { codeOf, readArgv, SAMPLES } from './shipped.ts';

const PAYLOADS = allPayloads();
/** What a shell, a template or a terminal would act on. Spaces are of descriptions, and are no danger in one argument. */
const DANGEROUS = /[^ -~]|[`$|&;<>(){}\\"'*?!#~^%\n]/;
/** Types of the shipped libraries whose values may hold one of these: `qemu:///system` has none, an image property's value has `<`. */
const MAY_HOLD: Readonly<Record<string, RegExp>> = { property: /[<>]/, description: /[()]/, limit: /[*!&]/ };

function valuesOf(command: NativeCommand): [string, string][] {
  return Object.entries(command.parameters).flatMap(([name, value]) =>
    (typeof value === 'object' ? value : [value]).map((it): [string, string] => [name, String(it)]),
  );
}

describe('published payloads, in every place of every command', () => {
  it('are hundreds', () => {
    expect((readCorpus('blns/strings') as string[]).length).toBe(485);
    expect(PAYLOADS.length).toBeGreaterThan(1_500);
  });

  it.each(SAMPLES.map((argv) => [argv.slice(0, 3).join(' '), argv] as const))('%s', (_, sample) => {
    const codes = new Map<string, number>();
    for (let at = 0; at < sample.length; at += 1) {
      const token = sample[at] as string;
      const equals = token.indexOf('=');
      for (const payload of PAYLOADS) {
        const texts = [payload, `${token}${payload}`, ...(equals < 0 ? [] : [token.slice(0, equals + 1) + payload])];
        for (const text of texts) {
          const argv = sample.with(at, text);
          const code = at === 0 ? 'tool' : outcome(argv);
          codes.set(code, (codes.get(code) ?? 0) + 1);
        }
      }
    }
    // Each refused one has a code of ours; what was accepted is checked in outcome().
    expect([...codes.keys()].every((code) => /^[a-z-]+$/.test(code))).toBe(true);
    expect(codes.get('value-invalid') ?? 0).toBeGreaterThan(0);
  });
});

describe('what was accepted', () => {
  it('reaches a program as it was typed, one argument each', () => {
    const accepted = PAYLOADS.flatMap((payload) => {
      const argv = ['openstack', 'network', 'create', '--description', `first ${payload}`, 'n1'];
      return codeOf(() => readArgv(argv)) === 'accepted' ? [argv] : [];
    });
    expect(accepted.length).toBeGreaterThan(10);
    for (const argv of accepted.slice(0, 20)) {
      const seen = execFileSync('/usr/bin/printf', ['%s\\0', ...argv], { encoding: 'utf8' });
      expect(seen.split('\0').slice(0, -1)).toEqual(argv);
    }
  });
});

/** Reads, and where it is accepted makes sure that nothing got through that any reader further on could act on. */
function outcome(argv: readonly string[]): string {
  let command: NativeCommand | undefined;
  const code = codeOf(() => {
    command = readArgv(argv);
  });
  if (command === undefined) return code;
  expect(command.argv).toEqual(argv);
  for (const token of argv) expect(token).toMatch(/^[ -~]+$/);
  for (const [name, value] of valuesOf(command)) {
    const left = value.replaceAll(new RegExp(MAY_HOLD[name]?.source ?? '(?!)', 'g'), '');
    if (DANGEROUS.test(left)) expect.fail(`${name} = ${JSON.stringify(value)} was accepted`);
    expect(value.startsWith('-'), `${name} = ${value}`).toBe(false);
  }
  for (const key of command.keys) expect(key).toMatch(/^[A-Za-z0-9._%-]+$/);
  return code;
}
