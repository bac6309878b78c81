import { describe, expect, it } from 'vitest';
import {
  createClientGatekeeper,
  type GatekeeperDefinition,
  type Prerequisites,
} from '../../../src/gatekeeper/index.ts';
import { gatherPrerequisites } from '../../../src/gatekeeper/prerequisites.ts';
import type { DomainValidator } from '../../../src/gatekeeper/validate.ts';
import { ExternalError, UserError } from '../../../src/system/errors.ts';
import { ALICE, BOB } from './memory-chain.ts';
import { COMPLIANT, makeWorld, seedDefinition } from './world.ts';

const definition = await seedDefinition();
const ORIGIN = { source: 'api', uid: 1000 } as const;

describe('a request that waits for the chain', () => {
  const settle = async (check: DomainValidator['validate']) => {
    const { chain, store, clock, host } = await makeWorld();
    const gatekeeper = createClientGatekeeper({
      ...{ definition, chain, store, clock, effects: host, prerequisites: COMPLIANT },
      ...{ signer: { address: BOB }, log: () => {}, ownerUid: 1000 },
      validators: { w3bi: { limitMs: 20, validate: check } },
    });
    const request = gatekeeper.request({ kind: 'cancel-lease', payload: { lease: '1' }, origin: ORIGIN, nonce: 'n' });
    await store.outbox.put(request, clock.now());
    const [receipt] = await gatekeeper.resume();
    return { outcome: receipt?.outcome, stage: receipt?.stage, waits: store.outbox.has(request.id) };
  };

  it.each<[string, DomainValidator['validate'], string, boolean]>([
    ['is refused by the rules of today', () => refuse(), 'refused', false],
    ['is refused by a validator that fails', () => Promise.reject(new TypeError('x')), 'refused', false],
    ['waits on while its rules can not be had', () => lost('chain-unreachable'), 'pending', true],
    ['waits on while an artefact is missing', () => lost('artifact-missing'), 'pending', true],
    ['waits on while nobody decides', () => new Promise(() => {}), 'pending', true],
    ['does not wait for what never passes', () => lost('configuration-key-missing'), 'refused', false],
  ])('%s', async (_, check, outcome, waits) => {
    expect(await settle(check)).toEqual({ outcome, stage: 'validate', waits });
  });

  const refuse = (): never => {
    throw new UserError('lease-unknown', 'No.', { exitCode: 3, nextSteps: ['Do not.'] });
  };
  const lost = (code: string) => Promise.reject(new ExternalError(code, 'gone'));
});

describe('what a rule asks of who asks', () => {
  const rule = definition.requests['run-command'];
  const asking: GatekeeperDefinition = {
    ...definition,
    requests: {
      'run-command': rule && { ...rule, role: { name: 'operators', access: 'writer' } },
      leave: rule as never,
    },
  };

  const gather = async (kind: string, origin: Parameters<typeof gatherPrerequisites>[0]['origin']) => {
    const { gatekeeper } = await makeWorld();
    const asked: string[] = [];
    const prerequisites: Prerequisites = {
      standing: async () => void asked.push('standing') as never,
      compliance: async () => {
        asked.push('compliance');
        return { compliant: true };
      },
      hasRole: async (account, name, access) => {
        asked.push(`${account} ${name} ${access}`);
        return account === ALICE;
      },
    };
    const request = gatekeeper.request({ kind, payload: {}, origin });
    const facts = await gatherPrerequisites(request, asking, BOB, prerequisites);
    return { asked, facts };
  };

  it('is looked up for the account that signed, or else for the host', async () => {
    const own = await gather('run-command', ORIGIN);
    expect(own.asked).toEqual(['standing', 'compliance', `${BOB} operators writer`]);
    expect(own.facts).toMatchObject({ compliance: { compliant: true }, roles: [] });
    const signed = await gather('run-command', { ...ORIGIN, key: ALICE });
    expect(signed.asked).toContain(`${ALICE} operators writer`);
    expect(signed.facts).toMatchObject({ roles: ['operators'] });
  });

  it('is not looked up where no rule asks', async () => {
    expect(await gather('join', ORIGIN)).toEqual({ asked: [], facts: {} });
    expect(await gather('no-such-kind', ORIGIN)).toEqual({ asked: [], facts: {} });
    expect((await gather('leave', { source: 'chain', height: 1 })).asked).toEqual(['compliance']);
  });
});
