import { PassThrough, Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FRAME_KINDS,
  FrameStream,
  frameHead,
  framesOf,
  jsonOf,
  MAX_DATA_BYTES,
  MAX_JSON_BYTES,
  sendData,
  sendJson,
} from '../../../src/gpu/frames.ts';
import { cases } from '../../cases.ts';

/** Frames with the parts of each `data` put together again. */
async function read(parts: Iterable<Uint8Array>): Promise<{ kind: string; payload: string }[]> {
  const read: { kind: string; payload: string }[] = [];
  for await (const { kind, payload } of framesOf(Readable.from(parts)))
    read.push({ kind, payload: Buffer.from(payload).toString('hex') });
  return read;
}

const framed = fc.record({
  kind: fc.constantFrom(...FRAME_KINDS.filter((kind) => kind !== 'data')),
  payload: fc.uint8Array({ maxLength: 40 }),
});

describe('frames', () => {
  it('come out as they went in, however they are cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(framed, { maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        async (frames, cuts) => {
          const bytes = Buffer.concat(
            frames.flatMap(({ kind, payload }) => [frameHead(kind, payload.length), payload]),
          );
          const parts: Buffer[] = [];
          for (let at = 0; at < bytes.length; ) {
            const { value } = cuts.next();
            parts.push(bytes.subarray(at, at + value));
            at += value;
          }
          expect(await read(parts)).toEqual(
            frames.map(({ kind, payload }) => ({ kind, payload: Buffer.from(payload).toString('hex') })),
          );
        },
      ),
      { numRuns: cases(200) },
    ));

  it('hand on data as it comes', async () => {
    const parts = [frameHead('data', 6), Buffer.from('abc'), Buffer.from('def')];
    expect(await read(parts)).toEqual([
      { kind: 'data', payload: Buffer.from('abc').toString('hex') },
      { kind: 'data', payload: Buffer.from('def').toString('hex') },
    ]);
  });

  it('refuse whatever else comes, and never hang or fail otherwise', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 })), async (parts) => {
        await read(parts).catch((error) => expect(error).toMatchObject({ code: 'gpu-protocol' }));
      }),
      { numRuns: cases(300) },
    ));

  it.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n')],
    ['another version', Buffer.from([0x4c, 0x47, 2, 0, 0, 0, 0, 0])],
    ['an unknown kind', Buffer.from([0x4c, 0x47, 1, 77, 0, 0, 0, 0])],
    ['too long JSON', frameHead('job', MAX_JSON_BYTES + 1)],
    ['too long data', frameHead('data', MAX_DATA_BYTES + 1)],
    ['half a head', frameHead('job', 1).subarray(0, 7)],
    ['half a frame', Buffer.concat([frameHead('job', 4), Buffer.from('{}')])],
  ])('refuse %s', async (_, bytes) => {
    await expect(read([bytes])).rejects.toMatchObject({ code: 'gpu-protocol' });
  });

  it('can be looked at before they are taken', async () => {
    const stream = new PassThrough();
    const frames = new FrameStream(stream);
    await sendJson(stream, 'job', { a: 1 });
    await sendData(stream, Buffer.from('xyz'));
    stream.end();
    expect((await frames.peek())?.kind).toBe('job');
    const job = await frames.next();
    expect(job && jsonOf(job)).toEqual({ a: 1 });
    expect(Buffer.from((await frames.next())?.payload ?? []).toString()).toBe('xyz');
    expect(await frames.next()).toBeUndefined();
  });
});
