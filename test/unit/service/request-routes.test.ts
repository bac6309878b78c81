import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveLocalApi } from '../../../src/service/api/local-api.ts';
import { composeStatus } from '../../../src/service/compose-status.ts';
import { BOB } from '../gatekeeper/memory-chain.ts';
import { makeWorld, type World } from '../gatekeeper/world.ts';

let world: World;
let api: { close(): Promise<void> };

beforeEach(async () => {
  world = await makeWorld();
  const { home, gatekeeper } = world;
  await mkdir(home.run, { recursive: true });
  const nothing = async () => {};
  api = await serveLocalApi({
    home,
    status: () => composeStatus(home),
    subscribe: () => () => {},
    orders: { stop: nothing, pause: nothing, resume: nothing, stopDvm: nothing },
    gatekeeper: () => gatekeeper,
  });
});
afterEach(() => api.close());

/** A body as it is, to any path. */
function post(path: string, body: string, socket = 'control.sock'): Promise<{ status: number; answer: Answer }> {
  const headers = { 'content-type': 'application/json' };
  const socketPath = join(world.home.run, socket);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method: 'POST', path, headers, agent: false }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve({ status: response.statusCode ?? 0, answer: JSON.parse(text) });
    });
    call.on('error', reject).end(body);
  });
}

interface Answer {
  ok?: boolean;
  error?: { code: string };
  receipt?: { outcome: string; stage: string; operation?: string; error?: { code: string } };
  verdict?: { verdict: string; code: string };
}

const start = {
  host: BOB,
  operation: { kind: 'start-dvm', name: 'web-1', template: 'small' },
  deadlineBlocks: 100,
};
const body = (over: object = {}) => JSON.stringify({ payload: start, nonce: 'n', dryRun: false, ...over });

describe('requests of any kind, by the local API', () => {
  it('become operations, and a dry run does nothing', async () => {
    const dry = await post('/v1/requests/request-operation', body({ dryRun: true }));
    expect(dry).toMatchObject({ status: 200, answer: { verdict: { verdict: 'accept' } } });
    expect(world.chain.transactions).toEqual([]);
    const sent = await post('/v1/requests/request-operation', body());
    expect(sent.answer.receipt).toMatchObject({ outcome: 'accepted', operation: '1' });
    const again = await post('/v1/requests/request-operation', body());
    expect(again.answer.receipt).toMatchObject({ outcome: 'accepted', operation: '1' });
  });

  it('are not taken over the socket that everybody may open', async () => {
    const { status, answer } = await post('/v1/requests/request-operation', body(), 'status.sock');
    expect([status, answer.error?.code]).toEqual([403, 'read-only-socket']);
  });

  it.each<[string, string]>([
    ['no JSON', 'payload: {}'],
    ['nothing', ''],
    ['an array', '[]'],
    ['no nonce', JSON.stringify({ payload: start, dryRun: false })],
    ['an empty nonce', body({ nonce: '' })],
    ['an origin of its own', body({ origin: { source: 'chain', height: 1 } })],
    ['a scope of its own', body({ scope: { account: BOB, genesis: '0x00' } })],
    ['another kind inside', body({ kind: 'leave' })],
    ['a prototype', '{"__proto__":{"dryRun":false},"payload":{},"nonce":"n"}'],
    ['a constructor', '{"constructor":{"prototype":{"dryRun":false}},"payload":{},"nonce":"n"}'],
    ['a signature that is none', body({ signature: { account: BOB, value: '0x00' } })],
    ['an expiry that is none', body({ expires: 'never' })],
    ['a dry run that is neither', body({ dryRun: 1 })],
  ])('with %s are refused', async (_, text) => {
    const { status, answer } = await post('/v1/requests/request-operation', text);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(answer).toMatchObject({ ok: false, error: { code: expect.any(String) } });
    expect(world.chain.transactions).toEqual([]);
    expect(({} as { dryRun?: unknown }).dryRun).toBeUndefined();
  });

  it.each([
    ['a payload with a prototype', '{"payload":{"__proto__":{"a":1}},"nonce":"n","dryRun":false}'],
    ['a member too many', body({ payload: { ...start, sudo: true } })],
  ])('with %s are refused by some stage', async (_, text) => {
    const { answer } = await post('/v1/requests/request-operation', text);
    const code = answer.error?.code ?? answer.receipt?.error?.code;
    expect(code).toEqual(expect.any(String));
    expect(world.chain.transactions).toEqual([]);
  });

  it('signed by nobody that is known are refused', async () => {
    const signature = { account: BOB, value: `0x${'11'.repeat(64)}` };
    const { answer } = await post('/v1/requests/request-operation', body({ signature }));
    expect(answer.error?.code).toBe('signature-invalid');
  });

  it('are judged again by their id alone', async () => {
    await post('/v1/requests/request-operation', body());
    const id = world.gatekeeper.recent(1)[0]?.id ?? '';
    expect(await post(`/v1/replays/${id}`, '{}')).toMatchObject({ status: 200, answer: { differs: false } });
    for (const wrong of ['0'.repeat(64), 'abc', '..%2f..', id.toUpperCase()]) {
      expect((await post(`/v1/replays/${wrong}`, '{}')).answer.error?.code).toMatch(/^request-(?:unknown|malformed)$/);
    }
  });
});
