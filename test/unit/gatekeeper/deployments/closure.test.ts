import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openClosure } from '../../../../src/gatekeeper/deployments/index.ts';
import { packArchive } from '../../../../src/gatekeeper/documents/index.ts';
import { compareClosures, packClosure } from '../../../../src/gatekeeper/index.ts';
import { cases } from '../../../cases.ts';
import { deploymentFiles, mixedArchive } from './deployment-files.ts';

const path = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), { minLength: 1, maxLength: 3 })
  .map((parts) => `files/${parts.join('/')}.txt`);
const extra = fc
  .uniqueArray(fc.record({ path, executable: fc.boolean(), bytes: fc.uint8Array({ maxLength: 700 }) }), {
    selector: (file) => file.path,
    maxLength: 6,
  })
  .map((files) => [...deploymentFiles(), ...files]);

describe('packing a directory', () => {
  it('gives the same bytes for the same files in any order, and opening gives them back', () => {
    fc.assert(
      fc.property(extra, fc.infiniteStream(fc.nat()), (files, numbers) => {
        const one = packClosure(files);
        const keys = new Map(files.map((file) => [file, numbers.next().value as number]));
        const two = packClosure(files.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0)));
        expect(two.digest).toBe(one.digest);
        const opened = openClosure(one.archive);
        expect(opened.digest).toBe(one.digest);
        for (const { path: name, bytes, executable } of files) {
          const file = opened.files.get(name);
          expect(file?.executable).toBe(executable);
          expect(Buffer.compare(file?.bytes ?? Buffer.alloc(0), bytes)).toBe(0);
        }
      }),
      { numRuns: cases(60) },
    );
  });

  it('gives an archive of which no byte can be changed', () => {
    const { archive, digest } = packClosure(deploymentFiles());
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Uint8Array.from(archive);
        bytes[at] = ((bytes[at] ?? 0) + by) % 256;
        expect(() => openClosure(bytes)).toThrow(/refused/);
      }),
      { numRuns: cases(400) },
    );
    expect(openClosure(archive).digest).toBe(digest);
  });

  it('refuses what has no deployment.yaml, and what brings a manifest of its own', () => {
    expect(() => packClosure([])).toThrow(expect.objectContaining({ code: 'deployment-malformed' }));
    const own = { path: 'closure.json', executable: false, bytes: Buffer.from('{}') };
    expect(() => packClosure([...deploymentFiles(), own])).toThrow(
      expect.objectContaining({ code: 'deployment-malformed' }),
    );
  });
});

describe('opening an archive', () => {
  const inconsistent = expect.objectContaining({ code: 'closure-inconsistent' });

  it('refuses the files of one version with the manifest of another', () => {
    const one = packClosure(deploymentFiles({ version: '1.0.0', text: 'one' }));
    const two = packClosure(deploymentFiles({ version: '1.0.1', text: 'two' }));
    expect(() => openClosure(mixedArchive(one, two))).toThrow(inconsistent);
  });

  it('refuses what is not listed, what is listed and missing, and an archive without a list', () => {
    const { files, manifest } = packClosure(deploymentFiles());
    const list = { path: 'closure.json', executable: false, bytes: Buffer.from(JSON.stringify(manifest)) };
    const odd = { path: 'odd.txt', executable: false, bytes: Buffer.from('odd') };
    const all = [...files.values()];
    expect(() => openClosure(packArchive([...all, odd, list]))).toThrow(inconsistent);
    expect(() => openClosure(packArchive([...all.slice(1), list]))).toThrow(inconsistent);
    expect(() => openClosure(packArchive(all))).toThrow(inconsistent);
    expect(() => openClosure(packArchive([...all, { ...list, bytes: Buffer.from('[]') }]))).toThrow(inconsistent);
  });

  it('refuses a list with the same meaning and other bytes: there is one archive for a set of files', () => {
    const { files, manifest } = packClosure(deploymentFiles());
    const bytes = Buffer.from(JSON.stringify(manifest, null, 1));
    const archive = packArchive([...files.values(), { path: 'closure.json', executable: false, bytes }]);
    expect(() => openClosure(archive)).toThrow(inconsistent);
  });
});

describe('what a closure changes', () => {
  it('is what leads from the files before to the files after', () => {
    fc.assert(
      fc.property(extra, extra, (one, two) => {
        const [before, after] = [packClosure(one), packClosure(two)];
        const { added, changed, removed, steps } = compareClosures(before, after);
        const paths = new Set(before.files.keys());
        for (const name of removed) expect(paths.delete(name)).toBe(true);
        for (const name of added) {
          expect(paths.has(name)).toBe(false);
          paths.add(name);
        }
        expect([...paths].toSorted()).toEqual([...after.files.keys()].toSorted());
        for (const name of changed) expect(before.files.get(name)).not.toEqual(after.files.get(name));
        for (const name of after.files.keys())
          if (!added.includes(name) && !changed.includes(name))
            expect(
              Buffer.compare(before.files.get(name)?.bytes as Buffer, after.files.get(name)?.bytes as Buffer),
            ).toBe(0);
        expect(steps).toEqual({ added: [], changed: [], removed: [] });
        const same = compareClosures(after, after);
        expect([...same.added, ...same.changed, ...same.removed]).toEqual([]);
      }),
      { numRuns: cases(40) },
    );
  });
});
