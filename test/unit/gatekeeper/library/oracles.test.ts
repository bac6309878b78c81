import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { argvs, CASES, compare, input, MAX_ANSWERS } from './oracle.ts';
import { codeOf, read } from './shipped.ts';

/** The parsers that the tools are built with read the same argvs: what we accept must mean to them what it means to us. */
const FIXTURES = join(import.meta.dirname, 'fixtures');
function has(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

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
