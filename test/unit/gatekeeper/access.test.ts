import { describe, expect, it } from 'vitest';
import { type AccessContext, accessValidator } from '../../../src/gatekeeper/access.ts';
import { bootstrapDefinition } from '../../../src/gatekeeper/definition.ts';
import { nativeRequest, type Origin, type RequestInput } from '../../../src/gatekeeper/request.ts';
import type { Json } from '../../../src/system/journal.ts';
import { ALICE, BOB } from './memory-chain.ts';
import { ADMISSION, seedDefinition } from './world.ts';

const definition = await seedDefinition();
const OWNER: Origin = { source: 'command', uid: 1000 };
const CHAIN: Origin = { source: 'chain', height: 5 };
const CONTEXT: AccessContext = { standing: 'admitted', account: BOB, now: 0, pending: 0, resumed: false };

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
