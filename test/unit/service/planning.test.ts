import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprint, SERVICE_NAMES, type ServiceDefinition, startOrder } from '../../../src/service/definitions.ts';
import { FAILED_AFTER, restartAfter } from '../../../src/service/supervisor/backoff.ts';
import { sameHierarchies } from '../../../src/service/supervisor/cgroups.ts';

const definition: ServiceDefinition = { name: 'ng', description: 'NG', command: ['a', 'b'], env: { A: '1', B: '2' } };

test('the first death is followed by a start at once, a loop by ever longer waits up to half a minute', () => {
  expect(restartAfter(0, 10)).toEqual({ deaths: 1, delayMs: 0 });
  expect([1, 2, 3, 4].map((deaths) => restartAfter(deaths, 10).delayMs)).toEqual([250, 500, 1_000, 2_000]);
  expect(restartAfter(20, 10).delayMs).toBe(30_000);
  expect(restartAfter(20, 5_000)).toEqual({ deaths: 1, delayMs: 0 });
});

test('a service is within two seconds again after as many early deaths as count as failed', () => {
  const waits = Array.from({ length: FAILED_AFTER }, (_, deaths) => restartAfter(deaths, 0).delayMs);
  expect(Math.max(...waits)).toBeLessThan(1_000);
});

test('each service comes after those that it names, whatever the order they are given in', () => {
  const graph = fc
    .uniqueArray(fc.constantFrom(...SERVICE_NAMES))
    .chain((names) =>
      fc
        .tuple(...names.map((name, index) => fc.subarray(names.slice(0, index)).map((after) => ({ name, after }))))
        .chain((services) => fc.shuffledSubarray(services, { minLength: services.length })),
    );
  fc.assert(
    fc.property(graph, (services) => {
      const order = startOrder(services);
      expect(order.map(({ name }) => name).sort()).toEqual(services.map(({ name }) => name).sort());
      for (const [at, { after }] of order.entries()) {
        for (const name of after) expect(order.findIndex((service) => service.name === name)).toBeLessThan(at);
      }
    }),
  );
});

test('a circle does not hang the order', () => {
  const order = startOrder([
    { name: 'ng', after: ['ngd'] },
    { name: 'ngd', after: ['ng'] },
  ]);
  expect(order).toHaveLength(2);
});

test('a fingerprint depends on what matters and not on the order of keys', () => {
  const same = { ...definition, env: { B: '2', A: '1' }, after: [] };
  expect(fingerprint(same)).toBe(fingerprint(definition));
  for (const change of [
    { command: ['a', 'c'] },
    { env: { A: '1' } },
    { cgroupProcs: ['/x'] },
    { sandbox: { Slice: 'a.slice' } },
  ]) {
    expect(fingerprint({ ...definition, ...change })).not.toBe(fingerprint(definition));
  }
});

test('the way back leads through the same hierarchies, of version 1 and 2', () => {
  const mounts = [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n');
  const own = [
    '/sys/fs/cgroup/cpu,cpuacct/cgroup.procs',
    '/sys/fs/cgroup/memory/a/cgroup.procs',
    '/sys/fs/cgroup/unified/cgroup.procs',
  ];
  expect(sameHierarchies(own, ['/sys/fs/cgroup/memory/logos/cgroup.procs'], mounts)).toEqual([own[1]]);
  expect(
    sameHierarchies(
      own,
      ['/sys/fs/cgroup/cpu,cpuacct/l/cgroup.procs', '/sys/fs/cgroup/unified/l/cgroup.procs'],
      mounts,
    ),
  ).toEqual([own[0], own[2]]);
});
