import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSeedFile } from '../../../src/chain/index.ts';
import { checkClosure, packClosure, parseDvciRules } from '../../../src/gatekeeper/index.ts';
import { manifestOf, packRecord, recordFiles, refuseOther } from '../../../src/region/index.ts';
import { compareManifests } from '../../../src/region/platform.ts';
import { compareRecords } from '../../../src/region/record.ts';
import { builtInLibraries } from '../../../src/service/index.ts';
import { cases } from '../../cases.ts';
import { parsed, written } from './region-world.ts';

const files = ['phases/base.yml', 'roles/base/tasks/main.yml', 'library/x.py'].map((path) => ({
  path,
  executable: false,
  bytes: Buffer.from(path),
}));
const platform = manifestOf(files);

describe('the record of a region', () => {
  it('has one digest, whatever order the files come in', () => {
    const other = packRecord(parsed(), manifestOf(files.toReversed()));
    expect(packRecord(parsed(), platform).digest).toBe(other.digest);
    expect(packClosure(recordFiles(parsed(), platform)).digest).toBe(other.digest);
  });

  it('names the one byte that differs', () => {
    const [first, ...rest] = files;
    const changed = manifestOf([
      { path: first?.path ?? '', executable: false, bytes: Buffer.from('phases/base.ymL') },
      ...rest,
    ]);
    const found = packRecord(parsed(), changed);
    const named = packRecord(parsed(), platform);
    expect(compareRecords(named, found)).toEqual([{ what: 'platform', where: 'phases/base.yml', how: 'changed' }]);
    expect(() => refuseOther(named, found)).toThrow(
      expect.objectContaining({ code: 'region-closure-differs', exitCode: 3 }),
    );
    // Without the record itself it is refused all the same.
    expect(() => refuseOther(named.digest, found)).toThrow(expect.objectContaining({ code: 'region-closure-differs' }));
    expect(() => refuseOther(named, packRecord(parsed(), platform))).not.toThrow();
  });

  it('names values, added and removed files, and a file that became a program', () => {
    const value = written();
    Object.assign(value, { vip: '10.0.0.9', workers: 3 });
    const tree = manifestOf([
      ...files.slice(1).map((file) => (file.path === 'library/x.py' ? { ...file, executable: true } : file)),
      { path: 'new.yml', executable: false, bytes: Buffer.from('') },
    ]);
    const found = compareRecords(packRecord(parsed(), platform), packRecord(parsed(value), tree));
    expect(found.map(({ where, how }) => `${where} ${how}`)).toEqual([
      'library/x.py changed',
      'new.yml added',
      'phases/base.yml removed',
      '/vip changed',
      '/workers changed',
    ]);
  });

  it('is equal to itself alone, for any two trees', () => {
    const bytes = fc.uint8Array({ maxLength: 4 });
    const trees = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.tuple(bytes, fc.boolean()));
    const manifest = (tree: Record<string, [Uint8Array, boolean]>) =>
      manifestOf(Object.entries(tree).map(([path, [content, executable]]) => ({ path, bytes: content, executable })));
    fc.assert(
      fc.property(trees, trees, (one, other) => {
        const differs = JSON.stringify(manifest(one)) !== JSON.stringify(manifest(other));
        expect(compareManifests(manifest(one), manifest(other)).length > 0).toBe(differs);
      }),
      { numRuns: cases(200) },
    );
  });
});

it('leaves out what Python writes beside its sources', () => {
  const cache = { path: 'library/__pycache__/x.pyc', executable: false, bytes: Buffer.from('x') };
  expect(Object.keys(manifestOf([...files, cache]))).not.toContain(cache.path);
});

it('passes the checks of any deployment, so that it can be proposed', () => {
  const dvci = parseDvciRules(readSeedFile('network/dvci-rules.json'));
  const rules = { libraries: builtInLibraries(), accepted: ['ansible/*'], dvci };
  expect(checkClosure(packRecord(parsed(), platform), rules).findings).toEqual([]);
});
