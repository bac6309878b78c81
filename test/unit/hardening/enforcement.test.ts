import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planHardening, probeEnforcement, readHostFacts } from '../../../src/hardening/index.ts';
import { Journal } from '../../../src/system/journal.ts';
import { makeTree, type Tree } from './fake-kernel.ts';
import { firewallOf, policyOf } from './policies.ts';

/** A plain directory takes every limit and keeps none, just as some containers do; the processes of the probe are real. */
describe.each([1, 2] as const)('cgroup v%i that accepts limits and does not enforce them', (cgroup) => {
  let host: Tree;
  beforeEach(async () => {
    host = await makeTree({ cgroup });
  });
  afterEach(() => host.remove());

  const probe = () =>
    probeEnforcement({ ...host, instance: 'logos_12345678', journal: new Journal(host.home.journal) });

  it('is found out, for each controller, and left as it was', async () => {
    const before = await host.snapshot();
    const verdicts = await probe();
    expect(verdicts.memory).toMatchObject({ verdict: 'not-enforced', figure: expect.stringContaining('48 MiB') });
    expect(verdicts.pids).toMatchObject({ verdict: 'not-enforced' });
    // On a machine busy enough the loop gets next to nothing by itself, and then nobody can tell.
    expect(verdicts.cpu?.verdict).not.toBe('enforced');
    expect(await host.snapshot()).toEqual(before);
    expect(await new Journal(host.home.journal).pending()).toEqual([]);
  });

  it('makes a policy that insists on limits refuse the host', async () => {
    const policy = policyOf();
    const facts = await readHostFacts({ ...host, policy, uid: 0, enforcement: await probe() });
    const plan = planHardening(policy, facts, { cpuCores: 1, memoryMiB: 512 }, { firewall: firewallOf() });
    expect(plan.blockers[0]).toMatchObject({ code: 'limits-not-enforced', exitCode: 3 });
  });

  it('leaves no process behind', async () => {
    await probe();
    expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap');
  });
});
