import { describe, expect, it } from 'vitest';
import { type AccessContext, accessValidator } from '../../../src/gatekeeper/access.ts';
import { nativeRequest, REQUEST_KINDS, type RequestKind } from '../../../src/gatekeeper/request.ts';
import { translate } from '../../../src/gatekeeper/translator.ts';
import { type DomainValidator, domainOf, type Validators, validate } from '../../../src/gatekeeper/validate.ts';
import { ExternalError, UserError } from '../../../src/system/errors.ts';
import type { Json } from '../../../src/system/journal.ts';
import { shipped } from './library/shipped.ts';
import { BOB } from './memory-chain.ts';
import { seedDefinition } from './world.ts';

const definition = await seedDefinition();
const scope = { account: BOB, genesis: '0x00' };
const rules = { libraries: shipped, documents: new Map<string, Uint8Array>() };
const CONTEXT: AccessContext = {
  ...scope,
  standing: 'admitted',
  compliance: { compliant: true },
  now: 0,
  pending: 0,
  resumed: false,
};

function admit(kind: RequestKind, payload: Json) {
  const request = nativeRequest({ kind, payload, origin: { source: 'api', uid: 0 } }, scope);
  return accessValidator(definition, 0).admit(request, CONTEXT);
}

const command = (...argv: string[]) => admit('run-command', { host: BOB, argv, documents: [], deadlineBlocks: 10 });
const lease = admit('cancel-lease', { lease: '1' });

function validator(check: DomainValidator['validate'], limitMs = 1_000): Validators {
  return { w3bi: { limitMs, validate: check }, dvci: { limitMs, validate: check } };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'validated',
    (error: UserError) => {
      expect(error).toMatchObject({ exitCode: 3 });
      expect(error.nextSteps.length).toBeGreaterThan(0);
      return error.code;
    },
  );

describe('the validators of the domains', () => {
  it('are asked for their own domain, and a resource node goes straight to the translator', async () => {
    const asked: string[] = [];
    const note = (domain: string): DomainValidator => ({ limitMs: 1_000, validate: () => void asked.push(domain) });
    const validators = { dvci: note('dvci'), w3bi: note('w3bi'), deployment: note('deployment') };
    for (const [admitted, domain] of [
      [admit('leave', {}), 'drn'],
      [command('virsh', 'list'), 'drn'],
      [command('kubeadm', 'reset', '--force'), 'dvci'],
      [lease, 'w3bi'],
      [admit('reject-deployment', { proposal: '1' }), 'deployment'],
    ] as const) {
      asked.length = 0;
      expect((await validate(admitted, { definition, validators, rules })).domain).toBe(domain);
      expect(asked).toEqual(domain === 'drn' ? [] : [domain]);
    }
  });

  it('have every kind in one domain, and layers 2 and up of commands in the region’s', () => {
    for (const kind of REQUEST_KINDS) expect(['drn', 'w3bi', 'deployment']).toContain(domainOf(kind));
    expect([0, 1, 2, 3, 4].map((layer) => domainOf('run-command', { layer }))).toEqual([
      ...['drn', 'drn'],
      ...['dvci', 'dvci', 'dvci'],
    ]);
  });

  it('are given what a command says, typed', async () => {
    let seen: unknown;
    const validators = validator(({ native }) => {
      seen = native?.parameters['cri-socket'];
    });
    await validate(command('kubeadm', 'reset', '--force', '--cri-socket=unix:///run/containerd/containerd.sock'), {
      definition,
      validators,
      rules,
    });
    expect(seen).toBe('unix:///run/containerd/containerd.sock');
  });

  it.each<[string, DomainValidator['validate'], string]>([
    ['that has no objection', () => {}, 'validated'],
    ['that has none later', async () => {}, 'validated'],
    [
      'that refuses',
      () => {
        throw new UserError('rule-broken', 'No.', { exitCode: 3, nextSteps: ['Do not.'] });
      },
      'rule-broken',
    ],
    [
      'that throws',
      () => {
        throw new TypeError('undefined is not a function');
      },
      'validator-failed',
    ],
    ['that throws later', () => Promise.reject(new Error('x')), 'validator-failed'],
    ['that throws nothing at all', () => Promise.reject(undefined), 'validator-failed'],
    ['without the chain', () => Promise.reject(new ExternalError('chain-unreachable', 'gone')), 'validator-failed'],
    [
      'with an error of another meaning',
      () => Promise.reject(new UserError('busy', 'later', { exitCode: 1 })),
      'validator-failed',
    ],
    ['that never answers', () => new Promise(() => {}), 'validator-timeout'],
    [
      'that never lets go',
      () => {
        const end = performance.now() + 80;
        while (performance.now() < end);
      },
      'validator-timeout',
    ],
  ])('%s', async (_, check, code) => {
    expect(await codeOf(validate(lease, { definition, validators: validator(check, 40) }))).toBe(code);
  });

  it('are told when their time is up', async () => {
    let signal: AbortSignal | undefined;
    const check: DomainValidator['validate'] = (_, given) => {
      signal = given;
      return new Promise(() => {});
    };
    await codeOf(validate(lease, { definition, validators: validator(check, 20) }));
    expect(signal?.aborted).toBe(true);
  });

  it('are needed: a domain without one is closed', async () => {
    expect(await codeOf(validate(lease, { definition }))).toBe('validator-missing');
    expect(await codeOf(validate(lease, { definition, validators: {} }))).toBe('validator-missing');
    expect(await codeOf(validate(command('kubeadm', 'reset'), { definition, rules }))).toBe('validator-missing');
  });

  it('are not asked about a command that can not be read, and the translator refuses it', async () => {
    const never = validator(() => {
      throw new Error('asked');
    });
    for (const [argv, code] of [
      [['kubeadm', 'explode'], 'verb-unknown'],
      [['rm', '-rf', '/'], 'tool-unknown'],
      [['kubeadm', 'join', '10.0.0.1:6443', '--discovery-token-unsafe-skip-ca-verification'], 'option-forbidden'],
    ] as const) {
      const validated = await validate(command(...argv), { definition, validators: never, rules });
      expect(() => translate(validated, definition)).toThrow(expect.objectContaining({ code, exitCode: 3 }));
    }
    const unread = await validate(command('kubeadm', 'reset'), { definition, validators: never });
    expect(() => translate(unread, definition)).toThrow(expect.objectContaining({ code: 'tool-unknown' }));
  });
});
