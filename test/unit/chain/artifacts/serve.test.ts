import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rangeOf } from '../../../../src/chain/artifacts/serve.ts';
import { type ArtifactServer, openArtifacts, serveArtifacts } from '../../../../src/chain/index.ts';

let root: string;
let server: ArtifactServer;
let digest: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-serve-'));
  await writeFile(join(root, 'secret'), 'secret');
  await writeFile(join(root, 'file'), '0123456789');
  ({ digest } = await openArtifacts(join(root, 'store')).add(join(root, 'file')));
  await symlink(join(root, 'secret'), join(root, 'store', 'ab'.repeat(32)));
  server = await serveArtifacts({ directory: join(root, 'store'), port: 0 });
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(new URL(path, server.url), { headers, method });

/** As it stands, without the tidying that fetch does. */
function rawStatus(path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

describe('the artifact server', () => {
  it('gives an artifact whole and in ranges', async () => {
    const whole = await get(digest);
    expect(whole.headers.get('etag')).toBe(`"${digest}"`);
    expect(await whole.text()).toBe('0123456789');
    const part = await get(digest, { range: 'bytes=3-5' });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, '345', 'bytes 3-5/10']);
    expect(await (await get(digest, { range: 'bytes=-2' })).text()).toBe('89');
    expect((await get(digest, { range: 'bytes=10-' })).status).toBe(416);
    expect((await get(digest, { 'if-none-match': `"${digest}"` })).status).toBe(304);
    const head = await get(digest, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
  });

  it('gives nothing else, and takes nothing', async () => {
    for (const path of [
      '/',
      '/.lock',
      '/.partial',
      '/../secret',
      '/%2e%2e/secret',
      `/${digest}/..`,
      `/${digest}.tmp`,
    ]) {
      expect(await rawStatus(path), path).toBe(404);
    }
    expect((await get('ab'.repeat(32))).status).toBe(404);
    expect((await get('cd'.repeat(32))).status).toBe(404);
    for (const method of ['PUT', 'POST', 'DELETE']) expect((await get(digest, {}, method)).status).toBe(405);
  });

  it('says when its port is taken', async () => {
    const port = Number(new URL(server.url).port);
    await expect(serveArtifacts({ directory: root, port })).rejects.toMatchObject({ code: 'port-taken' });
  });

  it('never gives a range that is not in the file', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-,= bytes') }), fc.nat(1_000), (text, size) => {
        for (const header of [text, `bytes=${text}`]) {
          const range = rangeOf(header, size);
          if (range === undefined || range === 'unsatisfiable') continue;
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeGreaterThanOrEqual(range.start);
          expect(range.end).toBeLessThan(size);
        }
      }),
    );
  });
});
