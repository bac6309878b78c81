import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesNamed } from '../../../../src/gatekeeper/index.ts';
import { builtInJudge, builtInLibraries } from '../../../../src/service/request.ts';
import { cases } from '../../../cases.ts';

const HASH = `sha256:${'0a'.repeat(32)}`;
const JOIN = [
  'kubeadm',
  'join',
  '10.0.0.1:6443',
  '--token',
  'abcdef.0123456789abcdef',
  '--discovery-token-ca-cert-hash',
  HASH,
];
const judge = builtInJudge();
const judged = (argv: readonly string[]) => judge({ argv, files: new Map() });

describe('a dry run', () => {
  it('gives the call that would be signed', async () => {
    const verdict = await judged(JOIN);
    expect(verdict).toMatchObject({ verdict: 'accept', stage: 'translate', code: 'accepted', rules: 'built-in' });
    expect(verdict.call).toMatchObject({
      section: 'compute-section-1',
      message: 'request',
      arguments: {
        kind: { kind: 'run', operation: 'kubeadm/join', library: builtInLibraries().forTool('kubeadm')?.digest },
      },
    });
    // What is secret stays off the chain, and nobody can try out guesses: the same command has another digest each time.
    expect(JSON.stringify(verdict.call)).not.toContain('abcdef.0123456789abcdef');
    expect((await judged(JOIN)).call).not.toEqual(verdict.call);
  });

  it.each([
    [['rm', '-rf', '/'], 'tool-unknown'],
    [['/usr/bin/kubeadm', 'reset'], 'tool-unknown'],
    [[...JOIN, '--discovery-token-unsafe-skip-ca-verification'], 'option-forbidden'],
    [[...JOIN, '--no-such-option'], 'option-unknown'],
    [['kubeadm', 'explode'], 'verb-unknown'],
    [['kubeadm', 'join', '10.0.0.1:6443; reboot'], 'argument-malformed'],
  ])('of %j is refused as %s', async (argv, code) => {
    const verdict = await judged(argv);
    expect(verdict.verdict).toBe('refuse');
    if (verdict.code !== 'value-invalid') expect(verdict.code).toBe(code);
    expect(verdict.call).toBeUndefined();
  });

  it('never throws, and lets nothing through that it can not read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }), async (rest) => {
        const verdict = await judged(['kubeadm', ...rest]);
        expect(verdict.verdict).toBe('refuse');
        expect(verdict.code).not.toBe('bug');
      }),
      { numRuns: cases(300) },
    );
  });
});

describe('the files of a command', () => {
  it('are regular ones that its arguments name, with what lies beside them, and no others', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'logos-files-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'chart.tgz'), 'chart');
    await writeFile(join(directory, 'chart.tgz.prov'), 'signature');
    await writeFile(join(directory, 'values.yaml'), 'a: 1');
    await writeFile(join(directory, 'other'), 'not named');
    await symlink('/dev/zero', join(directory, 'endless'));
    const argv = ['helm', 'install', 'chart.tgz', '--values=values.yaml', 'endless', '.', '/dev/zero', '\0', 'missing'];
    const files = await filesNamed(argv, directory);
    expect([...files.keys()].sort()).toEqual(['chart.tgz', 'chart.tgz.prov', 'values.yaml']);
    expect(Buffer.from(files.get('values.yaml') ?? []).toString()).toBe('a: 1');
  });
});
