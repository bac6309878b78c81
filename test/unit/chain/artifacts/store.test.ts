import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHUNK_BYTES } from '../../../../src/chain/artifacts/chunks.ts';
import { namedArtifacts, openArtifacts } from '../../../../src/chain/index.ts';
import type { ArtifactReference, ConfigurationSnapshot } from '../../../../src/chain/types.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';
import { UserError } from '../../../../src/system/errors.ts';

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-store-'));
  directory = join(root, 'store');
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function added(content: string | Uint8Array): Promise<ArtifactReference> {
  const path = join(root, 'file');
  await writeFile(path, content);
  return openArtifacts(directory).add(path);
}

/** Makes all files of the store older than the grace. */
async function age(): Promise<void> {
  const old = new Date(Date.now() - 7_200_000);
  for (const name of await readdir(directory, { recursive: true })) {
    await utimes(join(directory, name), old, old);
  }
}

const names = async (): Promise<string[]> => (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
const nothing = { roots: new Set<string>() };

describe('the artifact store', () => {
  it('takes files in under their SHA-256, and lists them', async () => {
    const small = await added('small');
    const large = await added(new Uint8Array(CHUNK_BYTES + 1));
    const empty = await added('');
    expect(small).toEqual({ digest: sha256Hex('small'), size: 5 });
    const store = openArtifacts(directory);
    const listed = await store.list();
    expect(listed.map(({ digest, size }) => ({ digest, size }))).toEqual(
      [small, large, empty].sort((one, other) => (one.digest < other.digest ? -1 : 1)),
    );
    expect(await names()).toEqual([small.digest, large.digest, `${large.digest}.chunks`, empty.digest].sort());
    expect((await stat(join(directory, small.digest))).mode & 0o777).toBe(0o600);
    expect(await store.verify()).toEqual({ intact: 3, damaged: [] });
    expect((await store.fetch(empty)).length).toBe(0);
  });

  it('takes the same file from several writers at once', async () => {
    await writeFile(join(root, 'file'), new Uint8Array(2 * CHUNK_BYTES + 3));
    const store = openArtifacts(directory);
    const all = await Promise.all(Array.from({ length: 5 }, () => store.add(join(root, 'file'))));
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(1);
    expect(await store.verify()).toEqual({ intact: 1, damaged: [] });
    expect(await readdir(join(directory, '.partial'))).toEqual([]);
  });

  it('refuses what is no file, and what is too large, and leaves nothing of it', async () => {
    const store = openArtifacts(directory, { limits: { artifactBytes: 4 } });
    await expect(store.add(join(root, 'absent'))).rejects.toMatchObject({ code: 'file-unreadable' });
    await expect(store.add(root)).rejects.toMatchObject({ code: 'file-unreadable' });
    await writeFile(join(root, 'file'), 'large');
    await expect(store.add(join(root, 'file'))).rejects.toMatchObject({ code: 'artifact-too-large' });
    expect(await names()).toEqual([]);
    await expect(store.pin('../x')).rejects.toMatchObject({ code: 'artifact-digest-invalid' });
  });

  it('finds and removes what was damaged', async () => {
    const [good, bad] = [await added('good'), await added('bad')];
    await writeFile(join(directory, bad.digest), 'bat');
    const store = openArtifacts(directory);
    expect(await store.verify()).toEqual({ intact: 1, damaged: [bad.digest] });
    await expect(store.use(bad, async () => 1)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await store.verify({ remove: true });
    expect(await names()).toEqual([good.digest]);
    await expect(store.use(bad, async () => 1)).rejects.toMatchObject({ code: 'artifact-missing' });
  });

  it('does not give up an intact artifact for a reference that is wrong', async () => {
    const good = await added('good');
    await expect(
      openArtifacts(directory, { mirrors: ['http://127.0.0.1:1/'] }).use({ ...good, size: 3 }, async () => 1),
    ).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect(await names()).toEqual([good.digest]);
  });
});

describe('collecting', () => {
  it('keeps what the chain names, what is pinned and what is new', async () => {
    const [root, pinned, old] = [
      await added('root'),
      await added('pinned'),
      await added(new Uint8Array(CHUNK_BYTES + 1)),
    ];
    const store = openArtifacts(directory);
    await store.pin(pinned.digest);
    await age();
    const young = await added('young');
    const roots = new Set([root.digest]);
    const planned = await store.collect({ roots, dryRun: true });
    expect(planned.removed).toEqual([old]);
    expect(await names()).toHaveLength(5);
    expect(await store.collect({ roots })).toEqual(planned);
    expect(await names()).toEqual([root.digest, pinned.digest, young.digest].sort());
    await store.unpin(pinned.digest);
    expect((await store.collect({ roots, graceMs: 0 })).removed).toHaveLength(2);
    expect(await names()).toEqual([root.digest]);
  });

  it('keeps what is in use', async () => {
    const used = await added('used');
    const store = openArtifacts(directory);
    await store.use(used, async (path) => {
      await age();
      expect((await openArtifacts(directory).collect(nothing)).removed).toEqual([]);
      expect(await readFile(path, 'utf8')).toBe('used');
    });
    expect((await store.collect(nothing)).removed).toEqual([used]);
  });

  it('removes what writers left behind when they were ended, and only what is old', async () => {
    await added('kept');
    await mkdir(join(directory, '.partial'), { recursive: true });
    await mkdir(join(directory, '.leases'), { recursive: true });
    const left = [`${'ab'.repeat(32)}.77.aa.tmp`, `${'cd'.repeat(32)}.chunks`, `.partial/${'ef'.repeat(32)}.00`];
    for (const name of [...left, `.leases/${'01'.repeat(32)}.00`]) await writeFile(join(directory, name), 'x');
    const store = openArtifacts(directory);
    expect(await store.collect(nothing)).toMatchObject({ removed: [], leftovers: 0 });
    await age();
    expect(await store.collect({ roots: new Set([sha256Hex('kept')]) })).toMatchObject({ removed: [], leftovers: 3 });
    expect(await names()).toEqual([sha256Hex('kept')]);
    expect(await readdir(join(directory, '.leases'))).toEqual([]);
  });

  it('takes its roots from all sections of the chain', async () => {
    const entry = { key: 'k', mediaType: '', version: 1 };
    const snapshot = (section: string, value: ArtifactReference | undefined) => ({
      section,
      version: 1,
      digest: '0x00' as const,
      entries: new Map([
        [
          'a',
          {
            ...entry,
            value: value === undefined ? { kind: 'inline', bytes: new Uint8Array() } : { kind: 'artifact', ...value },
          },
        ],
      ]) as ConfigurationSnapshot['entries'],
    });
    const [one, two] = [
      { digest: 'ab'.repeat(32), size: 1 },
      { digest: 'cd'.repeat(32), size: 2 },
    ];
    const values: Record<string, ArtifactReference | undefined> = { x: one, y: two, z: undefined };
    const chain = {
      sections: async () => Object.keys(values),
      configuration: async (section: string) => snapshot(section, values[section]),
    };
    expect([...(await namedArtifacts(chain)).values()]).toEqual([one, two]);
  });

  it('and from what is deployed or proposed there', async () => {
    const statuses = ['proposed', 'approved', 'applied', 'failed', 'rejected', 'withdrawn', 'expired'] as const;
    const proposals = statuses.map((status, index) => ({
      status,
      change: { target: 'region/base', closure: `${index}a`.repeat(32), size: index },
    }));
    const view = async () => ({ height: 1, from: async () => proposals, current: async () => undefined });
    const chain = { sections: async () => [], configuration: async () => ({}), deployment: { view } };
    const named = await namedArtifacts(chain as unknown as Parameters<typeof namedArtifacts>[0]);
    expect([...named.values()]).toEqual([0, 1, 2].map((index) => ({ digest: `${index}a`.repeat(32), size: index })));
    const without = { ...chain, deployment: { view: () => Promise.reject(new UserError('section-unknown', 'none')) } };
    expect((await namedArtifacts(without as unknown as Parameters<typeof namedArtifacts>[0])).size).toBe(0);
  });
});
