import { link, lstat, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claim, claimantOf, claimOf, readClaims, unclaim } from '../../../src/hypervisor/claims.ts';
import { decideStep, type Found, withoutStarting } from '../../../src/hypervisor/collect-decision.ts';
import { Definitions, type DvmDefinition } from '../../../src/hypervisor/definitions.ts';
import { Disks } from '../../../src/hypervisor/disks.ts';
import { type DvmHost, dvmLocks, settled, withDvm } from '../../../src/hypervisor/dvm-host.ts';
import { evacuateHere } from '../../../src/hypervisor/evacuate.ts';
import { hostId, rootOf } from '../../../src/hypervisor/host-id.ts';
import {
  bringUp,
  checkNewDvm,
  createDvm,
  defineDvm,
  forgetDvm,
  haltAllDvms,
  startAgain,
} from '../../../src/hypervisor/lifecycle.ts';
import { relay } from '../../../src/hypervisor/migration-relay.ts';
import { resize } from '../../../src/hypervisor/resize.ts';
import { localExec } from '../../../src/system/exec.ts';
import { homeFrom } from '../../../src/system/home.ts';
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
    [
      'its removal was cut off, and another has it',
      { definition: { ...up, wanted: 'removed' }, claimant: '/b' },
      'yield',
    ],
    [
      'a third host has it',
      { definition: { ...up, moving: { way: 'out', peer: '/b', handedOver: false } }, claimant: '/c' },
      'yield',
    ],
    ['its removal was cut off', { definition: { ...up, wanted: 'removed' }, look: look() }, 'remove'],
    ['the chain started it', { look: look() }, 'keep'],
    ['nobody started it', { look: look(), journalled: false }, 'end'],
    ['only the journal knows it', {}, 'end'],
  ])('%s', (_, change, step) => {
    expect(decideStep(found(change))).toBe(step);
  });

  test.each([
    ['start', 'keep'],
    ['restart', 'keep'],
    ['resume', 'keep'],
    ['settle', 'keep'],
    ['suspend', 'suspend'],
    ['yield', 'yield'],
    ['remove', 'remove'],
  ] as const)('where nothing may be started, %s becomes %s', (step, left) => {
    expect(withoutStarting(step)).toBe(left);
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
        if (definition)
          expectSound(step, { ...definition, isTheirs: claimant === '/b', runs: seen?.state === 'running' });
      }),
      { numRuns: cases(500) },
    );
  });
});

interface Seen extends Pick<DvmDefinition, 'moving' | 'up' | 'wanted'> {
  isTheirs: boolean;
  runs: boolean;
}

function expectSound(step: string, { moving, up, wanted, isTheirs, runs }: Seen): void {
  if (moving) expect(step).toBe(wanted === 'removed' ? 'remove' : 'settle');
  else if (isTheirs) expect(step).toBe('yield');
  else if (up && runs && wanted === 'running') expect(step).toBe('keep');
  if (wanted === 'stopped' || wanted === 'removed') expect(['start', 'restart', 'resume']).not.toContain(step);
}

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
  test('are used only of their own name and place, with disks that are files there', async () => {
    const one = define({ diskMiB: [1], sharedDirectory: directory });
    const file = join(directory, 'one-0.qcow2');
    const refused = async (): Promise<string[]> => {
      const names: string[] = [];
      const given = await readClaims(`${directory}/`, (name) => names.push(name));
      expect(given.length).toBe(names.length === 0 ? 1 : 0);
      return names;
    };
    await claim('/a', one);
    expect(await refused()).toEqual([]);
    await writeFile(join(directory, 'other'), '');
    await symlink(join(directory, 'other'), file);
    expect(await refused()).toEqual(['one']);
    await rm(file);
    await link(join(directory, 'other'), file);
    expect(await refused()).toEqual(['one']);
    await rm(file);
    const put = (definition: object) =>
      writeFile(join(directory, 'one.dvm.json'), JSON.stringify({ host: '/a', definition: { ...one, ...definition } }));
    for (const wrong of [
      { name: 'two' },
      { shared: '/srv' },
      { disks: [{ ...one.disks[0], file: '/etc/shadow' }] },
      { disks: [{ ...one.disks[0], file: `${directory}/../shadow` }] },
    ]) {
      await put(wrong);
      expect(await refused()).toEqual(['one']);
    }
  });

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

describe('hosts', () => {
  test('on two machines have ids of their own under the same path, and one without a machine-id keeps its', async () => {
    const [first, second, none] = ['first', 'second', 'none'].map((name) => join(directory, name));
    const home = { root: '/var/lib/logos', state: join(directory, 'state') };
    await writeFile(first ?? '', `${'a'.repeat(32)}\n`);
    await writeFile(second ?? '', `${'b'.repeat(32)}\n`);
    const a = await hostId(home, first);
    const b = await hostId(home, second);
    expect([a, b]).toEqual([`${'a'.repeat(32)}:/var/lib/logos`, `${'b'.repeat(32)}:/var/lib/logos`]);
    expect([a, '/var/lib/logos'].map(rootOf)).toEqual(['/var/lib/logos', '/var/lib/logos']);
    const up = { ...define(), up: true };
    const look = { domain: { name: 'one', uuid: up.uuid, id: 1 }, state: 'running' } as const;
    expect(decideStep({ definition: up, look, journalled: true, claimant: b, host: a })).toBe('yield');
    const [kept, again] = await Promise.all([hostId(home, none), hostId(home, none)]);
    expect(kept).toMatch(/^[0-9a-f]{32}:\/var\/lib\/logos$/);
    expect(again).toBe(kept);
    // Its claims stay its own when the machine gets one later.
    expect(await hostId(home, first)).toBe(kept);
  });

  test('touch nothing on shared storage that is another’s', async () => {
    const host = hostOf('/a');
    const wanted = { ...NEW, diskMiB: [1], sharedDirectory: directory };
    const theirs = define(wanted);
    const [disk = ''] = theirs.disks.map(({ file }) => file);
    await writeFile(disk, 'theirs');
    await expect(createDvm(host, wanted)).rejects.toMatchObject({ code: 'dvm-exists' });
    await rm(disk);
    await claim('/b', theirs);
    await expect(createDvm(host, wanted)).rejects.toMatchObject({ code: 'dvm-exists' });
    expect(await host.definitions.find('one')).toBeUndefined();
    expect((await claimOf(directory, 'one'))?.host).toBe('/b');

    await writeFile(disk, 'theirs');
    await host.definitions.write({ ...theirs, wanted: 'stopped' });
    await expect(startAgain(host, 'one')).rejects.toMatchObject({ code: 'dvm-claimed' });
    await forgetDvm(host, { ...theirs, wanted: 'removed' });
    expect(await host.disks.isThere(disk)).toBe(true);
    // Another DVM of the same name is no reason either.
    await forgetDvm(host, { ...theirs, uuid: define().uuid, wanted: 'removed' });
    expect(await host.disks.isThere(disk)).toBe(true);
    await claim('/a', theirs);
    await forgetDvm(host, { ...theirs, wanted: 'removed' });
    expect([await host.disks.isThere(disk), await claimOf(directory, 'one')]).toEqual([false, undefined]);
  });

  test('start nothing whose storage is not there', async () => {
    const host = hostOf('/a');
    const one = define({ diskMiB: [1], sharedDirectory: directory });
    await host.definitions.write(one);
    await expect(bringUp(host, one)).rejects.toMatchObject({ code: 'dvm-disk-missing' });
    await claim('/a', one);
    await expect(bringUp(host, one)).rejects.toMatchObject({ code: 'dvm-disk-missing' });
    expect(await host.disks.isThere(one.disks[0]?.file ?? '')).toBe(false);
  });

  test('are named by their directory only where that is one other host’s', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => `${letter.repeat(32)}:/var/lib/logos`);
    const lost = define({ diskMiB: [1], sharedDirectory: directory });
    await claim(b ?? '', lost);
    await claim(a ?? '', define({ name: 'own', sharedDirectory: directory }));
    const missing = [{ name: 'one', uuid: lost.uuid, is: 'disk-missing', why: lost.disks[0]?.file }];
    expect(await evacuateHere(hostOf(a ?? ''), directory, '/var/lib/logos')).toEqual(missing);
    await claim(c ?? '', define({ name: 'two', sharedDirectory: directory }));
    await expect(evacuateHere(hostOf(a ?? ''), directory, '/var/lib/logos')).rejects.toMatchObject({
      code: 'dvm-host-ambiguous',
    });
    expect(await evacuateHere(hostOf(a ?? ''), directory, b ?? '')).toEqual(missing);
    await writeFile(join(directory, 'bad.dvm.json'), JSON.stringify(await claimOf(directory, 'one')));
    expect(await evacuateHere(hostOf(a ?? ''), directory, b ?? '')).toMatchObject([
      { name: 'bad', is: 'failed', why: expect.stringContaining('bad.dvm.json') },
      { name: 'one' },
    ]);
  });

  test('that end all their guests say so, where they run and where others look', async () => {
    const host = { ...hostOf('/a'), libvirt: { listDomains: async () => [] } as unknown as DvmHost['libvirt'] };
    const one = define({ diskMiB: [1], sharedDirectory: directory });
    const gone = define({ name: 'gone' });
    await host.definitions.write(one);
    await host.definitions.write({ ...gone, wanted: 'removed' });
    await claim('/a', one);
    // Whoever is at work on one keeps it as it is, and keeps nobody from the others.
    await withDvm(host, 'one', () => haltAllDvms(host));
    expect((await host.definitions.find('one'))?.wanted).toBe('running');
    expect(await haltAllDvms(host)).toEqual([]);
    expect((await host.definitions.list()).map(({ wanted }) => wanted)).toEqual(['removed', 'stopped']);
    expect(await evacuateHere(hostOf('/b'), directory, '/a')).toEqual([]);
  });

  /** One without libvirt: what is tried here comes before. */
  function hostOf(id: string): DvmHost {
    const journal = new Journal(join(directory, 'journal.jsonl'));
    return {
      id,
      journal,
      definitions: new Definitions(join(directory, 'definitions')),
      disks: new Disks({ exec: localExec, journal }),
      diskDirectory: join(directory, 'disks'),
      ...dvmLocks(homeFrom({ LOGOS_HOME: directory })),
      libvirt: {} as DvmHost['libvirt'],
      image: async () => ({ kernel: '/k', initramfs: '/i' }) as Awaited<ReturnType<DvmHost['image']>>,
    };
  }
});

describe('a migration’s socket', () => {
  test('is open to QEMU’s user from its first moment, and no other file becomes so', async () => {
    const file = join(directory, 'root-s');
    await writeFile(file, '', { mode: 0o600 });
    await symlink(file, join(directory, 'socket'));
    const mask = process.umask();
    const one = await relay(directory, 'socket', { connect: () => Promise.reject(new Error('nobody')) });
    expect(process.umask()).toBe(mask);
    const { mode } = await lstat(join(directory, 'socket'));
    expect((mode & 0o666).toString(8)).toBe('666');
    expect(((await lstat(file)).mode & 0o777).toString(8)).toBe('600');
    await one.close();
    await expect(lstat(join(directory, 'socket'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('one thing at a time', () => {
  test('a migration that broke off is nobody’s but collect’s', () => {
    const one = define();
    expect(settled(one)).toBe(one);
    expect(() => settled({ ...one, moving: { way: 'out', peer: '/b', handedOver: true } })).toThrow(
      expect.objectContaining({ code: 'dvm-migration-unsettled' }),
    );
  });

  test('what can’t be a DVM is said before it is one', () => {
    for (const wrong of [{ sharedDirectory: 'srv' }, { diskMiB: Array(21).fill(1) }]) {
      expect(() => checkNewDvm(wrong)).toThrow(expect.objectContaining({ code: 'dvm-spec-invalid' }));
    }
    checkNewDvm({ sharedDirectory: '/srv', diskMiB: Array(20).fill(1) });
    expect(define({ sharedDirectory: '/srv/dvms/' }).shared).toBe('/srv/dvms');
  });

  test('a DVM that somebody is at work on is left alone', async () => {
    const host = dvmLocks(homeFrom({ LOGOS_HOME: directory }));
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
