import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claim, claimantOf, readClaims, unclaim } from '../../../src/hypervisor/claims.ts';
import { decideStep, type Found } from '../../../src/hypervisor/collect-decision.ts';
import { Definitions, type DvmDefinition } from '../../../src/hypervisor/definitions.ts';
import { Disks } from '../../../src/hypervisor/disks.ts';
import { withDvm } from '../../../src/hypervisor/dvm-host.ts';
import { defineDvm } from '../../../src/hypervisor/lifecycle.ts';
import { resize } from '../../../src/hypervisor/resize.ts';
import { localExec } from '../../../src/system/exec.ts';
import { Journal } from '../../../src/system/journal.ts';
import { cases } from '../../cases.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-dvm-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const NEW = { name: 'one', vcpus: 1, memoryMiB: 128, path: 'qemu', deadlineMs: 60_000 } as const;
const define = (change: Partial<Parameters<typeof defineDvm>[1]> = {}) =>
  defineDvm({ diskDirectory: '/disks' }, { ...NEW, ...change });

describe('what is done with what is found', () => {
  const here = define();
  const look = (change: Partial<NonNullable<Found['look']>> = {}): Found['look'] => ({
    domain: { name: 'one', uuid: here.uuid, id: 1 },
    state: 'running',
    ...change,
  });
  const up: DvmDefinition = { ...here, up: true };
  const found = (change: Partial<Found>): Found => ({ journalled: true, host: '/a', ...change });

  test.each<[string, Partial<Found>, string]>([
    ['it runs', { definition: up, look: look() }, 'keep'],
    ['it stands still by order', { definition: { ...up, wanted: 'paused' }, look: look({ state: 'paused' }) }, 'keep'],
    ['it should stand still', { definition: { ...up, wanted: 'paused' }, look: look() }, 'suspend'],
    ['its disk was full', { definition: up, look: look({ state: 'paused', reason: 'disk' }) }, 'resume'],
    ['it crashed', { definition: up }, 'start'],
    ['its start was cut off', { definition: here, look: look() }, 'restart'],
    ['it was being started', { definition: up, look: look({ state: 'paused', reason: 'starting' }) }, 'restart'],
    ['its name was taken', { definition: up, look: look({ domain: { name: 'one', uuid: 'x', id: 2 } }) }, 'restart'],
    ['another host has it', { definition: up, look: look(), claimant: '/b' }, 'yield'],
    ['it is this host’s', { definition: up, look: look(), claimant: '/a' }, 'keep'],
    ['it was stopped', { definition: { ...up, wanted: 'stopped' } }, 'keep'],
    ['its stop was cut off', { definition: { ...up, wanted: 'stopped' }, look: look() }, 'stop'],
    ['its removal was cut off', { definition: { ...up, wanted: 'removed' }, look: look() }, 'remove'],
    ['the chain started it', { look: look() }, 'keep'],
    ['nobody started it', { look: look(), journalled: false }, 'end'],
    ['only the journal knows it', {}, 'end'],
  ])('%s', (_, change, step) => {
    expect(decideStep(found(change))).toBe(step);
  });

  test('a guest is never ended that runs as wanted, and none is started that another host has', () => {
    const state = fc.constantFrom('running', 'paused', 'shutoff', 'crashed' as const);
    const reason = fc.option(fc.constantFrom('user', 'migration', 'disk', 'starting', 'other' as const), {
      nil: undefined,
    });
    const any = fc.record({
      definition: fc.option(
        fc.record({
          wanted: fc.constantFrom('running', 'paused', 'stopped', 'removed' as const),
          up: fc.boolean(),
          moving: fc.option(fc.constant({ way: 'out', peer: '/b', handedOver: true } as const), { nil: undefined }),
        }),
        { nil: undefined },
      ),
      look: fc.option(fc.record({ state, reason }), { nil: undefined }),
      journalled: fc.boolean(),
      claimant: fc.constantFrom(undefined, '/a', '/b'),
    });
    fc.assert(
      fc.property(any, ({ definition, look: seen, journalled, claimant }) => {
        const step = decideStep({
          ...{ journalled, claimant, host: '/a' },
          definition: definition && { ...here, ...definition },
          look: seen && look(seen),
        });
        if (definition?.moving && definition.wanted !== 'removed') expect(step).toBe('settle');
        else if (claimant === '/b' && definition) expect(['yield', 'remove']).toContain(step);
        else if (definition?.up && definition.wanted === 'running' && seen?.state === 'running')
          expect(step).toBe('keep');
        if (definition?.wanted === 'stopped' || definition?.wanted === 'removed') {
          expect(['start', 'restart', 'resume']).not.toContain(step);
        }
      }),
      { numRuns: cases(500) },
    );
  });
});

describe('definitions', () => {
  test('are read as they were written, and damage is not passed over', async () => {
    const definitions = new Definitions(join(directory, 'definitions'));
    expect(await definitions.list()).toEqual([]);
    const one = define({ diskMiB: [16, 32], sharedDirectory: '/srv/dvms' });
    await definitions.write(one);
    await definitions.write(define({ name: 'another' }));
    expect((await definitions.list()).map(({ name }) => name)).toEqual(['another', 'one']);
    expect(await definitions.find('one')).toEqual(one);
    expect(one.disks).toMatchObject([{ file: '/srv/dvms/one-0.qcow2', shared: true }, { sizeMiB: 32 }]);
    await definitions.forget('another');
    await definitions.forget('another');
    await expect(definitions.find('../one')).rejects.toMatchObject({ code: 'dvm-spec-invalid' });
    await writeFile(join(directory, 'definitions', 'one.json'), '{"name":"one"}');
    await expect(definitions.list()).rejects.toMatchObject({ code: 'state-damaged' });
  });

  test('a size changes what it says, and a disk never shrinks', () => {
    const one = define({ diskMiB: [16, 32] });
    expect(resize(one, { vcpus: 2, diskMiB: 20 })).toEqual({
      ...one,
      vcpus: 2,
      disks: [{ ...one.disks[0], sizeMiB: 20 }, one.disks[1]],
    });
    expect(() => resize(one, { diskMiB: 15 })).toThrow(expect.objectContaining({ code: 'dvm-resize-smaller' }));
    expect(() => resize(define(), { diskMiB: 15 })).toThrow(expect.objectContaining({ code: 'dvm-resize-smaller' }));
  });
});

describe('claims', () => {
  test('say whose a DVM is, and are taken back by who made them', async () => {
    const one = define({ sharedDirectory: directory });
    await claim('/a', one);
    expect(await claimantOf(one)).toBe('/a');
    await claim('/b', one);
    await unclaim('/a', one);
    expect(await readClaims(directory)).toEqual([{ host: '/b', definition: one }]);
    // Another DVM of the same name is not this one.
    expect(await claimantOf({ ...one, uuid: define().uuid })).toBeUndefined();
    await unclaim('/b', one);
    expect(await readClaims(directory)).toEqual([]);
    await claim('/a', define());
    expect(await readClaims(directory)).toEqual([]);
  });
});

describe('one thing at a time', () => {
  test('a DVM that somebody is at work on is left alone', async () => {
    const host = { locks: join(directory, 'locks') };
    await withDvm(host, 'one', async () => {
      await expect(withDvm(host, 'one', async () => {})).rejects.toMatchObject({ code: 'dvm-busy' });
      expect(await withDvm(host, 'two', async () => 'other')).toBe('other');
    });
    expect(await withDvm(host, 'one', async () => 'free')).toBe('free');
    await expect(withDvm(host, '../x', async () => {})).rejects.toMatchObject({ code: 'dvm-spec-invalid' });
  });
});

describe('disks', () => {
  test('that nobody names are swept, and shared ones stay', async () => {
    const journal = new Journal(join(directory, 'journal.jsonl'));
    // A disk is any file here; how qemu-img makes one is the lab's to try.
    const exec: typeof localExec = (command, args, options) =>
      command === 'qemu-img' ? localExec('touch', [args[4] ?? ''], options) : localExec(command, args, options);
    const disks = new Disks({ exec, journal });
    const disk = (name: string, isShared: boolean) =>
      ({ file: join(directory, name), format: 'qcow2', sizeMiB: 1, shared: isShared }) as const;
    await disks.make([disk('kept', false), disk('left', false), disk('shared', true)]);
    await disks.make([disk('kept', false)]);
    expect((await journal.pending()).map(({ target }) => target)).toEqual([
      join(directory, 'kept'),
      join(directory, 'left'),
    ]);
    expect(await disks.sweep(async () => new Set([join(directory, 'kept')]))).toEqual([join(directory, 'left')]);
    expect(await disks.isThere(join(directory, 'left'))).toBe(false);
    expect(await disks.isThere(join(directory, 'shared'))).toBe(true);
    expect(await disks.sameStorage(disks, join(directory, 'shared'))).toBe(true);
    const elsewhere = new Disks({ exec: async () => ({ exitCode: 1, stdout: '', stderr: '' }), journal });
    expect(await disks.sameStorage(elsewhere, join(directory, 'shared'))).toBe(false);
    await disks.remove([disk('kept', false), disk('shared', true)]);
    expect(await disks.isThere(join(directory, 'shared'))).toBe(true);
    expect(await journal.pending()).toEqual([]);
  });
});
