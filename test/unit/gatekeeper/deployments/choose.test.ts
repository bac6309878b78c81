import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeploymentProposal, DeploymentView } from '../../../../src/chain/index.ts';
import { readWanted, refuseProposal } from '../../../../src/gatekeeper/deployments/choose.ts';
import { belongsTo, checkTarget } from '../../../../src/gatekeeper/deployments/target.ts';

const HOST = { publicKey: 'ab'.repeat(32), class: 'small-1', path: 'kvm' };
const closure = (byte: number) => byte.toString(16).padStart(2, '0').repeat(32);

function proposal(
  id: number,
  over: Partial<DeploymentProposal> & { target?: string; replaces?: string } = {},
): DeploymentProposal {
  const { target = 'region/base', replaces, ...rest } = over;
  const change = { target, closure: closure(id), size: 1, ...(replaces && { replaces }) };
  const approved = { status: 'approved' as const, approvals: ['alice'], threshold: 1, proposedAt: 1, deadline: 99 };
  return { id: BigInt(id), author: 'bob', change, ...approved, ...rest };
}

function viewOf(proposals: readonly DeploymentProposal[], current: Record<string, number> = {}): DeploymentView {
  return {
    height: 7,
    from: async (first) => proposals.filter(({ id }) => id >= first),
    current: async (target) => proposals.find(({ id }) => id === BigInt(current[target] ?? 0)),
  };
}

const wanted = async (view: DeploymentView, targets: readonly string[] = []) => {
  const state = await readWanted(view, HOST, { targets, first: 1n });
  return { ...state, ids: state.wanted.map((one) => one.proposal.id) };
};

describe('what a host is to have', () => {
  it('is what was approved for a target that it belongs to', async () => {
    const proposals = [
      proposal(1, { target: 'region/base' }),
      proposal(2, { target: 'class/small-1/base' }),
      proposal(3, { target: 'class/other/base' }),
      proposal(4, { target: 'path/kvm/base' }),
      proposal(5, { target: 'path/qemu/base' }),
      proposal(6, { target: `host/${HOST.publicKey}/base` }),
      proposal(7, { target: `host/${'cd'.repeat(32)}/base` }),
      proposal(8, { target: 'elsewhere/base' }),
    ];
    expect((await wanted(viewOf(proposals))).ids.toSorted()).toEqual([1n, 2n, 4n, 6n]);
  });

  it('is nothing that waits, ended, or was approved by too few', async () => {
    for (const status of ['proposed', 'failed', 'rejected', 'withdrawn', 'expired'] as const)
      expect((await wanted(viewOf([proposal(1, { status })]))).ids).toEqual([]);
    for (const over of [
      { approvals: [] },
      { approvals: ['bob'] },
      { approvals: ['alice', 'alice'], threshold: 2 },
      { approvals: ['alice', 'bob'], threshold: 2 },
      { approvals: [], threshold: 0 },
    ]) {
      const { ids, refused } = await wanted(viewOf([proposal(1, over)]));
      expect(ids).toEqual([]);
      expect(refused).toMatchObject([{ code: 'approvals-too-few' }]);
    }
  });

  it('is what the target has, unless something was approved that was made from that', async () => {
    const applied = proposal(1, { status: 'applied' });
    const next = proposal(2, { replaces: closure(1) });
    const rival = proposal(3, { replaces: closure(1) });
    const stale = proposal(4, { replaces: closure(9) });
    const none = proposal(5);
    expect((await wanted(viewOf([applied, stale, none], { 'region/base': 1 }))).ids).toEqual([1n]);
    const both = await wanted(
      viewOf(
        [applied, rival, next].toSorted((a, b) => Number(a.id - b.id)),
        { 'region/base': 1 },
      ),
    );
    expect(both.ids).toEqual([2n]);
    expect((await wanted(viewOf([applied, stale], { 'region/base': 1 }))).refused).toMatchObject([
      { code: 'proposal-superseded' },
    ]);
  });

  it('is not what the chain calls present for another target', () => {
    const other = proposal(1, { status: 'applied', target: 'region/other' });
    expect(refuseProposal(proposal(2, { replaces: closure(1) }), other)?.code).toBe('proposal-superseded');
  });

  it('begins the next look at the first proposal that can still change, and forgets no target', async () => {
    const statuses = ['proposed', 'approved', 'applied', 'failed', 'rejected', 'withdrawn', 'expired'] as const;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...statuses), { maxLength: 12 }), async (list) => {
        const proposals = list.map((status, index) => proposal(index + 1, { status, target: `region/t${index % 3}` }));
        const { open, targets } = await wanted(viewOf(proposals));
        const first = list.findIndex((status) => status === 'proposed' || status === 'approved');
        expect(open).toBe(BigInt(first < 0 ? list.length + 1 : first + 1));
        for (const { change } of proposals) expect(targets).toContain(change.target);
      }),
    );
  });

  it('knows which targets there can be', () => {
    for (const target of ['region/a', 'class/x/a', 'path/gpu/a', `host/${'0a'.repeat(32)}/a`]) checkTarget(target);
    for (const target of ['region', 'class/x', 'path/vax/a', 'host/ab/a', 'other/a'])
      expect(() => checkTarget(target)).toThrow();
    expect(belongsTo('class/small-1', HOST)).toBe(false);
  });
});
