import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { followStatus, sendOrder } from '../../../src/service/api/client.ts';
import { serveLocalApi } from '../../../src/service/api/local-api.ts';
import { composeStatus } from '../../../src/service/compose-status.ts';
import { askStatus } from '../../../src/service/fast-status.ts';
import type { StatusDocument, StatusMessage } from '../../../src/service/status-document.ts';
import { UserError } from '../../../src/system/errors.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';
import { until } from './instance.ts';

let home: Home;
let given: string[];
let listeners: Set<(message: StatusMessage) => void>;
let api: { close(): Promise<void> } | undefined;

beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-api-')) });
  await chmod(home.root, 0o755);
  await mkdir(home.run, { mode: 0o755 });
  given = [];
  listeners = new Set();
  api = undefined;
});
afterEach(async () => {
  await api?.close();
  await rm(home.root, { recursive: true });
});

const status = (): StatusDocument => ({ ...composeStatus(home), state: 'providing', class: 'compute-s' });

function serve(): Promise<{ close(): Promise<void> }> {
  return serveLocalApi({
    home,
    status,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    orders: {
      stop: async () => void given.push('stop'),
      pause: async () => void given.push('pause'),
      resume: async () => {
        throw new UserError('owner-is-busy', 'The owner uses the machine.', { nextSteps: ['Wait.'] });
      },
      stopDvm: async (name) => void given.push(`stop ${name}`),
    },
  });
}

function call(socket: string, method: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(home.run, socket), method, path, agent: false }, async (response) => {
      let body = '';
      for await (const part of response.setEncoding('utf8')) body += part;
      resolve({ status: response.statusCode ?? 0, body });
    });
    asked.on('error', reject).end();
  });
}

test('everybody may read the status, only the owner may reach the orders', async () => {
  api = await serve();
  expect((await stat(join(home.run, 'status.sock'))).mode & 0o777).toBe(0o666);
  expect((await stat(join(home.run, 'control.sock'))).mode & 0o777).toBe(0o600);
  expect((await stat(home.root)).mode & 0o005).toBe(0o005);
  for (const socket of ['status.sock', 'control.sock']) {
    const { status: code, body } = await call(socket, 'GET', '/v1/status');
    expect(code).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ version: 1, state: 'providing' });
  }
  expect(await askStatus(join(home.run, 'status.sock'))).toMatchObject({ class: 'compute-s' });
});

test('the status socket refuses every order', async () => {
  api = await serve();
  for (const path of ['/v1/stop', '/v1/pause', '/v1/resume', '/v1/dvms/a/stop', '/']) {
    const { status: code, body } = await call('status.sock', 'POST', path);
    expect(code).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ ok: false, error: { code: 'read-only-socket' } });
  }
  for (const method of ['PUT', 'DELETE', 'PATCH'])
    expect((await call('status.sock', method, '/v1/stop')).status).toBe(404);
  expect(given).toEqual([]);
});

test('orders reach the gatekeeper, and its refusals the one who ordered', async () => {
  api = await serve();
  await sendOrder(home, 'pause');
  await sendOrder(home, { stopDvm: 'web-1' });
  await sendOrder(home, 'stop');
  expect(given).toEqual(['pause', 'stop web-1', 'stop']);
  await expect(sendOrder(home, 'resume')).rejects.toMatchObject({ code: 'owner-is-busy', nextSteps: ['Wait.'] });
  await expect(sendOrder(home, { stopDvm: '../../etc' })).rejects.toMatchObject({ code: 'dvm-name-invalid' });
  expect((await call('control.sock', 'POST', '/v1/unknown')).status).toBe(404);
});

test('without a gatekeeper an order is a user error', async () => {
  await expect(sendOrder(home, 'stop')).rejects.toMatchObject({ code: 'service-not-running' });
});

test('the stream begins with the status and brings each change', async () => {
  api = await serve();
  const abort = new AbortController();
  const stream = followStatus(home, abort.signal);
  expect((await stream.next()).value).toMatchObject({ type: 'status', status: { state: 'providing' } });
  const event = { at: new Date().toISOString(), severity: 'info', source: 'ng', text: 'a\n\nb' } as const;
  for (const listener of listeners) listener({ type: 'event', event });
  expect((await stream.next()).value).toEqual({ type: 'event', event });
  for (const listener of listeners) listener({ type: 'status', status: { ...status(), state: 'paused' } });
  expect((await stream.next()).value).toMatchObject({ type: 'status', status: { state: 'paused' } });
  abort.abort();
  expect((await stream.next()).done).toBe(true);
  await until(async () => listeners.size === 0);
});

test('closing ends the streams and removes the sockets', async () => {
  api = await serve();
  const stream = followStatus(home, new AbortController().signal);
  await stream.next();
  await api.close();
  api = undefined;
  expect((await stream.next()).done).toBe(true);
  expect(await readdir(home.run)).toEqual([]);
});

test('what a killed process left at the place of a socket is replaced, a living one is not', async () => {
  await writeFile(join(home.run, 'control.sock'), '');
  const stale = createServer();
  await new Promise<void>((resolve) => stale.listen(join(home.run, 'moved'), resolve));
  // Renamed, so that closing the server leaves it there, as SIGKILL would.
  const { rename } = await import('node:fs/promises');
  await rename(join(home.run, 'moved'), join(home.run, 'status.sock'));
  await new Promise((resolve) => stale.close(resolve));
  api = await serve();
  expect((await call('status.sock', 'GET', '/v1/status')).status).toBe(200);
  await expect(serve()).rejects.toMatchObject({ code: 'already-running' });
  expect((await call('control.sock', 'GET', '/v1/status')).status).toBe(200);
});

test('a LOGOS_HOME that is too long for a socket is a user error', async () => {
  home = homeFrom({ LOGOS_HOME: join(home.root, 'x'.repeat(90)) });
  await expect(serve()).rejects.toMatchObject({ code: 'home-path-too-long' });
  home = homeFrom({ LOGOS_HOME: join(home.root, '..') });
});
