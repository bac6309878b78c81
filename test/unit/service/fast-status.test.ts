import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askStatus, fastStatus, readStatus } from '../../../src/service/fast-status.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';
import { identify } from '../../../src/system/process.ts';

let home: Home;
let server: Server | undefined;
beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-fast-')) });
  for (const directory of [home.run, home.state]) await mkdir(directory);
  server = undefined;
});
afterEach(async () => {
  server?.close();
  await rm(home.root, { recursive: true });
});

const wanting = (name: string, manager = 'supervisor'): string =>
  JSON.stringify({ version: 1, revision: 1, manager, supervisor: [], services: [{ name, wanted: 'running' }] });

async function write(path: string, content: unknown): Promise<void> {
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
}

async function answering(answer: string): Promise<void> {
  server = createServer((connection) =>
    connection
      .on('error', () => {})
      .resume()
      .end(answer),
  );
  await new Promise<void>((resolve) => server?.listen(join(home.run, 'status.sock'), resolve));
}

test('on an untouched machine: stopped, with every field there, in two lines', async () => {
  const [document = '', result = '', rest] = (await fastStatus({ LOGOS_HOME: join(home.root, 'nothing') })).split('\n');
  expect(rest).toBe('');
  expect(JSON.parse(result)).toEqual({ event: 'result', ok: true });
  expect(JSON.parse(document)).toEqual({
    version: 1,
    state: 'stopped',
    message: null,
    class: null,
    scores: null,
    path: null,
    pathReason: null,
    dvms: [],
    integrity: 'unknown',
    integrityDetail: null,
    chain: null,
    account: null,
    service: {
      ng: { state: 'stopped', pid: null, restarts: 0, since: null },
      ngd: { state: 'stopped', pid: null, restarts: 0, since: null },
      chain: null,
      libvirtd: null,
    },
    lent: null,
    kept: null,
    gatekeeper: null,
    events: [],
    updatedAt: expect.stringMatching(/Z$/),
  });
});

test('what was found out before is shown while nothing runs', async () => {
  await write(join(home.state, 'provide.json'), { class: 'compute-s', path: 'qemu', pathReason: 'measured' });
  await write(
    join(home.state, 'events.jsonl'),
    `garbage\n${JSON.stringify({ at: 'x', severity: 'info', source: 'ng', text: 'hello' })}\n`,
  );
  expect(await readStatus(home)).toMatchObject({
    state: 'stopped',
    class: 'compute-s',
    path: 'qemu',
    events: [{ text: 'hello' }],
  });
});

test('degraded when the gatekeeper should run and does not answer, starting and failed while its record says so', async () => {
  await write(join(home.state, 'services.json'), wanting('ng'));
  expect(await readStatus(home)).toMatchObject({ state: 'degraded', service: { ng: { state: 'stopped' } } });

  const identity = await identify(process.pid);
  const record = (state: string, since: Date): unknown => ({
    services: { ng: { state, identity, restarts: 3, since: since.toISOString() } },
  });
  await write(join(home.run, 'services.json'), record('running', new Date()));
  expect(await readStatus(home)).toMatchObject({
    state: 'starting',
    service: { ng: { pid: process.pid, restarts: 3 } },
  });
  await write(join(home.run, 'services.json'), record('running', new Date(Date.now() - 60_000)));
  expect((await readStatus(home)).state).toBe('degraded');
  await write(join(home.run, 'services.json'), { services: { ng: { state: 'failed', restarts: 9 } } });
  expect((await readStatus(home)).state).toBe('failed');

  await write(join(home.state, 'services.json'), wanting('chain'));
  expect((await readStatus(home)).state).toBe('stopped');
  await write(join(home.state, 'services.json'), wanting('ng', 'systemd'));
  expect(await readStatus(home)).toMatchObject({ state: 'degraded', service: { ng: null } });
});

test('a process with a recorded number but another start is not taken for the service', async () => {
  await write(join(home.state, 'services.json'), wanting('ng'));
  const identity = { pid: process.pid, startTime: '1' };
  await write(join(home.run, 'services.json'), {
    services: { ng: { state: 'running', identity, restarts: 0, since: new Date().toISOString() } },
  });
  expect(await readStatus(home)).toMatchObject({ state: 'degraded', service: { ng: { state: 'stopped', pid: null } } });
});

test('damaged state files never prevent a status', async () => {
  for (const garbage of ['', '{', '[]', 'null', '7', '{"services":7}', '{"services":[null,7,{"name":{}}]}', '\0\0']) {
    for (const file of ['services.json', 'provide.json', 'events.jsonl']) await write(join(home.state, file), garbage);
    await write(join(home.run, 'services.json'), garbage);
    expect(await readStatus(home)).toMatchObject({ version: 1, state: 'stopped' });
  }
});

test('answers that are no status document do not count, nor does silence', async () => {
  const http = (body: string): string => `HTTP/1.1 200 OK\r\n\r\n${body}`;
  for (const answer of [
    '',
    'nonsense',
    http(''),
    http('{"version":1'),
    http('{"version":2}'),
    http('null'),
    'HTTP/1.1 500 No\r\n\r\n{"version":1}',
  ]) {
    await answering(answer);
    expect(await askStatus(join(home.run, 'status.sock'))).toBeUndefined();
    await new Promise((resolve) => server?.close(resolve));
  }
  server = createServer(() => {});
  await new Promise<void>((resolve) => server?.listen(join(home.run, 'status.sock'), resolve));
  expect(await askStatus(join(home.run, 'status.sock'), 100)).toBeUndefined();
});

test('it loads only modules of Node and two small files of ours', async () => {
  const probe = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    const { fastStatus } = await import(process.argv[1]);
    await fastStatus({ LOGOS_HOME: '/nonexistent' });
    console.log(JSON.stringify(loaded.filter((url) => !url.startsWith('node:'))));`;
  const module = join(import.meta.dirname, '../../../src/service/fast-status.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', probe, module]);
  const names = (JSON.parse(stdout) as string[]).map((url) => url.split('/src/')[1]);
  expect(names.sort()).toEqual(['service/compose-status.ts', 'service/fast-status.ts', 'system/home.ts']);
});
