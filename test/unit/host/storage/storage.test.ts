import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeStorage, parseResourceClasses } from '../../../../src/host/index.ts';
import { freeDisks, type StorageFacts, smartHealth } from '../../../../src/host/storage/facts.ts';
import { asset } from '../../../../src/system/assets.ts';
import { cases } from '../../../cases.ts';

const classes = parseResourceClasses(asset('chain/seed/compute/resource-classes.json')).storage ?? [];
const disk = (name: string, sizeGiB = 500): StorageFacts['disks'][number] => ({
  name,
  sizeGiB,
  rotational: true,
  health: 'good',
});
const server: StorageFacts = {
  disks: [disk('sdb'), disk('sdc')],
  smartctl: true,
  memoryMiB: 16_000,
  linkMbit: 1_000,
  unbrokenHours: 168,
};

describe('a storage node', () => {
  test('has its class, and is told what the next one lacks', () => {
    const verdict = judgeStorage(server, classes);
    expect(verdict).toMatchObject({ class: 'storage-1', next: { class: 'storage-2' }, notes: [] });
    expect(verdict.next?.reasons.map(({ what }) => what)).toContain('2 of 4 free disks');
  });

  test.each<[string, Partial<StorageFacts>, RegExp]>([
    ['that is committed for too short', { unbrokenHours: 8 }, /8 of 24 hours/],
    ['without redundancy', { disks: [disk('sdb', 4_000)] }, /1 of 2 free disks/],
    ['with too little left when one fails', { disks: [disk('sdb', 4_000), disk('sdc', 100)] }, /100 of 200 GiB/],
    [
      'with a disk that fails',
      { disks: [disk('sdb'), disk('sdc'), { ...disk('sdd'), health: 'failing' }] },
      /sdd says that it fails/,
    ],
    ['with a slow link', { linkMbit: 100 }, /100 of 1000 Mbit/],
    ['with a link of no known speed', { linkMbit: null }, /unknown of 1000 Mbit/],
    ['with too little memory', { memoryMiB: 2_000 }, /2000 of 7200 MiB/],
  ])('%s is refused, with the reason and the next step', (_name, change, reason) => {
    const { class: name, next } = judgeStorage({ ...server, ...change }, classes);
    expect(name).toBeUndefined();
    expect(next?.reasons.map(({ what }) => what).join()).toMatch(reason);
    expect(next?.reasons.every(({ nextStep }) => nextStep.length > 10)).toBe(true);
  });

  test('whose health nobody knows is told of', () => {
    expect(judgeStorage({ ...server, smartctl: false }, classes).notes.join()).toContain('smartmontools');
  });
});

const entry = (name: string, change: object = {}) => ({
  name,
  type: 'disk',
  size: 500 * 2 ** 30,
  rota: true,
  ro: false,
  fstype: null,
  mountpoints: [null],
  ...change,
});

test('only whole disks that nothing is on are free', () => {
  const blockdevices = [
    entry('sda', { children: [entry('sda1', { type: 'part', mountpoints: ['/'] })] }),
    entry('sdb'),
    entry('sdc', { fstype: 'LVM2_member' }),
    entry('sdd', { mountpoints: ['/srv'] }),
    entry('sde', { ro: true }),
    entry('loop0', { type: 'loop' }),
    entry('zram0'),
    entry('nvme0n1', { rota: false }),
  ];
  expect(freeDisks(JSON.stringify({ blockdevices })).map(({ name }) => name)).toEqual(['sdb', 'nvme0n1']);
});

test('what is no listing is refused, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(() => freeDisks(text)).toThrow(expect.objectContaining({ code: 'output-unreadable' }));
      expect(smartHealth(text)).toBe('unknown');
    }),
    { numRuns: cases(100) },
  );
});

test('the health of a disk is what smartctl says in words', () => {
  expect(smartHealth('{"smart_status":{"passed":true}}')).toBe('good');
  expect(smartHealth('{"smart_status":{"passed":false}}')).toBe('failing');
  expect(smartHealth('{"smartctl":{"exit_status":2}}')).toBe('unknown');
});
