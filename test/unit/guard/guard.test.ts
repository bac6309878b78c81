import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  buildManifest,
  type GuardCheck,
  guardLook,
  loadManifest,
  type Manifest,
  manifestPath,
  readVerdict,
  renewEntry,
  runGuard,
  saveManifest,
  type Verdict,
  verdictPath,
  verify,
} from '../../../src/guard/index.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';

let home: Home;
let file: string;
let link: string;
let manifest: Manifest;

beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'logos-guard-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  home = homeFrom({ LOGOS_HOME: root });
  file = join(root, 'policy.json');
  link = join(root, 'current');
  await writeFile(file, '{"limit":1}', { mode: 0o644 });
  await symlink('policy.json', link);
  manifest = await buildManifest([
    { path: link, kind: 'link' },
    { path: file, kind: 'file' },
    { path: file, kind: 'file' },
  ]);
  await saveManifest(home, manifest);
});

const look = (over: { manifest?: Manifest; extraChecks?: GuardCheck[]; checkTimeoutMs?: number } = {}) =>
  guardLook({ home, ...over });

describe('a manifest', () => {
  it('has one target taken down anew, and no other', async () => {
    await writeFile(file, '{"limit":2}');
    await rm(link);
    await symlink('elsewhere.json', link);
    await renewEntry(home, file);
    const kept = await loadManifest(home);
    const entries = kept.ok ? kept.manifest.entries : [];
    expect(entries.find(({ path }) => path === file)).not.toEqual(manifest.entries.find(({ path }) => path === file));
    expect(entries.find(({ path }) => path === link)).toMatchObject({ target: 'policy.json' });
  });

  it('that is damaged, or knows nothing of the target, stays as it is', async () => {
    const before = await readFile(manifestPath(home), 'utf8');
    await renewEntry(home, join(home.root, 'other'));
    expect(await readFile(manifestPath(home), 'utf8')).toBe(before);
    await writeFile(manifestPath(home), before.replace('"format":1', '"format":2'));
    await renewEntry(home, file);
    expect(await readFile(manifestPath(home), 'utf8')).toContain('"format":2');
  });

  it('holds each target once, with its digest, size, mode and owner', () => {
    expect(manifest.entries).toEqual([
      { path: link, kind: 'link', target: 'policy.json', uid: expect.any(Number), gid: expect.any(Number) },
      {
        path: file,
        kind: 'file',
        sha256: '156fedef9af97685d0e6f43eebe55d8ae67fcbf34b2fea23c2b1af061b4bcdf0',
        size: 11,
        mode: 0o644,
        uid: expect.any(Number),
        gid: expect.any(Number),
      },
    ]);
  });

  it.each<[string, () => string, 'file' | 'link']>([
    ['an absent file', () => '/nonexistent/file', 'file'],
    ['a directory', () => home.root, 'file'],
    ['a device', () => '/dev/null', 'file'],
    ['a link taken for a file', () => link, 'file'],
    ['a file taken for a link', () => file, 'link'],
  ])('is not made of %s', async (_, path, kind) => {
    await expect(buildManifest([{ path: path(), kind }])).rejects.toMatchObject({ code: 'guard-target-unreadable' });
  });

  it('is read back as it was kept', async () => {
    expect(await loadManifest(home)).toMatchObject({ ok: true, manifest });
  });
});

describe('verify', () => {
  const deviations = async () => (await verify(manifest)).deviations.map(({ target, found }) => [target, found]);

  it('finds what was not touched intact', async () => {
    expect(await verify(manifest)).toMatchObject({ integrity: 'intact', deviations: [], unchecked: [], checks: 2 });
  });

  it('finds other content of the same size', async () => {
    await writeFile(file, '{"limit":2}');
    expect(await verify(manifest)).toMatchObject({
      integrity: 'deviated',
      deviations: [
        { target: file, expected: expect.stringMatching(/^SHA-256 156f/), found: expect.stringMatching(/^SHA-256/) },
      ],
    });
  });

  it('finds another mode, also a set-user-ID bit', async () => {
    await chmod(file, 0o4644);
    expect(await deviations()).toEqual([[file, 'mode 04644']]);
  });

  it('finds another owner', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('needs root');
    await chown(file, 4321, 4321);
    expect(await deviations()).toEqual([[file, 'owner 4321:4321']]);
  });

  it('finds what is gone, replaced by a link to the same content, or by a FIFO-like thing', async () => {
    await rename(file, `${file}.moved`);
    expect(await deviations()).toEqual([[file, 'absent']]);
    await symlink(`${file}.moved`, file);
    expect(await deviations()).toEqual([[file, 'link']]);
    await rm(file);
    await mkdir(file);
    expect(await deviations()).toEqual([[file, 'other']]);
  });

  it('finds a link that points elsewhere', async () => {
    await rm(link);
    await symlink('elsewhere', link);
    expect(await deviations()).toEqual([[link, 'link to elsewhere']]);
  });

  it('calls it unknown when a target cannot be looked at', async () => {
    const [entry] = manifest.entries;
    if (entry === undefined) throw new Error('no entry');
    const tooLong = { ...manifest, entries: [{ ...entry, path: `/${'x'.repeat(5_000)}` }] };
    expect(await verify(tooLong)).toMatchObject({ integrity: 'unknown', unchecked: [{ reason: expect.any(String) }] });
  });

  it('calls a manifest of nothing unknown', async () => {
    expect(await verify({ ...manifest, entries: [] })).toMatchObject({ integrity: 'unknown' });
  });
});

describe('a look', () => {
  it('finds an absent, damaged, exchanged or emptied manifest deviating, never intact', async () => {
    const path = manifestPath(home);
    const good = await readFile(path, 'utf8');
    const bad = async (content: string | undefined) => {
      if (content === undefined) await rm(path);
      else await writeFile(path, content);
      return [await look()(), await look({ manifest })()].map(({ integrity, deviations }) => {
        expect(deviations[0]?.target).toBe(path);
        return integrity;
      });
    };
    for (const content of ['', '{}', good.slice(0, -20), good.replace('"size":11', '"size":12'), 'null', undefined]) {
      expect(await bad(content)).toEqual(['deviated', 'deviated']);
    }
  });

  it('finds a manifest exchanged for a valid one while it watches', async () => {
    const again = look();
    expect(await again()).toMatchObject({ integrity: 'intact' });
    await writeFile(file, 'evil');
    await saveManifest(home, await buildManifest([{ path: file, kind: 'file' }]));
    const { integrity, deviations } = await again();
    expect(integrity).toBe('deviated');
    expect(deviations.map(({ target }) => target)).toEqual(expect.arrayContaining([manifestPath(home), file]));
  });

  it('sees a change whose time stamp was put back', async () => {
    // A whole second: what utimes puts back is exact then.
    await utimes(file, 1_000, 1_000);
    const again = look();
    await again();
    await writeFile(file, '{"limit":9}');
    await utimes(file, 1_000, 1_000);
    expect(await again()).toMatchObject({ integrity: 'deviated' });
  });

  it('counts what other checks find, and cannot tell when one throws or hangs', async () => {
    const deviation = { target: 'nftables', expected: 'table logos', found: 'absent' };
    const check = (run: GuardCheck['run']): GuardCheck => ({ name: 'firewall', run });
    const verdict = (run: GuardCheck['run']) => look({ extraChecks: [check(run)], checkTimeoutMs: 50 })();
    expect(await verdict(async () => [])).toMatchObject({ integrity: 'intact', checks: 3 });
    expect(await verdict(async () => [deviation])).toMatchObject({ integrity: 'deviated', deviations: [deviation] });
    expect(await verdict(() => Promise.reject(new Error('nft is missing')))).toMatchObject({
      integrity: 'unknown',
      unchecked: [{ target: 'firewall', reason: 'nft is missing' }],
    });
    expect(
      await verdict(() => {
        throw new Error('at once');
      }),
    ).toMatchObject({ integrity: 'unknown' });
    expect(await verdict(() => new Promise(() => {}))).toMatchObject({
      integrity: 'unknown',
      unchecked: [{ reason: expect.stringContaining('50 ms') }],
    });
  });
});

describe('the guard', () => {
  it('keeps each verdict, tells it with the one before, and ends when told to', async () => {
    const verdicts: [string | undefined, string][] = [];
    const end = new AbortController();
    const onVerdict = async (verdict: Verdict, previous: Verdict | undefined) => {
      verdicts.push([previous?.integrity, verdict.integrity]);
      expect(JSON.parse(await readFile(verdictPath(home), 'utf8'))).toEqual(verdict);
      if (verdicts.length === 1) await chmod(file, 0o666);
      if (verdicts.length === 2) await chmod(file, 0o644);
      if (verdicts.length === 3) end.abort();
    };
    await runGuard({ home, intervalMs: 5, onVerdict, signal: end.signal, clock: systemClock });
    expect(verdicts).toEqual([
      [undefined, 'intact'],
      ['intact', 'deviated'],
      ['deviated', 'intact'],
    ]);
  });

  it('tells at once what deviates, and that all is well only once all was looked at', async () => {
    const verdicts: string[] = [];
    const end = new AbortController();
    let answer: () => void = () => {};
    const slow = { name: 'slow', everyMs: 1e9, run: () => new Promise<[]>((resolve) => (answer = () => resolve([]))) };
    const onVerdict = ({ integrity }: Verdict) => void verdicts.push(integrity);
    const guarding = runGuard({ home, intervalMs: 5, extraChecks: [slow], onVerdict, signal: end.signal });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(verdicts).toEqual([]);
    await chmod(file, 0o666);
    await expect.poll(() => verdicts).toContain('deviated');
    await chmod(file, 0o644);
    answer();
    await expect.poll(() => verdicts).toContain('intact');
    end.abort();
    await guarding;
  });

  it('is not believed when it has not looked for long, or its verdict is damaged', async () => {
    expect(await readVerdict(home, 1_000)).toMatchObject({ integrity: 'unknown' });
    const end = new AbortController();
    await runGuard({ home, intervalMs: 5, onVerdict: () => end.abort(), signal: end.signal });
    expect(await readVerdict(home, 60_000)).toMatchObject({ integrity: 'intact' });
    expect(await readVerdict(home, 60_000, Date.now() + 61_000)).toMatchObject({ integrity: 'unknown' });
    expect(await readVerdict(home, 60_000, Date.now() - 61_000)).toMatchObject({ integrity: 'unknown' });
    await writeFile(verdictPath(home), '{"integrity":"intact"}');
    expect(await readVerdict(home, 60_000)).toMatchObject({ integrity: 'unknown' });
  });

  it('whose last word was a deviation is believed until it looks again', async () => {
    await chmod(file, 0o666);
    const end = new AbortController();
    await runGuard({ home, intervalMs: 5, onVerdict: () => end.abort(), signal: end.signal });
    expect(await readVerdict(home, 1_000, Date.now() + 1e9)).toMatchObject({ integrity: 'deviated' });
  });
});
