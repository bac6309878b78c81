import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHUNK_BYTES } from '../../../../src/chain/artifacts/chunks.ts';
import { openArtifacts, serveArtifacts } from '../../../../src/chain/index.ts';
import type { ArtifactReference } from '../../../../src/chain/types.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';
import { type Answer, type HostileMirror, hostileMirror, plainFile } from './hostile-mirror.ts';

const SIZE = 3 * CHUNK_BYTES + 12_345;
const bytes = Uint8Array.from({ length: SIZE }, (_, index) => (index * 7 + (index >> 11)) & 0xff);
const reference: ArtifactReference = { digest: sha256Hex(bytes), size: SIZE };
const { digest } = reference;

let root: string;
let origin: string;
let manifest: Uint8Array;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  const made = await mkdtemp(join(tmpdir(), 'logos-mirror-'));
  await writeFile(join(made, 'file'), bytes);
  await openArtifacts(join(made, 'store')).add(join(made, 'file'));
  manifest = await readFile(join(made, 'store', `${digest}.chunks`));
  await rm(made, { recursive: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-mirror-'));
  origin = join(root, 'origin');
  await writeFile(join(root, 'file'), bytes);
  await openArtifacts(origin).add(join(root, 'file'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  await rm(root, { recursive: true, force: true });
});

async function honest(): Promise<string> {
  const server = await serveArtifacts({ directory: origin, port: 0 });
  open.push(server);
  return server.url;
}

async function hostile(answer: Answer): Promise<HostileMirror> {
  const mirror = await hostileMirror(answer);
  open.push(mirror);
  return mirror;
}

const client = (mirrors: readonly string[], name = 'client') =>
  openArtifacts(join(root, name), { mirrors, chunkTimeoutMs: 1_500 });

async function expectWhole(name = 'client'): Promise<void> {
  expect(sha256Hex(await readFile(join(root, name, digest)))).toBe(digest);
  expect(await readdir(join(root, name, '.partial'))).toEqual([]);
}

/** The real bytes with one of them changed. */
function tampered(at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('a download', () => {
  it('comes from an honest mirror, verified, and is a mirror for others then', async () => {
    const seen: number[] = [];
    const first = client([await honest()], 'first');
    await first.use(reference, async (path) => expect(sha256Hex(await readFile(path))).toBe(digest), {
      onProgress: (here) => seen.push(here),
    });
    expect(seen).toEqual([CHUNK_BYTES, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES, SIZE]);
    const server = await serveArtifacts({ directory: join(root, 'first'), port: 0 });
    open.push(server);
    expect(sha256Hex(await client([server.url]).fetch(reference))).toBe(digest);
    await expectWhole();
  });

  it('works with any web server that shows the files, without ranges and without a manifest', async () => {
    const plain = await hostile(plainFile({ [digest]: bytes }));
    expect(sha256Hex(await client([plain.url]).fetch(reference))).toBe(digest);
    await expectWhole();
  });

  it('drops a wrong chunk and takes it, and what follows, from another mirror', async () => {
    const liar = await hostile(plainFile({ [digest]: tampered(2 * CHUNK_BYTES + 5), [`${digest}.chunks`]: manifest }));
    await client([liar.url, await honest()]).fetch(reference);
    await expectWhole();
    expect(liar.asked).toEqual([`GET /${digest}.chunks`, `GET /${digest}`]);
  });

  it('names the mirror that lied, and in what, when there is no other', async () => {
    const liar = await hostile(plainFile({ [digest]: tampered(CHUNK_BYTES), [`${digest}.chunks`]: manifest }));
    const wrong = sha256Hex(tampered(CHUNK_BYTES).subarray(CHUNK_BYTES, 2 * CHUNK_BYTES));
    await expect(client([liar.url]).fetch(reference)).rejects.toMatchObject({
      code: 'artifact-corrupt',
      message: expect.stringContaining(`${liar.url}: chunk 1 has the SHA-256 ${wrong}`),
    });
    await expect(readFile(join(root, 'client', digest))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does not believe a manifest that fits false bytes', async () => {
    const lie = tampered(7);
    await writeFile(join(root, 'lie'), lie);
    const other = await openArtifacts(join(root, 'lies')).add(join(root, 'lie'));
    const text = await readFile(join(root, 'lies', `${other.digest}.chunks`), 'utf8');
    const forged = new TextEncoder().encode(text.replace(other.digest, digest));
    const files = { [digest]: lie, [`${digest}.chunks`]: forged };
    const [one, two] = [await hostile(plainFile(files)), await hostile(plainFile(files))];
    await client([one.url, two.url, await honest()]).fetch(reference);
    await expectWhole();
    await expect(client([one.url], 'alone').fetch(reference)).rejects.toMatchObject({
      code: 'artifact-corrupt',
      message: expect.stringContaining(`what it gives has the SHA-256 ${other.digest}`),
    });
  });

  it('goes on at another mirror, at the border of a chunk, when one breaks off', async () => {
    const cut = await hostile((request, response) => {
      if (request.url?.endsWith('.chunks')) return void response.end(manifest);
      response.writeHead(200, { 'content-length': SIZE });
      response.write(bytes.subarray(0, CHUNK_BYTES + 999), () => response.destroy());
    });
    const store = await honest();
    const ranges: (string | undefined)[] = [];
    const relay = await hostile((request, response) => {
      ranges.push(request.headers.range);
      fetch(new URL(request.url ?? '', store), {
        headers: request.headers.range ? { range: request.headers.range } : {},
      })
        .then(async (answer) => {
          response.writeHead(answer.status, Object.fromEntries(answer.headers));
          response.end(new Uint8Array(await answer.arrayBuffer()));
        })
        .catch(() => response.destroy());
    });
    await client([cut.url, relay.url]).fetch(reference);
    await expectWhole();
    expect(ranges.at(-1)).toBe(`bytes=${CHUNK_BYTES}-`);
  });

  it('is taken up where it was left by an earlier run', async () => {
    const cut = await hostile((request, response) => {
      if (request.url?.endsWith('.chunks')) return void response.end(manifest);
      if (request.headers.range) return void response.writeHead(503).end();
      response.writeHead(200, { 'content-length': SIZE });
      response.write(bytes.subarray(0, 2 * CHUNK_BYTES + 1), () => response.destroy());
    });
    await expect(client([cut.url]).fetch(reference)).rejects.toMatchObject({ code: 'artifact-unavailable' });
    const plain = await hostile(plainFile({ [`${digest}.chunks`]: manifest }));
    const rest = await hostile((request, response) => {
      if (request.headers.range !== `bytes=${2 * CHUNK_BYTES}-`) return void response.writeHead(404).end();
      response.writeHead(206, { 'content-range': `bytes ${2 * CHUNK_BYTES}-${SIZE - 1}/${SIZE}` });
      response.end(bytes.subarray(2 * CHUNK_BYTES));
    });
    await client([plain.url, rest.url]).fetch(reference);
    await expectWhole();
  });

  it.each<[string, Answer, string]>([
    ['stalls', (_, response) => void response.writeHead(200).write('x'), 'it gave nothing whole in 1500 ms'],
    ['never answers', () => {}, 'it gave nothing whole in 1500 ms'],
    [
      'redirects',
      (_, response) => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
      'it points elsewhere',
    ],
    ['fails', (_, response) => void response.writeHead(500).end(), 'it answers 500'],
    [
      'compresses',
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      'not the bytes as they are',
    ],
    [
      'sends another length',
      (_, response) => void response.writeHead(200, { 'content-length': 3 }).end('abc'),
      'another length',
    ],
    ['hangs up', (request) => void request.socket.destroy(), "it can't be read"],
  ])('leaves a mirror that %s for the next, and names it when there is none', async (_name, answer, why) => {
    const bad = await hostile((request, response) => {
      if (request.url?.endsWith('.chunks')) response.end(manifest);
      else answer(request, response);
    });
    await expect(client([bad.url], 'alone').fetch(reference)).rejects.toMatchObject({
      message: expect.stringContaining(why),
    });
    await client([bad.url, await honest()]).fetch(reference);
    await expectWhole();
  });

  it('is not filled beyond its length by a mirror that sends for ever', async () => {
    const flood = await hostile((request, response) => {
      if (request.url?.endsWith('.chunks')) return void response.writeHead(404).end();
      const more = (): void => {
        while (!response.destroyed && response.write(bytes));
      };
      response.writeHead(200).on('drain', more);
      more();
    });
    await expect(client([flood.url]).fetch(reference)).rejects.toMatchObject({
      message: expect.stringContaining('more bytes than the artifact has'),
    });
  });

  it('that nobody has is missing', async () => {
    const empty = await hostile(plainFile({}));
    await expect(client([empty.url]).fetch(reference)).rejects.toMatchObject({ code: 'artifact-missing' });
    await expect(client([empty.url]).sizeOf(digest)).rejects.toMatchObject({ code: 'artifact-missing' });
    expect(await client([await honest()]).sizeOf(digest)).toBe(SIZE);
  });

  it('by several at once is one', async () => {
    const mirrors = [await honest()];
    const shared = client(mirrors);
    await Promise.all([shared.fetch(reference), shared.fetch(reference), client(mirrors).fetch(reference)]);
    await expectWhole();
  });

  it.each(['ftp://a/', 'http://user:secret@a/', 'http://a/?x=1', 'nonsense'])('refuses %s as a mirror', (url) => {
    expect(() => client([url])).toThrow(expect.objectContaining({ code: 'artifact-mirror-invalid' }));
  });

  it('stays within the limits', async () => {
    const mirrors = [await honest()];
    const limited = (limits: object) => openArtifacts(join(root, 'limited'), { mirrors, limits }).fetch(reference);
    await expect(limited({ artifactBytes: SIZE - 1 })).rejects.toMatchObject({ code: 'artifact-too-large' });
    await expect(limited({ storeBytes: SIZE - 1 })).rejects.toMatchObject({ code: 'artifact-store-full' });
    await expect(limited({ reserveBytes: 2 ** 60 })).rejects.toMatchObject({ code: 'disk-full' });
    expect(await readdir(join(root, 'limited', '.partial'))).toEqual([]);
    await limited({ storeBytes: SIZE });
  });
});
