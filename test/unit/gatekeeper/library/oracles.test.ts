import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../../src/gatekeeper/library/index.ts';
import { cases } from '../../../cases.ts';
import { codeOf, NO_DOCUMENTS, read } from './shipped.ts';
import { type DialectName, toy } from './toy.ts';

/** The parsers that the tools are built with read the same argvs: what we accept must mean to them what it means to us. */
const FIXTURES = join(import.meta.dirname, 'fixtures');
const CASES = Math.min(cases(1_000) * 4, 100_000);

function has(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

const tokens = fc.constantFrom(
  ...'web db x7 go -a -aa -ka -ak -aka -b 7 42 -b7 -b=7 -ab7 -gweb -agweb -g -k -kk -kg --alpha --alpha=true --alpha=false --alpha=1 --alpha= -alpha'.split(
    ' ',
  ),
  ...'-alpha=t --beta --beta=7 --beta= -beta -beta=7 -beta=007 --gamma --gamma=web --gamma= --gam web --al --delta-long --delta-long=a=b -delta-long=a=b a=b'.split(
    ' ',
  ),
  ...'-- - --count -count --count=1 -count=true -5 -1 --b -a=1 -g=web @web --verbose --os-cloud --os-c 0x7 1_0 --alpha=yes'.split(
    ' ',
  ),
);
const argvs = (): string[][] =>
  fc.sample(fc.array(tokens, { minLength: 1, maxLength: 7 }), CASES).map((rest) => ['go', ...rest]);

interface Theirs {
  alpha: boolean;
  count: number;
  beta: number | null;
  gamma: string[];
  delta_long: string | null;
  first?: string;
  second?: string | null;
  operands?: string[];
}

function compare(dialect: DialectName, asked: readonly string[][], answers: string): number {
  const library = toy(dialect);
  const theirs = answers
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Theirs | null);
  expect(theirs.length).toBe(asked.length);
  let accepted = 0;
  for (const [at, argv] of asked.entries()) {
    const own = ['toy', ...argv];
    if (codeOf(() => readCommand(library, own, NO_DOCUMENTS)) !== 'accepted') continue;
    accepted += 1;
    const it = theirs[at];
    if (!it) expect.fail(`${own.join(' ')}: accepted here, refused there`);
    const [first, second] = it.operands ?? [it.first, it.second ?? undefined];
    const { alpha = false, count = 0, gamma = [], ...rest } = readCommand(library, own, NO_DOCUMENTS).parameters;
    expect({ alpha, count, gamma, beta: null, 'delta-long': null, second: undefined, ...rest }, own.join(' ')).toEqual({
      alpha: it.alpha,
      count: it.count,
      gamma: it.gamma,
      beta: it.beta,
      'delta-long': it.delta_long,
      first,
      second,
    });
  }
  return accepted;
}

const input = (asked: readonly string[][]) => asked.map((argv) => JSON.stringify(argv)).join('\n');
const MAX_ANSWERS = 1 << 28;

describe('what is accepted means the same to the tools’ own parsers', () => {
  it.skipIf(!has('python3', ['--version']))(
    'argparse and cliff (skipped where there is no python3)',
    { timeout: 120_000 },
    () => {
      for (const dialect of ['argparse', 'cliff'] as const) {
        const asked = argvs();
        const answers = execFileSync('python3', [join(FIXTURES, 'argparse-oracle.py'), dialect], {
          input: input(asked),
          encoding: 'utf8',
          maxBuffer: MAX_ANSWERS,
        });
        expect(compare(dialect, asked, answers)).toBeGreaterThan(CASES / 200);
      }
    },
  );

  it.skipIf(!has('go', ['version']))('Go’s flag (skipped where there is no go)', { timeout: 180_000 }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'logos-goflag-'));
    try {
      const program = join(directory, 'oracle');
      execFileSync('go', ['build', '-o', program, join(FIXTURES, 'goflag/main.go')], {
        env: { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off' },
      });
      const asked = argvs();
      const answers = execFileSync(program, { input: input(asked), encoding: 'utf8', maxBuffer: MAX_ANSWERS });
      expect(compare('goflag', asked, answers)).toBeGreaterThan(CASES / 200);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  // virsh has a driver inside that needs no daemon, and prints what it makes of these arguments without making anything.
  const virsh = (argv: readonly string[]) =>
    spawnSync('virsh', ['-c', 'test:///default', ...argv], { encoding: 'utf8' });
  it.skipIf(!has('virsh', ['--version']))('virsh (skipped where there is none)', { timeout: 60_000 }, () => {
    const forms = [
      ['test', 'before', 'first-one'],
      ['--domain', 'test', 'before', 'first-one'],
      ['--name', 'before', 'test', 'first-one'],
      ['test', '--description=first-one', 'before'],
      ['--description', 'first-one', '--name=before', '--domain=test'],
      ['test', '--name', 'before', '--description', 'first-one', '--disk-only'],
      ['test', 'before', '--diskspec', 'vda,snapshot=external', '--disk-only', 'first-one'],
    ];
    for (const form of forms) {
      const shown = virsh(['snapshot-create-as', ...form, '--print-xml']);
      expect(shown.status, `${form.join(' ')}: ${shown.stderr}`).toBe(0);
      const { parameters } = read(`virsh snapshot-create-as ${form.join(' ')}`);
      expect(shown.stdout).toContain(`<name>${parameters.name}</name>`);
      expect(shown.stdout).toContain(`<description>${parameters.description}</description>`);
      expect(parameters.domain).toBe('test');
    }
    // What it refuses, so do we.
    for (const line of [
      'start test --domain test',
      'dominfo test more',
      'dominfo --domai test',
      'list --all=1',
      'dominf test',
    ]) {
      expect(virsh(line.split(' ')).status, line).not.toBe(0);
      expect(
        codeOf(() => read(`virsh ${line}`)),
        line,
      ).not.toBe('accepted');
    }
  });
});
