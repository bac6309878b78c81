import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmittedRequest, accessValidator, isAdmittedRequest } from '../../../src/gatekeeper/access.ts';
import { payloadSchemas } from '../../../src/gatekeeper/payload.ts';
import { isReceipt, type Receipt, receiptOf } from '../../../src/gatekeeper/receipt.ts';
import { type NativeRequest, nativeRequest, REQUEST_KINDS, type RequestKind } from '../../../src/gatekeeper/request.ts';
import { type ContractCall, isContractCall, translate } from '../../../src/gatekeeper/translator.ts';
import { isValidatedRequest, type ValidatedRequest, validate } from '../../../src/gatekeeper/validate.ts';
import type { Json } from '../../../src/system/journal.ts';
import { cases } from '../../cases.ts';
import { BOB } from './memory-chain.ts';
import { ADMISSION, seedDefinition } from './world.ts';

const SCOPE = { account: BOB, genesis: `0x${'11'.repeat(32)}` };
const CONTEXT = {
  ...SCOPE,
  standing: 'admitted',
  compliance: { compliant: true },
  now: 0,
  pending: 0,
  resumed: false,
} as const;
const definition = await seedDefinition();

const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/);
const operation = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String);
const payloads: Record<Exclude<RequestKind, 'run-command'>, fc.Arbitrary<Json>> = {
  join: fc.record({
    class: label,
    path: fc.constantFrom('kvm', 'qemu', 'gpu'),
    inventory: hash,
    gatekeeper: fc.stringMatching(/^[!-~]{1,63}$/),
  }),
  leave: fc.constant({}),
  'claim-operation': fc.record({ operation }),
  'complete-operation': fc.record({
    operation,
    outcome: fc.oneof(fc.record({ done: hash }), fc.record({ failed: fc.string({ maxLength: 60 }) })),
  }),
  'request-operation': fc.record({
    host: fc.constant(BOB),
    operation: fc.oneof(
      fc.record({ kind: fc.constant('start-dvm'), name: label, template: label }),
      fc.record({ kind: fc.constant('stop-dvm'), name: label }),
    ),
    deadlineBlocks: fc.integer({ min: 1, max: 864_000 }),
  }),
  'open-lease': fc.record({
    customer: fc.constant(BOB),
    class: label,
    blocks: fc.integer({ min: 1, max: 10_368_000 }),
    service: label,
  }),
  'settle-lease': fc.record({ lease: operation }),
  'cancel-lease': fc.record({ lease: operation }),
  'propose-deployment': fc.record({
    target: label,
    closure: hash,
    size: fc.integer({ min: 1, max: 16 * 1024 * 1024 }),
    waitBlocks: fc.integer({ min: 1, max: 864_000 }),
  }),
  'approve-deployment': fc.record({ proposal: operation, closure: hash }),
  'reject-deployment': fc.record({ proposal: operation }),
  'withdraw-deployment': fc.record({ proposal: operation }),
  'expire-deployment': fc.record({ proposal: operation }),
  'report-deployment': fc.record({
    proposal: operation,
    outcome: fc.oneof(fc.record({ applied: hash }), fc.record({ failed: fc.string({ maxLength: 60 }) })),
  }),
};
/** What takes no time is given a minute: the fuzz profile runs on machines that stand still now and then. */
const pass = { limitMs: 60_000, validate: () => {} };
const validators = { dvci: pass, w3bi: pass, deployment: pass };
/** Native commands need libraries and files; test/unit/gatekeeper/native has them. */
const plainKinds = REQUEST_KINDS.filter((kind) => kind !== 'run-command');
const wish = fc.oneof(...plainKinds.map((kind) => payloads[kind].map((payload) => ({ kind, payload }))));

function originOf(kind: RequestKind) {
  return definition.requests[kind]?.origins[0]?.source === 'chain'
    ? ({ source: 'chain', height: 1 } as const)
    : ({ source: 'command', uid: 0 } as const);
}

function admitted(kind: RequestKind, payload: Json): AdmittedRequest {
  const request = nativeRequest({ kind, payload, origin: originOf(kind) }, SCOPE);
  return accessValidator(definition, 1000).admit(request, CONTEXT);
}

function validated(kind: RequestKind, payload: Json): Promise<ValidatedRequest> {
  return validate(admitted(kind, payload), { definition, validators });
}

describe('stages', () => {
  it('cannot be skipped, by type or at run time', async () => {
    const request = nativeRequest({ kind: 'join', payload: ADMISSION, origin: { source: 'command', uid: 0 } }, SCOPE);
    const transaction = { transaction: '0x00', block: '0x00', height: 1 } as const;
    const sent = { outcome: 'accepted', transaction } as const;

    const options = { definition, validators };
    // @ts-expect-error a native request is not an admitted one
    await expect(validate(request, options)).rejects.toThrow(/AdmittedRequest/);
    // @ts-expect-error an admitted request is not a validated one
    expect(() => translate(admitted('join', ADMISSION), definition)).toThrow(/ValidatedRequest/);
    // @ts-expect-error an admitted request is not a contract call
    expect(() => receiptOf(admitted('join', ADMISSION), sent)).toThrow(/ContractCall/);
    // @ts-expect-error nor is a native request
    expect(() => receiptOf(request, sent)).toThrow(/ContractCall/);

    // @ts-expect-error the right fields make no native request
    const forgedRequest: NativeRequest = { ...request };
    expect(() => accessValidator(definition, 0).admit(forgedRequest, CONTEXT)).toThrow(/NativeRequest/);

    const genuine = admitted('join', ADMISSION);
    // @ts-expect-error the right fields make no admitted request
    const forgedAdmitted: AdmittedRequest = { request: genuine.request, demand: genuine.demand, gatekeeper: '1.0.0' };
    await expect(validate(forgedAdmitted, options)).rejects.toThrow(/AdmittedRequest/);

    const checked = await validate(genuine, options);
    // @ts-expect-error the right fields make no validated request
    const forgedValidated: ValidatedRequest = { admitted: genuine, domain: 'drn' };
    expect(() => translate(forgedValidated, definition)).toThrow(/ValidatedRequest/);

    const call = translate(checked, definition);
    // @ts-expect-error the right fields make no contract call
    const forgedCall: ContractCall = {
      validated: checked,
      admitted: genuine,
      section: call.section,
      content: call.content,
      requestId: '',
      kind: 'join',
    };
    expect(() => receiptOf(forgedCall, sent)).toThrow(/ContractCall/);

    const receipt = receiptOf(call, sent);
    // @ts-expect-error the right fields make no receipt
    const forgedReceipt: Receipt = { id: '', kind: 'join', outcome: 'accepted', stage: 'execute' };
    expect([isReceipt(receipt), isReceipt(forgedReceipt)]).toEqual([true, false]);
    expect([isAdmittedRequest(genuine), isValidatedRequest(checked), isContractCall(call)]).toEqual([true, true, true]);
  });

  it('are not changed afterwards', () => {
    const payload = { ...ADMISSION, class: 'small-1' };
    const request = nativeRequest({ kind: 'join', payload, origin: { source: 'command', uid: 0 } }, SCOPE);
    payload.class = 'huge-9';
    expect(request.payload).toMatchObject({ class: 'small-1' });
    expect(() => Object.assign(request, { kind: 'leave' })).toThrow(TypeError);
  });

  it('translate every validated request, to the message of its kind, with what it said', async () => {
    await fc.assert(
      fc.asyncProperty(wish, async ({ kind, payload }) => {
        const call = translate(await validated(kind, payload), definition);
        expect(call.content.message).toBe(definition.requests[kind]?.message);
        expect(call.section).toBe(definition.requests[kind]?.section);
        const said = payloadSchemas[kind].parse(payload);
        const { change, ...plain }: Record<string, unknown> = { ...call.content.arguments };
        const told = { ...plain, ...(change as object | undefined) };
        if (kind === 'join') expect(told).toEqual({ admission: said });
        else expect(new Set(Object.values(told))).toEqual(new Set(Object.values(withoutChecked(kind, said))));
      }),
      { numRuns: cases(300) },
    );
  });
});

/** What a validator looks at and the contract is not told. */
function withoutChecked(kind: RequestKind, said: object): object {
  const unsaid = { 'open-lease': 'service', 'approve-deployment': 'closure' }[kind as string];
  return Object.fromEntries(Object.entries(said).filter(([name]) => name !== unsaid));
}

describe('request ids', () => {
  const origins = [
    { source: 'command', uid: 0 },
    { source: 'api', uid: 5 },
    { source: 'chain', height: 9 },
  ] as const;

  it('are the same for the same content, whoever sends it and however it is ordered', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
        fc.constantFrom(...origins),
        (content, origin) => {
          const turned = Object.fromEntries(Object.entries(content).reverse());
          const one = nativeRequest({ kind: 'x', payload: content as Json, origin: origins[0] }, SCOPE);
          const other = nativeRequest({ kind: 'x', payload: turned as Json, origin }, SCOPE);
          expect(other.id).toBe(one.id);
          expect(one.id).toMatch(/^[0-9a-f]{64}$/);
        },
      ),
    );
  });

  it('differ with kind, content, nonce, account and chain', () => {
    const base = { kind: 'leave', payload: {}, origin: origins[0] };
    const ids = [
      nativeRequest(base, SCOPE),
      nativeRequest({ ...base, kind: 'join' }, SCOPE),
      nativeRequest({ ...base, payload: { a: 1 } }, SCOPE),
      nativeRequest({ ...base, nonce: '1' }, SCOPE),
      nativeRequest(base, { ...SCOPE, account: 'x' }),
      nativeRequest(base, { ...SCOPE, genesis: 'y' }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are kept for ever: this one was written down', () => {
    const request = nativeRequest({ kind: 'join', payload: ADMISSION, origin: origins[0], nonce: 'n' }, SCOPE);
    expect(request.id).toMatchInlineSnapshot(`"b91b078f2dcca6847a72d40524dfde0a025f595a1bb44c5d6bbe5f1409baefde"`);
  });

  it('are refused to what has no canonical form or is too large', () => {
    for (const payload of [{ a: undefined }, { a: 1n }, 'x'.repeat(70_000)]) {
      const make = () => nativeRequest({ kind: 'x', payload: payload as unknown as Json, origin: origins[0] }, SCOPE);
      expect(make).toThrow(expect.objectContaining({ code: 'request-malformed', exitCode: 3 }));
    }
  });
});
