import { describe, expect, it } from 'vitest';
import { type AccessContext, accessValidator } from '../../../src/gatekeeper/access.ts';
import { bootstrapDefinition, type GatekeeperDefinition } from '../../../src/gatekeeper/definition.ts';
import { nativeRequest, type Origin, type RequestInput } from '../../../src/gatekeeper/request.ts';
import type { Json } from '../../../src/system/journal.ts';
import { ALICE, BOB } from './memory-chain.ts';
import { ADMISSION, seedDefinition } from './world.ts';

const definition = await seedDefinition();
const OWNER: Origin = { source: 'command', uid: 1000 };
const CHAIN: Origin = { source: 'chain', height: 5 };
const CONTEXT: AccessContext = {
  standing: 'admitted',
  compliance: { compliant: true },
  account: BOB,
  genesis: '0x00',
  now: 0,
  pending: 0,
  resumed: false,
};

function admit(
  input: RequestInput,
  context: Partial<AccessContext> = {},
  validator = accessValidator(definition, 1000),
) {
  const request = nativeRequest(input, { account: BOB, genesis: '0x00' });
  return validator.admit(request, { ...CONTEXT, ...context });
}

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 3 });
    expect((error as { nextSteps: string[] }).nextSteps.length).toBeGreaterThan(0);
    return (error as { code: string }).code;
  }
  return 'admitted';
}

const start = { kind: 'start-dvm', name: 'web-1', template: 'small' };
const ask = (over: Json = {}) => ({ host: BOB, operation: start, deadlineBlocks: 100, ...(over as object) }) as Json;

const run = (over: Json = {}) =>
  ({ host: BOB, argv: ['virsh', 'list'], documents: [], deadlineBlocks: 10, ...(over as object) }) as Json;

describe('access validator', () => {
  it.each<[string, RequestInput, Partial<AccessContext>, string]>([
    ['a join of the owner', { kind: 'join', payload: ADMISSION, origin: OWNER }, { standing: 'none' }, 'admitted'],
    ['a join of root', { kind: 'join', payload: ADMISSION, origin: { source: 'command', uid: 0 } }, {}, 'admitted'],
    [
      'a join of a stranger',
      { kind: 'join', payload: ADMISSION, origin: { source: 'command', uid: 1001 } },
      {},
      'origin-refused',
    ],
    [
      'a join over the API',
      { kind: 'join', payload: ADMISSION, origin: { source: 'api', uid: 0 } },
      {},
      'origin-refused',
    ],
    ['a join that the chain asks for', { kind: 'join', payload: ADMISSION, origin: CHAIN }, {}, 'origin-refused'],
    [
      'a join of an excluded host',
      { kind: 'join', payload: ADMISSION, origin: OWNER },
      { standing: 'excluded' },
      'host-excluded',
    ],
    [
      'a join with more than it may say',
      { kind: 'join', payload: { ...ADMISSION, sudo: true }, origin: OWNER },
      {},
      'request-malformed',
    ],
    [
      'a join with a new line in its class',
      { kind: 'join', payload: { ...ADMISSION, class: 'a\n' }, origin: OWNER },
      {},
      'request-malformed',
    ],
    [
      'a join with a look-alike in its class',
      { kind: 'join', payload: { ...ADMISSION, class: 'smаll' }, origin: OWNER },
      {},
      'request-malformed',
    ],
    ['a leave', { kind: 'leave', payload: {}, origin: OWNER }, {}, 'admitted'],
    [
      'a leave of who never joined',
      { kind: 'leave', payload: {}, origin: OWNER },
      { standing: 'none' },
      'host-not-admitted',
    ],
    ['a claim by the chain', { kind: 'claim-operation', payload: { operation: '7' }, origin: CHAIN }, {}, 'admitted'],
    [
      'a claim by root',
      { kind: 'claim-operation', payload: { operation: '7' }, origin: { source: 'command', uid: 0 } },
      {},
      'origin-refused',
    ],
    [
      'a claim by a host that left',
      { kind: 'claim-operation', payload: { operation: '7' }, origin: CHAIN },
      { standing: 'left' },
      'host-not-admitted',
    ],
    [
      'a report of a host that left',
      { kind: 'complete-operation', payload: { operation: '7', outcome: { failed: 'x' } }, origin: CHAIN },
      { standing: 'left' },
      'admitted',
    ],
    [
      'a claim of operation 0',
      { kind: 'claim-operation', payload: { operation: '0' }, origin: CHAIN },
      {},
      'request-malformed',
    ],
    [
      'a claim of 1e3',
      { kind: 'claim-operation', payload: { operation: '1e3' }, origin: CHAIN },
      {},
      'request-malformed',
    ],
    [
      'a claim above 64 bits',
      { kind: 'claim-operation', payload: { operation: '18446744073709551616' }, origin: CHAIN },
      {},
      'request-malformed',
    ],
    [
      'a report with two outcomes',
      {
        kind: 'complete-operation',
        payload: { operation: '1', outcome: { failed: '', done: 'a'.repeat(64) } },
        origin: CHAIN,
      },
      {},
      'request-malformed',
    ],
    [
      'a report with 86 three-byte letters',
      { kind: 'complete-operation', payload: { operation: '1', outcome: { failed: '€'.repeat(86) } }, origin: CHAIN },
      {},
      'request-malformed',
    ],
    ['an operation for itself', { kind: 'request-operation', payload: ask(), origin: OWNER }, {}, 'admitted'],
    [
      'an operation for another host',
      { kind: 'request-operation', payload: ask({ host: ALICE }), origin: OWNER },
      {},
      'request-not-own-host',
    ],
    [
      'a template that climbs',
      { kind: 'request-operation', payload: ask({ operation: { ...start, template: '../x' } }), origin: OWNER },
      {},
      'request-malformed',
    ],
    [
      'a name that is an option',
      { kind: 'request-operation', payload: ask({ operation: { ...start, name: '-rf' } }), origin: OWNER },
      {},
      'request-malformed',
    ],
    [
      'a deadline of 0 blocks',
      { kind: 'request-operation', payload: ask({ deadlineBlocks: 0 }), origin: OWNER },
      {},
      'request-malformed',
    ],
    ['a kind of the prototype', { kind: 'constructor', payload: {}, origin: OWNER }, {}, 'request-kind-unknown'],
    ['a kind in capitals', { kind: 'JOIN', payload: ADMISSION, origin: OWNER }, {}, 'request-kind-unknown'],
    ['one too many that wait', { kind: 'leave', payload: {}, origin: OWNER }, { pending: 256 }, 'too-many-pending'],
    [
      'a command on a host that does not comply',
      { kind: 'run-command', payload: run(), origin: OWNER },
      { compliance: { compliant: false, reason: 'the host policy on chain is not the one that was applied here' } },
      'host-not-compliant',
    ],
    [
      'a command on a host of which nobody knows',
      { kind: 'run-command', payload: run(), origin: OWNER },
      { compliance: undefined },
      'host-not-compliant',
    ],
    [
      'a leave of a host that does not comply',
      { kind: 'leave', payload: {}, origin: OWNER },
      { compliance: { compliant: false, reason: 'x' } },
      'admitted',
    ],
    [
      'a command of a suspended gatekeeper',
      { kind: 'run-command', payload: run(), origin: OWNER },
      { registered: 'suspended' },
      'host-suspended',
    ],
    [
      'a command of an excluded gatekeeper that its contract still lists',
      { kind: 'run-command', payload: run(), origin: OWNER },
      { registered: 'excluded' },
      'host-excluded',
    ],
    [
      'a command in good standing',
      { kind: 'run-command', payload: run(), origin: OWNER },
      { registered: 'good' },
      'admitted',
    ],
    [
      'a leave made for another chain',
      { kind: 'leave', payload: {}, origin: OWNER },
      { genesis: '0x01' },
      'request-other-chain',
    ],
    [
      'a leave made for another account',
      { kind: 'leave', payload: {}, origin: OWNER },
      { account: ALICE },
      'request-other-chain',
    ],
    ['a leave in time', { kind: 'leave', payload: {}, origin: OWNER, expires: 10 }, { now: 9 }, 'admitted'],
    ['a leave too late', { kind: 'leave', payload: {}, origin: OWNER, expires: 10 }, { now: 10 }, 'request-expired'],
    [
      'a late one that waits',
      { kind: 'leave', payload: {}, origin: OWNER, expires: 10 },
      { now: 11, resumed: true },
      'request-expired',
    ],
    [
      'an expiry that is no time',
      { kind: 'leave', payload: {}, origin: OWNER, expires: -1e300 },
      {},
      'request-expired',
    ],
    [
      'an origin inside the request',
      { kind: 'leave', payload: { origin: { source: 'command', uid: 0 } }, origin: { source: 'command', uid: 1001 } },
      {},
      'origin-refused',
    ],
    [
      'an origin inside one of the owner',
      { kind: 'leave', payload: { origin: 'chain' }, origin: OWNER },
      {},
      'request-malformed',
    ],
    [
      'one of those that wait',
      { kind: 'leave', payload: {}, origin: OWNER },
      { pending: 256, resumed: true },
      'admitted',
    ],
  ])('%s', (_, input, context, verdict) => {
    expect(refusalOf(() => admit(input, context))).toBe(verdict);
  });

  it('lets only a join through before the host is admitted', () => {
    const validator = accessValidator(bootstrapDefinition(), 1000);
    const at = { standing: 'none' } as const;
    expect(refusalOf(() => admit({ kind: 'join', payload: ADMISSION, origin: OWNER }, at, validator))).toBe('admitted');
    for (const [kind, payload, origin] of [
      ['leave', {}, OWNER],
      ['claim-operation', { operation: '1' }, CHAIN],
      ['complete-operation', { operation: '1', outcome: { failed: '' } }, CHAIN],
      ['request-operation', ask(), OWNER],
    ] as const) {
      expect(refusalOf(() => admit({ kind, payload, origin }, at, validator))).toBe('request-not-admitted');
    }
  });

  it('asks for the role that the rule names, of the region’s privacy contract', () => {
    const rule = definition.requests['approve-deployment'];
    if (rule === undefined) throw new Error('it has no such rule');
    const guarded: GatekeeperDefinition = {
      ...definition,
      requests: {
        ...definition.requests,
        'approve-deployment': { ...rule, role: { name: 'deployers', access: 'writer' } },
      },
    };
    const validator = accessValidator(guarded, 1000);
    const approve = (roles?: string[]) => {
      const payload = { proposal: '1', closure: 'ab'.repeat(32) };
      return refusalOf(() => admit({ kind: 'approve-deployment', payload, origin: OWNER }, { roles }, validator));
    };
    expect(approve()).toBe('role-missing');
    expect(approve([])).toBe('role-missing');
    expect(approve(['deployer', 'readers'])).toBe('role-missing');
    expect(approve(['deployers'])).toBe('admitted');
  });

  it('takes nothing from a payload’s prototype, and lets no key reach it', () => {
    const payloads = [
      '{"__proto__":{"operation":"7"}}',
      '{"operation":"7","__proto__":{"polluted":true}}',
      '{"operation":"7","constructor":{"prototype":{"polluted":true}}}',
      '{"operation":{"__proto__":{"toString":"7"}}}',
      '[]',
      '"7"',
      'null',
    ];
    for (const text of payloads) {
      const payload = JSON.parse(text) as Json;
      const verdict = refusalOf(() => admit({ kind: 'claim-operation', payload, origin: CHAIN }));
      expect([text, verdict]).toEqual([text, 'request-malformed']);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    for (const kind of ['__proto__', 'toString', 'hasOwnProperty', 'valueOf', '', 'run-command ', 'run-command\0']) {
      expect(refusalOf(() => admit({ kind, payload: {}, origin: OWNER }))).toBe('request-kind-unknown');
    }
  });

  it('counts requests by the minute and by where they come from', () => {
    const validator = accessValidator(definition, 1000);
    const leave = (now: number, resumed = false) =>
      refusalOf(() => admit({ kind: 'leave', payload: {}, origin: OWNER }, { now, resumed }, validator));
    for (let at = 0; at < 60; at += 1) expect(leave(at)).toBe('admitted');
    expect(leave(60)).toBe('too-many-requests');
    expect(leave(60, true)).toBe('admitted');
    const claim = () =>
      admit({ kind: 'claim-operation', payload: { operation: '1' }, origin: CHAIN }, { now: 60 }, validator);
    expect(refusalOf(claim)).toBe('admitted');
    expect(leave(60_000)).toBe('admitted');
    expect(leave(60_000)).toBe('too-many-requests');
  });
});
