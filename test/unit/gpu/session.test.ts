import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FrameStream, frameHead, jsonOf, sendJson } from '../../../src/gpu/frames.ts';
import { KernelCache } from '../../../src/gpu/service/kernel-cache.ts';
import { WorkerPool } from '../../../src/gpu/service/pool.ts';
import { startGpuService } from '../../../src/gpu/service/server.ts';
import { Session } from '../../../src/gpu/service/session.ts';
import { Turns } from '../../../src/gpu/service/turns.ts';

describe('a session', () => {
  afterEach(() => void vi.useRealTimers());

  it('lets a client go that sends a byte now and then', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const [client, service] = duplexPair();
    const limits = { programBytes: 1_000, memoryBytes: 1_000, seconds: 1, compileSeconds: 1 };
    const device = { name: 'none' } as never;
    const pool = new WorkerPool(1, () => Promise.reject(new Error('no job comes so far')));
    const shared = { pool, cache: new KernelCache(), turns: new Turns(1, 1), limits, devices: [device] };
    const over = new Session(service, shared).serve();
    const told = new FrameStream(client);
    await told.next();
    await sendJson(client, 'job', {
      program: { kind: 'source', bytes: 1_000 },
      launches: [{ kernel: 'k', args: [], global: [1] }],
    });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    for (let byte = 0; byte < 4; byte += 1) {
      client.write(Buffer.concat([frameHead('data', 1), Buffer.alloc(1)]));
      for (let turn = 0; turn < 10; turn += 1) await settle();
      await vi.advanceTimersByTimeAsync(20_000);
    }
    const answer = await told.next();
    expect(answer && jsonOf(answer)).toMatchObject({
      code: 'gpu-protocol',
      message: expect.stringContaining('slowly'),
    });
    await over;
  });
});

describe('a path to listen on', () => {
  const directory = mkdtempSync(join(tmpdir(), 'logos-gpu-'));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is not taken from a file, nor from another service', async () => {
    const [file, socket] = [join(directory, 'file'), join(directory, 'socket')];
    writeFileSync(file, 'kept');
    await expect(startGpuService({ address: { path: file } })).rejects.toMatchObject({ code: 'gpu-address-taken' });
    expect(readFileSync(file, 'utf8')).toBe('kept');
    const other = createServer().listen(socket);
    await once(other, 'listening');
    await expect(startGpuService({ address: { path: socket } })).rejects.toMatchObject({ code: 'gpu-address-taken' });
    other.close();
  });
});
