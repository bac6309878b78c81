import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  applyPlan,
  type HardeningPlan,
  hardeningUndoers,
  planHardening,
  readApplied,
  readHostFacts,
  restoreHost,
  verifyPlan,
  writeApplied,
} from '../../../src/hardening/index.ts';
import { type Change, Journal } from '../../../src/system/journal.ts';
import { makeTree, type Tree, type TreeOptions } from './fake-kernel.ts';
import { firewallOf, policyOf } from './policies.ts';

const LIMITS = { cpuCores: 1, memoryMiB: 512 };
const HOSTS: [string, TreeOptions][] = [
  ['cgroup v1', { cgroup: 1 }],
  ['cgroup v2', { cgroup: 2 }],
  ['systemd', { cgroup: 2, systemd: true }],
];

const trees: Tree[] = [];
const tree = async (options: TreeOptions): Promise<Tree> => {
  const made = await makeTree(options);
  trees.push(made);
  return made;
};
afterEach(async () => {
  for (const made of trees.splice(0)) await made.remove();
});

async function planFor(
  host: Tree,
  policy: object = {},
  limits = LIMITS,
  firewall: object = {},
): Promise<HardeningPlan> {
  const parsed = policyOf(policy);
  const facts = await readHostFacts({ ...host, policy: parsed, uid: 0 });
  return planHardening(parsed, facts, limits, { firewall: firewallOf(firewall) });
}

async function apply(host: Tree, plan: HardeningPlan, journal = new Journal(host.home.journal)) {
  return applyPlan(plan, { ...host, journal, save: (applied) => writeApplied(host.home, applied) });
}

const restore = async (host: Tree) => (await restoreHost(host.home, host)).undone;

describe.each(HOSTS)('on %s', (_name, options) => {
  it('holds after it was applied, changes nothing the second time, and goes back exactly', async () => {
    const host = await tree(options);
    const before = await host.snapshot();
    const applied = await apply(host, await planFor(host));
    expect(await verifyPlan(applied, host)).toEqual([]);
    const after = await host.snapshot();
    expect(after).not.toEqual(before);
    const again = await planFor(host);
    expect(again.changes).toEqual([]);
    expect(await apply(host, again)).toEqual(applied);
    expect(await host.snapshot()).toEqual(after);
    await restore(host);
    expect(await host.snapshot()).toEqual(before);
    expect(await readApplied(host.home)).toBeUndefined();
    expect(await restore(host)).toEqual([]);
  });

  it('follows a new policy by its difference, and still goes back to the beginning', async () => {
    const host = await tree(options);
    const before = await host.snapshot();
    await apply(host, await planFor(host));
    const { sysctls } = policyOf();
    const next = await planFor(host, { sysctls: sysctls.slice(1) }, { cpuCores: 1, memoryMiB: 768 });
    const kinds = next.changes.map(({ kind }) => kind);
    expect(kinds).toEqual([options.systemd ? 'slice' : 'cgroup', 'revert']);
    const applied = await apply(host, next);
    expect(await readFile(join(host.paths.procSys, 'kernel/kptr_restrict'), 'utf8')).toBe('0\n');
    expect(await verifyPlan(applied, host)).toEqual([]);
    expect((await planFor(host, { sysctls: sysctls.slice(1) }, { cpuCores: 1, memoryMiB: 768 })).changes).toEqual([]);
    await restore(host);
    expect(await host.snapshot()).toEqual(before);
  });

  it('is undone exactly after a crash at any point, and can be finished instead', async () => {
    const reference = await tree(options);
    const points = await countTicks(reference);
    await atEach(points, async (point) => {
      const host = await tree(options);
      const before = await host.snapshot();
      const bomb = crashAt(host, point, 'dead');
      await expect(apply(bomb.host, await planFor(host), bomb.journal)).rejects.toThrow();
      if (point % 2 === 0) await apply(host, await planFor(host));
      await restore(host);
      expect(await host.snapshot(), `crash at ${point}`).toEqual(before);
    });
  });

  it('takes back what the run did when any one step fails', async () => {
    const reference = await tree(options);
    const points = await countTicks(reference);
    await atEach(points, async (point) => {
      const host = await tree(options);
      const before = await host.snapshot();
      const bomb = crashAt(host, point, 'once');
      await expect(apply(bomb.host, await planFor(host), bomb.journal)).rejects.toThrow('crash');
      expect(await host.snapshot(), `failure at ${point}`).toEqual(before);
    });
  });

  it('goes back to the earlier policy, not to the beginning, when a new one fails', async () => {
    const nextPlan = (host: Tree): Promise<HardeningPlan> =>
      planFor(host, { limits: { pids: 100, cpuWeight: 1, ioWeight: 1 } }, LIMITS, { rules: [] });
    const reference = await tree(options);
    await apply(reference, await planFor(reference));
    const counter = crashAt(reference, Number.POSITIVE_INFINITY, 'once');
    await apply(counter.host, await nextPlan(reference), counter.journal);
    await atEach(counter.ticks(), async (point) => {
      const host = await tree(options);
      const before = await host.snapshot();
      await apply(host, await planFor(host));
      const between = await host.snapshot();
      const bomb = crashAt(host, point, 'once');
      await expect(apply(bomb.host, await nextPlan(host), bomb.journal)).rejects.toThrow('crash');
      expect(await host.snapshot(), `failure at ${point}`).toEqual(between);
      await restore(host);
      expect(await host.snapshot()).toEqual(before);
    });
  });
});

describe('deviations', () => {
  it('lists each thing that somebody changed', async () => {
    const host = await tree({ cgroup: 1 });
    const applied = await apply(host, await planFor(host));
    await writeFile(join(host.paths.procSys, 'kernel/kptr_restrict'), '0\n');
    await writeFile(join(host.paths.cgroup, 'cpu', applied.instance, 'cpu.cfs_quota_us'), '-1\n');
    await rm(join(host.paths.cgroup, 'pids', applied.instance), { recursive: true });
    await host.exec('nft', ['-j', JSON.stringify({ nftables: [{ delete: { table: { name: applied.instance } } }] })]);
    const found = await verifyPlan(applied, host);
    expect(found.map(({ code }) => code).sort()).toEqual([
      'cgroup-limit-changed',
      'cgroup-missing',
      'firewall-missing',
      'sysctl-changed',
    ]);
    expect((await planFor(host)).changes.map(({ kind }) => kind)).toEqual(['cgroup', 'cgroup', 'sysctl', 'firewall']);
    await apply(host, await planFor(host));
    expect(await verifyPlan(applied, host)).toEqual([]);
  });

  it('does not take a switch that is locked since for a change', async () => {
    const host = await tree({ cgroup: 1 });
    const applied = await apply(host, await planFor(host));
    const path = join(host.paths.procSys, 'kernel/unprivileged_bpf_disabled');
    const rule = { name: 'kernel.unprivileged_bpf_disabled', path, value: '2', compare: 'equal', why: 'test' } as const;
    const asked = { ...applied, sysctls: [rule] };
    await writeFile(path, '0\n');
    expect(await verifyPlan(asked, host)).toMatchObject([{ code: 'sysctl-changed' }]);
    await writeFile(path, '1\n');
    expect(await verifyPlan(asked, host)).toEqual([]);
  });

  it('sees a rule that was taken out, and a unit that was edited', async () => {
    const host = await tree({ cgroup: 2, systemd: true });
    const applied = await apply(host, await planFor(host));
    const nft = join(host.root, 'host/nft.json');
    const tables = JSON.parse(await readFile(nft, 'utf8')) as Record<string, unknown[]>;
    tables[applied.instance]?.pop();
    await writeFile(nft, JSON.stringify(tables));
    await writeFile(applied.slice?.path ?? '', '[Slice]\n');
    expect((await verifyPlan(applied, host)).map(({ code }) => code)).toEqual(['firewall-changed', 'unit-changed']);
  });
});

describe('a host that lacks something', () => {
  it('reports an optional file of a group that the kernel does not have, every time', async () => {
    const host = await tree({ cgroup: 1, lacking: ['blkio.bfq.weight'] });
    const first = await apply(host, await planFor(host));
    expect(first.unsupported).toContainEqual({
      feature: 'cgroup:blkio.bfq.weight',
      reason: 'this kernel has no such file',
    });
    const again = await planFor(host);
    expect(again.changes).toEqual([]);
    expect((await apply(host, again)).unsupported).toEqual(first.unsupported);
    expect(await verifyPlan(first, host)).toEqual([]);
  });

  it('fails and changes nothing when a limit that matters is not there', async () => {
    const host = await tree({ cgroup: 1, lacking: ['memory.limit_in_bytes'] });
    const before = await host.snapshot();
    await expect(apply(host, await planFor(host))).rejects.toThrow();
    expect(await host.snapshot()).toEqual(before);
  });

  it('fails and changes nothing when the kernel refuses the firewall', async () => {
    const host = await tree({ cgroup: 1 });
    const before = await host.snapshot();
    const rules = [{ chain: 'input', guest: 'from', verdict: 'drop', why: 'refuse-me' }];
    await expect(apply(host, await planFor(host, {}, LIMITS, { rules }))).rejects.toThrow(
      expect.objectContaining({ code: 'firewall-refused' }),
    );
    expect(await host.snapshot()).toEqual(before);
    expect(await new Journal(host.home.journal).pending()).toEqual([]);
  });

  it('stops at a blocker before it touches anything', async () => {
    const host = await tree({ cgroup: 1 });
    const plan = await planFor({ ...host, exec: async () => Promise.reject(new Error('not reached')) }).catch(
      () => undefined,
    );
    expect(plan).toBeUndefined();
    const policy = policyOf();
    const facts = await readHostFacts({ ...host, policy, uid: 1000 });
    await expect(apply(host, planHardening(policy, facts, LIMITS, { firewall: firewallOf() }))).rejects.toThrow(
      expect.objectContaining({ code: 'root-needed', exitCode: 4 }),
    );
    expect(await new Journal(host.home.journal).pending()).toEqual([]);
  });

  it('finds a full disk before the first change', async () => {
    const host = await tree({ cgroup: 1 });
    const before = await host.snapshot();
    class FullJournal extends Journal {
      override async record(change: Omit<Change, 'id' | 'at'>): Promise<Change> {
        if ((await this.pending()).length === 2) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return super.record(change);
      }
    }
    const touched: string[] = [];
    const files = { ...host.files, write: async (path: string) => void touched.push(path) };
    await expect(apply({ ...host, files }, await planFor(host), new FullJournal(host.home.journal))).rejects.toThrow(
      'ENOSPC',
    );
    expect(touched).toEqual([]);
    expect(await host.snapshot()).toEqual(before);
  });

  it('takes the whole run back when its result can’t be kept', async () => {
    const host = await tree({ cgroup: 1 });
    const before = await host.snapshot();
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const journal = new Journal(host.home.journal);
    const run = applyPlan(await planFor(host), { ...host, journal, save: () => Promise.reject(full) });
    await expect(run).rejects.toBe(full);
    expect(await host.snapshot()).toEqual(before);
  });
});

describe('what was there before', () => {
  it('gives back a group and a table that somebody else had under our name', async () => {
    const host = await tree({ cgroup: 1 });
    const { instance } = (await planFor(host)).target;
    const directory = join(host.paths.cgroup, 'pids', instance);
    await host.files.makeDirectory(directory);
    await host.files.write(join(directory, 'pids.max'), '77');
    const table = { table: { family: 'inet', name: instance } };
    await host.exec('nft', ['-j', JSON.stringify({ nftables: [{ add: table }] })]);
    const before = await host.snapshot();
    await apply(host, await planFor(host));
    expect(await host.snapshot()).not.toEqual(before);
    await restore(host);
    expect(await host.snapshot()).toEqual(before);
  });

  it('gives back a slice file with its content and mode', async () => {
    const host = await tree({ cgroup: 2, systemd: true });
    const path = (await planFor(host)).target.slice?.path ?? '';
    await writeFile(path, '[Slice]\n# the owner’s own\n\n');
    await chmod(path, 0o600);
    const before = await host.snapshot();
    await apply(host, await planFor(host));
    await restore(host);
    expect(await host.snapshot()).toEqual(before);
  });

  it('undoes changes that were journalled and never made', async () => {
    const host = await tree({ cgroup: 2 });
    const before = await host.snapshot();
    const journal = new Journal(host.home.journal);
    await journal.record({ kind: 'cgroup', target: join(host.paths.cgroup, 'logos_x'), before: null });
    await journal.record({ kind: 'sysctl', target: join(host.paths.procSys, 'kernel/no_such'), before: '1' });
    await journal.record({ kind: 'nft-table', target: 'logos_x', before: null });
    await journal.undo(hardeningUndoers(host.exec, host.paths, host.files));
    expect(await host.snapshot()).toEqual(before);
  });
});

class Crash extends Error {}

/**
 * Lets every step pass two points, before and after it takes effect; at one of them the step throws. `dead`: and so does
 * every later one, as in a process that was killed. `once`: a single failure in a process that goes on.
 */
function crashAt(host: Tree, point: number, mode: 'dead' | 'once'): { host: Tree; journal: Journal; ticks(): number } {
  let ticks = 0;
  const tick = (): void => {
    const now = ticks++;
    if (now === point || (mode === 'dead' && now > point)) throw new Crash(`crash at ${point}`);
  };
  const around = async <T>(effect: () => Promise<T>): Promise<T> => {
    tick();
    const result = await effect();
    tick();
    return result;
  };
  class CrashingJournal extends Journal {
    override record(change: Omit<Change, 'id' | 'at'>): Promise<Change> {
      return around(() => super.record(change));
    }
  }
  const { files } = host;
  return {
    journal: new CrashingJournal(host.home.journal),
    ticks: () => ticks,
    host: {
      ...host,
      exec: (...args) => around(() => host.exec(...args)),
      files: {
        ...files,
        write: (path, value) => around(() => files.write(path, value)),
        makeDirectory: (path) => around(() => files.makeDirectory(path)),
        removeDirectory: (path) => around(() => files.removeDirectory(path)),
      },
    },
  };
}

/** Several at a time: most of each is waiting for the disk. */
async function atEach(points: number, run: (point: number) => Promise<void>): Promise<void> {
  expect(points).toBeGreaterThan(10);
  for (let first = 0; first < points; first += 12)
    for (const result of await Promise.allSettled(
      Array.from({ length: Math.min(12, points - first) }, (_, n) => run(first + n)),
    ))
      if (result.status === 'rejected') throw result.reason;
}

async function countTicks(host: Tree): Promise<number> {
  const counter = crashAt(host, Number.POSITIVE_INFINITY, 'once');
  await apply(counter.host, await planFor(host), counter.journal);
  return counter.ticks();
}
