import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pidOf, runGroups } from '../../lab/tool-processes.ts';
import type { Operation, RunCommand } from '../../src/chain/index.ts';
import {
  type CarryOutOptions,
  carryOut,
  librarySet,
  parseLibrary,
  sandboxedTools,
} from '../../src/gatekeeper/index.ts';
import { type Command, commandDigest } from '../../src/gatekeeper/native/command.ts';
import { openCommandStore } from '../../src/gatekeeper/native/command-store.ts';
import { sha256Hex } from '../../src/system/canonical.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import { removeGroup } from '../../src/system/sandbox/control-groups.ts';

/** A technology of this test's alone: what it does is its script. */
const LIBRARY = Buffer.from(`
format: reference-library
formatVersion: 1
name: scribe
version: 1.0.0
describes: a stand-in that shows and copies what it is given
tools: [scribe]
dialect: pflag
sandbox: { limitSeconds: 60 }
commands:
  - verb: [apply]
    operation: scribe.apply
    effect: change
    layer: 2
    section: compute-section-1
    positionals:
      - { name: plan, type: { document: { kind: opaque, companion: { ending: .json, kind: json, shownBy: [show] } } } }
  - verb: [wait]
    operation: scribe.wait
    effect: change
    layer: 2
    section: compute-section-1
    sandbox: { network: host, keep: [place], startIn: place }
`);
const TOOL = `#!/bin/sh
case $1 in
show) echo warning >&2; cat "$2"; { echo '{"other":1}' > "$2"; } 2>/dev/null; echo seen >> /root/seen; exit 0;;
apply) cat "$2"; cat /root/seen 2>/dev/null; pwd;;
wait) echo begun; sleep 60;;
esac
`;
const library = parseLibrary(LIBRARY);
const lacks = process.getuid?.() !== 0 ? 'needs root' : existsSync('/usr/bin/bwrap') ? undefined : 'needs bubblewrap';

let home: Home;
let options: CarryOutOptions & { commands: Awaited<ReturnType<typeof openCommandStore>> };

beforeAll(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-carry-out-')) });
  const tool = join(home.root, 'scribe');
  await writeFile(tool, TOOL);
  await chmod(tool, 0o755);
  options = {
    commands: await openCommandStore(join(home.gatekeeper, 'commands')),
    libraries: async () => librarySet([library]),
    directory: join(home.gatekeeper, 'runs'),
    find: async () => tool,
    tools: sandboxedTools(home),
  };
});
afterAll(() => rm(home.root, { recursive: true, force: true }));

async function operationOf(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const documents = await Promise.all(
    Object.entries(files).map(async ([path, text]) => ({
      path,
      digest: await options.commands.keep(Buffer.from(text)),
    })),
  );
  const operation = `scribe/${argv[0]}`;
  const request = sha256Hex(JSON.stringify([argv, files]));
  const command: Command = {
    format: 1,
    request,
    operation,
    library: library.digest,
    argv: ['scribe', ...argv],
    documents,
  };
  await options.commands.keepCommand(command);
  const kind: RunCommand = { kind: 'run', operation, library: library.digest, command: commandDigest(command) };
  const asked = { requestId: request, requestedBy: '5F', requestedAt: 1 };
  const found: Operation<RunCommand> = { id: 7n, host: '5F', kind, state: 'claimed', ...asked, deadline: 100 };
  return { operation: found, directory: join(options.directory, kind.command) };
}

describe.skipIf(lacks)(`a command of the chain, in its sandbox${lacks ? `: ${lacks}` : ''}`, () => {
  it('works on the bytes that it showed, which showing could not change', async () => {
    const { operation, directory } = await operationOf(['apply', 'p'], { p: '{ "a": 1 }', 'p.json': '{"a":1}' });
    const done = await carryOut(operation, options);
    // Nothing of the run before is left: neither what it wrote over the file, nor what it wrote beside it.
    const log = '{ "a": 1 }/root\n';
    expect(done).toEqual({ operation: 'scribe/apply', exitCode: 0, log: sha256Hex(log), logBytes: log.length });
    expect(await readFile(join(directory, 'log'), 'utf8')).toBe(log);
    expect(await readFile(join(directory, 'files', 'file-2'), 'utf8')).toBe('{ "a": 1 }');
    expect((await readdir(directory)).sort()).toEqual(['begun', 'files', 'log']);
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'command-interrupted' });
  });

  it('is not run where it shows something else than was checked', async () => {
    const { operation, directory } = await operationOf(['apply', 'p'], { p: '{ "a": 2 }', 'p.json': '{"a":1}' });
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'document-not-shown' });
    expect(existsSync(join(directory, 'log'))).toBe(false);
  });

  it('that a killed gatekeeper broke off has ended, and is not run again', async () => {
    const { operation, directory } = await operationOf(['wait']);
    const source = join(import.meta.dirname, '../../src');
    const program = `
      import { carryOut, librarySet, parseLibrary, sandboxedTools } from '${source}/gatekeeper/index.ts';
      import { openCommandStore } from '${source}/gatekeeper/native/command-store.ts';
      import { homeFrom } from '${source}/system/home.ts';
      const home = homeFrom({ LOGOS_HOME: ${JSON.stringify(home.root)} });
      const library = parseLibrary(Buffer.from(${JSON.stringify(LIBRARY.toString())}));
      await carryOut({ ...${JSON.stringify({ ...operation, id: '7' })}, id: 7n }, {
        commands: await openCommandStore(home.gatekeeper + '/commands'),
        libraries: async () => librarySet([library]),
        directory: home.gatekeeper + '/runs',
        find: async () => home.root + '/scribe',
        tools: sandboxedTools(home),
      });`;
    const gatekeeper = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    const log = () => readFile(join(directory, 'log'), 'utf8').catch(() => '');
    await expect.poll(log, { timeout: 60_000 }).toBe('begun\n');
    const groups = runGroups(pidOf(`${home.root}/scribe wait`));
    gatekeeper.kill('SIGKILL');
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'command-interrupted' });
    for (const path of groups) await removeGroup(path);
    expect(groups.filter((path) => existsSync(path))).toEqual([]);
  });
});
