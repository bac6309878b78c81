import { describe, expect, it } from 'vitest';
import type { OperationKind } from '../../../src/chain/index.ts';
import { reasonText, refuseOperation } from '../../../src/gatekeeper/operation-policy.ts';
import { ALICE } from './memory-chain.ts';

const RULES = {
  accept: ['start-dvm', 'stop-dvm', 'run'] as ('start-dvm' | 'stop-dvm' | 'run')[],
  commands: ['kubeadm/*', 'virsh/start'],
  maximumDvms: 1,
  startMarginBlocks: 2,
};
const run = (operation: string): OperationKind => ({
  ...{ kind: 'run', operation, library: '0a'.repeat(32), command: '0b'.repeat(32) },
});
const start = (name: string, template = 'guest/small'): OperationKind => ({ kind: 'start-dvm', name, template });

function verdict(kind: OperationKind, over: Partial<typeof RULES> = {}, templateKnown = true, desired: string[] = []) {
  const operation = { id: 1n, host: ALICE, kind, state: 'approved' as const, requestedAt: 1, deadline: 9 };
  const refusal = refuseOperation(operation, { ...RULES, ...over }, { templateKnown, desired });
  if (refusal !== undefined) expect(refusal.reason.length).toBeGreaterThan(10);
  return refusal?.code;
}

describe('what a host does by order of the chain', () => {
  it.each<[string | undefined, ReturnType<typeof run>, Partial<typeof RULES>?, boolean?, string[]?]>([
    [undefined, run('kubeadm/join')],
    [undefined, run('virsh/start')],
    ['command-not-accepted', run('virsh/destroy')],
    ['command-not-accepted', run('kubeadm/join'), { commands: [] }],
    ['operation-not-accepted', run('kubeadm/join'), { accept: ['start-dvm'] }],
    [undefined, start('web')],
    ['operation-not-accepted', start('web'), { accept: ['run'] }],
    ['dvm-name-unsafe', start('../web')],
    ['dvm-name-unsafe', { kind: 'stop-dvm', name: 'Web;' }],
    [undefined, { kind: 'stop-dvm', name: 'web' }, {}, false, ['a', 'b']],
    ['template-name-unsafe', start('web', '../guest')],
    ['template-unknown', start('web'), {}, false],
    ['too-many-dvms', start('web'), {}, true, ['other']],
    [undefined, start('web'), {}, true, ['web']],
    [undefined, start('web'), { maximumDvms: 2 }, true, ['other']],
    ['too-many-dvms', start('web'), { maximumDvms: 0 }],
  ])('%s: %j', (expected, kind, over, templateKnown, desired) => {
    expect(verdict(kind, over, templateKnown, desired)).toBe(expected);
  });
});

describe('a reason', () => {
  it.each([
    ['a line', 'a line'],
    ['  a\n\tline  ', 'a line'],
    ['x'.repeat(256), 'x'.repeat(256)],
    ['x'.repeat(257), `${'x'.repeat(253)}…`],
    // Cut within a character of three bytes: what is left of it goes too.
    [`${'x'.repeat(252)}€€€`, `${'x'.repeat(252)}…`],
    [`${'x'.repeat(251)}€€€`, `${'x'.repeat(251)}…`],
    // One that was in the text already stays.
    [`\uFFFD${'x'.repeat(300)}`, `\uFFFD${'x'.repeat(250)}…`],
    ['\ud800 alone', '\ufffd alone'],
  ])('%#: fits the contract, in one line', (text, expected) => {
    expect(reasonText(text)).toBe(expected);
    expect(Buffer.byteLength(reasonText(text))).toBeLessThanOrEqual(256);
  });
});
