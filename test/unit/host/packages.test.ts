import { chmod, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseCandidates, parseSimulatedInstall, parseSimulatedPurge } from '../../../src/host/packages/dpkg.ts';
import { installPackages } from '../../../src/host/packages/install.ts';
import { requiredPackages } from '../../../src/host/packages/required.ts';
import { hostUndoers } from '../../../src/host/undo.ts';
import { type Exec, localExec } from '../../../src/system/exec.ts';
import { Journal } from '../../../src/system/journal.ts';

/**
 * A package manager of our own, as real programs on PATH with a real database directory: `lib-a` is a dependency of `app`,
 * `other` comes to need `lib-a`. MODE chooses how it fails.
 */
const PROGRAMS: Record<string, string> = {
  'dpkg-query': `shift 3; status=0; for name; do
    if [ -e "$DB/$name" ]; then printf '%s\\tii \\n' "$name"; else status=1; fi; done; exit $status`,
  dpkg: 'if [ "$1" = --audit ]; then cat "$DB/.audit" 2>/dev/null; exit 0; fi; rm -f "$DB/.audit"; echo "$*" >> "$LOG"',
  'apt-cache': `shift; for name; do echo "$name:"; echo "  Installed: (none)"
    if [ -e "$DB/.lists" ] && [ "$name" != unknown ]; then echo "  Candidate: 1.0"; else echo "  Candidate: (none)"; fi; done`,
  'apt-get': `simulate=; action=; names=
    for word; do case $word in
      -s) simulate=1;; install|purge|update) action=$word;;
      -*|*::*|*=*) ;; *) names="$names $word";; esac; done
    echo "$action$simulate$names" >> "$LOG"
    case $action in
      update) [ "$MODE" = offline ] || touch "$DB/.lists";;
      install) [ -e "$DB/lib-a" ] || names="lib-a$names"
        for name in $names; do
          if [ -n "$simulate" ]; then echo "Inst $name (1.0 Debian [amd64])"; else
            if [ "$MODE" = offline ]; then echo "E: Failed to fetch http://x/$name" >&2; exit 100; fi
            cp "$POLICY" "$DB/.policy-seen"; touch "$DB/$name"
            if [ "$MODE" = broken ]; then echo "dpkg: error processing package $name" >&2; exit 100; fi; fi; done;;
      purge) case "$names" in *lib-a*) [ -e "$DB/other" ] && names="$names other";; esac
        for name in $names; do
          if [ -n "$simulate" ]; then echo "Purg $name [1.0]"; else rm "$DB/$name"; fi; done;;
    esac`,
};

let directory: string;
let journal: Journal;
let policyFile: string;
let mode: string;
let exec: Exec;
const log = async (): Promise<string[]> =>
  (await readFile(join(directory, 'log'), 'utf8').catch(() => '')).trim().split('\n');
const has = (name: string): Promise<boolean> =>
  lstat(join(directory, 'db', name)).then(
    () => true,
    () => false,
  );

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-packages-'));
  journal = new Journal(join(directory, 'journal.jsonl'));
  policyFile = join(directory, 'policy-rc.d');
  mode = '';
  await mkdir(join(directory, 'db'));
  await writeFile(join(directory, 'db/.lists'), '');
  for (const [name, body] of Object.entries(PROGRAMS)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(directory, name), 0o755);
  }
  exec = (command, args, options) =>
    localExec(join(directory, command), args, {
      ...options,
      env: { ...options?.env, DB: join(directory, 'db'), LOG: join(directory, 'log'), POLICY: policyFile, MODE: mode },
    });
});
afterEach(() => rm(directory, { recursive: true }));

const install = (names: readonly string[]) => installPackages(names, { exec, journal, policyFile });
const policy = async () => ({ text: await readFile(policyFile, 'utf8'), mode: (await lstat(policyFile)).mode & 0o777 });

describe('installPackages', () => {
  test('journals every new package, dependencies too, before it is installed', async () => {
    expect(await install(['app'])).toEqual(['lib-a', 'app']);
    expect(await has('app')).toBe(true);
    const changes = (await journal.pending()).map(({ kind, target, before }) => ({ kind, target, before }));
    expect(changes).toEqual([
      { kind: 'package', target: 'lib-a', before: { absent: true, requested: false } },
      { kind: 'package', target: 'app', before: { absent: true, requested: true } },
    ]);
  });

  test("no service may start meanwhile, and the owner's policy is put back exactly", async () => {
    await writeFile(policyFile, '#!/bin/sh\nexit 42\n');
    await chmod(policyFile, 0o751);
    const before = await policy();
    await install(['app']);
    expect(await readFile(join(directory, 'db/.policy-seen'), 'utf8')).toContain('exit 101');
    expect(await policy()).toEqual(before);
  });

  test('a policy that was not there is gone afterwards, also after a failure', async () => {
    mode = 'broken';
    await expect(install(['app'])).rejects.toMatchObject({
      code: 'package-install-failed',
      lastLines: ['dpkg: error processing package lib-a'],
    });
    await expect(lstat(policyFile)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await journal.pending()).map((change) => change.target)).toEqual(['lib-a', 'app']);
  });

  test('without a network it says that packages can not be had', async () => {
    mode = 'offline';
    await expect(install(['app'])).rejects.toMatchObject({ code: 'packages-unavailable' });
    await rm(join(directory, 'db/.lists'));
    await expect(install(['app'])).rejects.toMatchObject({ code: 'packages-unavailable' });
    expect(await has('app')).toBe(false);
  });

  test('fetches the lists only when a name is not known, and installs nothing unknown', async () => {
    await install(['app']);
    expect(await log()).not.toContain('update');
    await expect(install(['unknown'])).rejects.toMatchObject({ code: 'packages-unavailable' });
    expect(await log()).toContain('update');
  });

  test('what is installed already is not touched', async () => {
    await writeFile(join(directory, 'db/app'), '');
    expect(await install(['app'])).toEqual([]);
    expect(await log()).toEqual(['']);
    expect(await journal.pending()).toEqual([]);
  });

  test('finishes what a killed run left half configured, first', async () => {
    await writeFile(join(directory, 'db/.audit'), 'app is half configured\n');
    await install(['app']);
    expect((await log())[0]).toContain('--configure -a');
  });

  test('aborting before it begins changes nothing', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(installPackages(['app'], { exec, journal, policyFile, signal })).rejects.toThrow('enough');
    expect(await journal.pending()).toEqual([]);
  });
});

describe('undoing', () => {
  const undo = async (purge: boolean) => {
    const kept: { names: readonly string[]; why: string }[] = [];
    const onKept = (names: readonly string[], why: string): void => void kept.push({ names, why });
    await journal.undo(hostUndoers({ exec, journal, purge, onKept, policyFile }));
    return kept;
  };

  test('keeps packages and names them', async () => {
    await install(['app']);
    expect(await undo(false)).toEqual([{ names: ['lib-a', 'app'], why: expect.stringContaining('--purge') }]);
    expect(await has('app')).toBe(true);
    expect(await journal.pending()).toEqual([]);
  });

  test('purges exactly those that the journal names', async () => {
    await writeFile(join(directory, 'db/bystander'), '');
    await install(['app']);
    expect(await undo(true)).toEqual([]);
    expect([await has('app'), await has('lib-a'), await has('bystander')]).toEqual([false, false, true]);
  });

  test('what another package has come to need is kept and named', async () => {
    await install(['app']);
    await writeFile(join(directory, 'db/other'), '');
    expect(await undo(true)).toEqual([{ names: ['lib-a'], why: 'other packages need them now' }]);
    expect([await has('app'), await has('lib-a'), await has('other')]).toEqual([false, true, true]);
  });

  test('a package that was never installed needs nothing', async () => {
    await journal.record({ kind: 'package', target: 'ghost', before: { absent: true } });
    expect(await undo(true)).toEqual([]);
    expect(await log()).toEqual(['']);
  });
});

describe("apt's words", () => {
  test('are read', () => {
    expect(parseCandidates('fio:\n  Installed: (none)\n  Candidate: 3.33-3\nnone:\n  Candidate: (none)\n')).toEqual(
      new Map([['fio', '3.33-3']]),
    );
    const simulated =
      'Inst libaio1 (0.3.113-4 Debian:12 [amd64])\nInst dpkg [1.21] (1.22 Debian [amd64])\nConf libaio1 (0)';
    expect(parseSimulatedInstall(simulated)).toEqual({ added: ['libaio1'], upgraded: ['dpkg'] });
    expect(parseSimulatedPurge('Purg fio [3.33-3]\nRemv libaio1 [0.3]\nConf x')).toEqual(['fio', 'libaio1']);
  });

  test('systemd hosts need the packaged libvirt service too', () => {
    expect(requiredPackages(true)).toContain('libvirt-daemon-system');
    expect(requiredPackages(false)).not.toContain('libvirt-daemon-system');
  });
});
