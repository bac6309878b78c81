import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Operation, RunCommand } from '../../../../src/chain/index.ts';
import {
  librarySet,
  parseLibrary,
  type ToolOutcome,
  type ToolRun,
  type ToolRunner,
} from '../../../../src/gatekeeper/index.ts';
import { type CarryOutOptions, carryOut } from '../../../../src/gatekeeper/native/carry-out.ts';
import { type Command, commandDigest } from '../../../../src/gatekeeper/native/command.ts';
import { openCommandStore } from '../../../../src/gatekeeper/native/command-store.ts';
import { FILES_AT } from '../../../../src/gatekeeper/sandbox/index.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';
import { ExternalError } from '../../../../src/system/errors.ts';

/** A tool of this test's alone: a new technology is a new file, and no code. */
const LIBRARY = `
format: reference-library
formatVersion: 1
name: recorder
version: 1.0.0
describes: a stand-in that records what it was called with
tools: [recorder]
dialect: pflag
commands:
  - verb: [play]
    operation: recorder.play
    effect: change
    layer: 2
    section: compute-section-1
    positionals:
      - { name: tune, type: label }
    options:
      - { name: score, type: { document: { kind: json } } }
  - verb: [perform]
    operation: recorder.perform
    effect: change
    layer: 2
    section: compute-section-1
    positionals:
      - { name: work, type: { document: { kind: opaque, companion: { ending: .json, kind: json, shownBy: [show] } } } }
`;
const library = parseLibrary(Buffer.from(LIBRARY));
const SCORE = Buffer.from('{"notes":["a","b"]}');

/** Runs a program as it is: this page is about what is run, and the sandbox has a page of its own in the lab. */
async function start({ program, args, files }: ToolRun): Promise<ToolOutcome> {
  const there = args.map((it) => it.replace(FILES_AT, files));
  const { exitCode = 1, stdout } = await execa(program, there, {
    env: {},
    extendEnv: false,
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  return { exitCode, output: stdout, dropped: 0 };
}

let lacking: Error | undefined;
const tools: ToolRunner = {
  check: async () => {
    if (lacking !== undefined) throw lacking;
  },
  run: start,
  show: start,
};

let root: string;
let options: CarryOutOptions & { commands: Awaited<ReturnType<typeof openCommandStore>> };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-carry-out-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const recorder = join(root, 'recorder');
  await writeFile(
    recorder,
    `#!/bin/sh\nif [ "$1" = show ]; then cat "$2"; exit; fi\nprintf '%s\\n' "$@" > ${root}/argv\ncat "\${3#--score=}" > ${root}/read 2>/dev/null\necho played\n[ "$2" != off-key ]\n`,
  );
  await chmod(recorder, 0o755);
  options = {
    commands: await openCommandStore(join(root, 'commands')),
    libraries: async () => librarySet([library]),
    directory: join(root, 'runs'),
    find: async (tool) => join(root, tool),
    tools,
  };
  lacking = undefined;
});

async function commandOf(tune: string, path = '/home/owner/score.json'): Promise<Command> {
  const documents = [{ path, digest: await options.commands.keep(SCORE) }];
  const argv = ['recorder', 'play', tune, `--score=${path}`];
  return { format: 1, request: 'ab'.repeat(32), operation: 'recorder/play', library: library.digest, argv, documents };
}

async function operationOf(command: Command): Promise<Operation<RunCommand>> {
  const digest = await options.commands.keepCommand(command);
  const kind: RunCommand = { kind: 'run', operation: 'recorder/play', library: library.digest, command: digest };
  const asked = { requestId: command.request, requestedBy: '5F', requestedAt: 1 };
  return { id: 7n, host: '5F', kind, state: 'claimed', ...asked, deadline: 100 };
}

describe('a native command', () => {
  it('is run once, as it was let through, from the bytes that were checked', async () => {
    const command = await commandOf('waltz');
    const operation = await operationOf(command);
    const directory = join(root, 'runs', commandDigest(command));
    const done = await carryOut(operation, options);
    const log = Buffer.from('played\n');
    expect(done).toEqual({ operation: 'recorder/play', exitCode: 0, log: sha256Hex(log), logBytes: log.length });
    expect(await readFile(join(root, 'argv'), 'utf8')).toBe(
      `play\nwaltz\n--score=${join(directory, 'files', 'file-3.json')}\n`,
    );
    expect(await readFile(join(root, 'read'))).toEqual(SCORE);
    expect((await readdir(directory)).sort()).toEqual(['begun', 'files']);
    expect(await readdir(join(directory, 'files'))).toEqual(['file-3.json']);
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'command-interrupted' });
  });

  it.each([
    ['by an operator', { requestedBy: '5E' }],
    ['under another number', { requestId: 'cd'.repeat(32) }],
    ['by nobody knows whom', { requestedBy: undefined }],
    ['under no number', { requestId: undefined }],
  ])('that was asked for %s is not run, though its hash is known', async (_, other) => {
    const operation = { ...(await operationOf(await commandOf('waltz'))), ...other };
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'command-not-own' });
    await expect(readdir(join(root, 'runs'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that lacks something on this host is not begun, and may be asked for again', async () => {
    const command = await commandOf('waltz');
    const operation = await operationOf(command);
    lacking = new ExternalError('credential-missing', 'no key');
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'credential-missing' });
    await expect(readFile(join(root, 'argv'))).rejects.toMatchObject({ code: 'ENOENT' });
    lacking = undefined;
    await expect(carryOut(operation, options)).resolves.toMatchObject({ exitCode: 0 });
  });

  it('that ends badly says its exit code and the hash of its log, and never the log', async () => {
    const failed = carryOut(await operationOf(await commandOf('off-key')), options);
    await expect(failed).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('exit code 1'),
    });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('played') });
  });

  it('is not run when anything of it is another than what is on chain', async () => {
    const command = await commandOf('waltz');
    const operation = await operationOf(command);
    const elsewhere = { ...operation, kind: { ...operation.kind, command: 'cd'.repeat(32) } };
    await expect(carryOut(elsewhere, options)).rejects.toMatchObject({ code: 'command-unknown' });
    const otherLibrary = { ...operation, kind: { ...operation.kind, library: 'cd'.repeat(32) } };
    await expect(carryOut(otherLibrary, options)).rejects.toMatchObject({ code: 'library-changed' });
    const otherName = { ...operation, kind: { ...operation.kind, operation: 'recorder/stop' } };
    await expect(carryOut(otherName, options)).rejects.toMatchObject({ code: 'command-not-accepted' });
    await writeFile(join(root, 'commands', sha256Hex(SCORE)), '{"notes":["c"]}');
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'command-damaged' });
    await expect(readFile(join(root, 'argv'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is not run a second time when the first was broken off by a crash', async () => {
    const command = await commandOf('waltz');
    const operation = await operationOf(command);
    const directory = join(root, 'runs', commandDigest(command));
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'begun'), '7\n');
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'command-interrupted' });
    await expect(readFile(join(root, 'argv'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['{ "bars": [1, 2] }', true],
    ['{ "bars": [1, 2, 3] }', false],
    ['no JSON', false],
  ])('whose file shows as %s is run: %s', async (shown, run) => {
    const keep = async (path: string, text: string) => ({
      path,
      digest: await options.commands.keep(Buffer.from(text)),
    });
    const documents = [await keep('opus', shown), await keep('opus.json', '{"bars":[1,2]}')];
    const kind = { request: 'ab'.repeat(32), operation: 'recorder/perform', library: library.digest };
    const command: Command = { format: 1, ...kind, argv: ['recorder', 'perform', 'opus'], documents };
    const operation = await operationOf(command);
    const carried = carryOut({ ...operation, kind: { ...operation.kind, operation: 'recorder/perform' } }, options);
    await (run
      ? expect(carried).resolves.toMatchObject({ exitCode: 0 })
      : expect(carried).rejects.toMatchObject({ code: 'document-not-shown' }));
    const argv = readFile(join(root, 'argv'), 'utf8');
    await (run ? expect(argv).resolves.toMatch(/^perform\n/) : expect(argv).rejects.toMatchObject({ code: 'ENOENT' }));
  });

  it('has its files and its log kept for a while, and is not run again even after that', async () => {
    const past = await commandOf('polka');
    const operation = await operationOf(past);
    const [old, young] = [join(root, 'runs', commandDigest(past)), join(root, 'runs', 'cd'.repeat(32))];
    for (const path of [old, young]) {
      await mkdir(join(path, 'files'), { recursive: true });
      for (const name of ['begun', 'log']) await writeFile(join(path, name), '1\n');
    }
    const day = 24 * 3_600;
    await utimes(join(old, 'begun'), Date.now() / 1_000 - 91 * day, Date.now() / 1_000 - 91 * day);
    await utimes(join(young, 'begun'), Date.now() / 1_000 - 89 * day, Date.now() / 1_000 - 89 * day);
    await carryOut(await operationOf(await commandOf('waltz')), options);
    expect([await readdir(old), (await readdir(young)).sort()]).toEqual([['begun'], ['begun', 'files', 'log']]);
    await rm(join(root, 'argv'));
    await expect(carryOut(operation, options)).rejects.toMatchObject({ code: 'command-interrupted' });
    await expect(readFile(join(root, 'argv'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that the library of today refuses is not run', async () => {
    const strict = parseLibrary(Buffer.from(LIBRARY.replace('type: label', 'type: { enum: [silence] }')));
    const operation = await operationOf(await commandOf('waltz'));
    const today = { ...options, libraries: async () => librarySet([strict]) };
    await expect(carryOut(operation, today)).rejects.toMatchObject({ code: 'value-invalid' });
  });
});
