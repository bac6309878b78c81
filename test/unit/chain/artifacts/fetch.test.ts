import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openArtifacts } from '../../../../src/chain/index.ts';
import { builtInArtifactFiles, builtInSeed, readSeedFile } from '../../../../src/chain/seed.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';

const BYTES = new TextEncoder().encode('the policy');
const reference = { digest: sha256Hex(BYTES), size: BYTES.length };
let root: string;
let cache: string;
let source: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-artifacts-'));
  cache = join(root, 'cache');
  source = join(root, 'source');
  await mkdir(cache);
  await mkdir(source);
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

describe('artifacts', () => {
  it('come from a source, and from the cache from then on', async () => {
    await writeFile(join(source, reference.digest), BYTES);
    expect(Buffer.from(await openArtifacts(cache, { sources: [source] }).fetch(reference)).toString()).toBe(
      'the policy',
    );
    expect(Buffer.from(await openArtifacts(cache).fetch(reference)).toString()).toBe('the policy');
  });

  it.each(['cache', 'source'])('with a wrong hash in the %s are never given out', async (place) => {
    await writeFile(join(root, place, reference.digest), 'The policy');
    await expect(openArtifacts(cache, { sources: [source] }).fetch(reference)).rejects.toMatchObject({
      code: 'artifact-corrupt',
      message: expect.stringContaining(sha256Hex('The policy')),
    });
  });

  it('with the right hash and a wrong size are refused', async () => {
    await writeFile(join(source, reference.digest), BYTES);
    const wrong = { ...reference, size: reference.size + 1 };
    await expect(openArtifacts(cache, { sources: [source] }).fetch(wrong)).rejects.toMatchObject({
      code: 'artifact-corrupt',
    });
  });

  it('damaged in the cache are fetched anew from an intact source', async () => {
    await writeFile(join(cache, reference.digest), 'The policy');
    await writeFile(join(source, reference.digest), BYTES);
    await openArtifacts(cache, { sources: [source] }).fetch(reference);
    expect(await readFile(join(cache, reference.digest), 'utf8')).toBe('the policy');
  });

  it('that are nowhere are missing, and a reference can not leave the directory', async () => {
    const absent = { digest: '0'.repeat(64), size: 1 };
    await expect(openArtifacts(cache).fetch(absent)).rejects.toMatchObject({ code: 'artifact-missing' });
    await writeFile(join(root, 'secret'), 'x');
    const escaping = { digest: '../secret', size: 1 };
    await expect(openArtifacts(cache).fetch(escaping)).rejects.toMatchObject({ code: 'artifact-corrupt' });
  });

  it('of the seed are built in', async () => {
    const files = builtInArtifactFiles(builtInSeed());
    expect(files.length).toBeGreaterThan(0);
    for (const bytes of files.map(readSeedFile)) {
      const found = await openArtifacts(cache).fetch({ digest: sha256Hex(bytes), size: bytes.length });
      expect(sha256Hex(found)).toBe(sha256Hex(bytes));
    }
  });
});
