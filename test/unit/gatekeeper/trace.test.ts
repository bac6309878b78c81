import { describe, expect, it } from 'vitest';
import { describeTrace, readTrail, traceOf } from '../../../src/gatekeeper/index.ts';
import { replayRequest } from '../../../src/service/request.ts';
import type { Json } from '../../../src/system/journal.ts';
import { ALICE, BOB } from './memory-chain.ts';
import { COMPLIANT, makeWorld, type World } from './world.ts';

const OWNER = { source: 'api', uid: 1000, pid: 4711 } as const;
const start = (host = BOB): Json => ({
  host,
  operation: { kind: 'start-dvm', name: 'web-1', template: 'small' },
  deadlineBlocks: 100,
});

async function ask({ gatekeeper }: World, kind: string, payload: Json, nonce = '') {
  return gatekeeper.handle(gatekeeper.request({ kind, payload, origin: OWNER, nonce }));
}

async function traced({ home }: World, id: string) {
  return traceOf(await readTrail(home, id));
}

describe('the trace of a request', () => {
  it('goes through every stage, the chain and the host, and back', async () => {
    const world = await makeWorld();
    const { id } = await ask(world, 'request-operation', start());
    const before = await traced(world, id);
    expect(before.steps.map(({ step, state }) => `${step} ${state}`)).toEqual([
      ...['native passed', 'access passed', 'validate passed', 'translate passed', 'execute passed'],
      ...['event open', 'claim ahead', 'run ahead', 'report ahead'],
    ]);
    await world.gatekeeper.processOperations();
    const trace = await traced(world, id.slice(0, 8));
    expect(trace).toMatchObject({ request: id, kind: 'request-operation', outcome: 'accepted', attempts: 1 });
    expect(trace.steps.map(({ state }) => state)).toEqual(Array(9).fill('passed'));
    const detail = Object.fromEntries(trace.steps.map((step) => [step.step, step.detail]));
    expect(detail.native).toEqual({ source: 'api', uid: 1000, pid: 4711 });
    expect(detail.validate).toEqual({ domain: 'drn' });
    expect(detail.execute).toMatchObject({
      operation: '1',
      height: expect.any(Number),
      transaction: expect.any(String),
    });
    expect(detail.run).toMatchObject({ result: { name: 'web-1' }, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(detail.report).toMatchObject({ transaction: expect.any(String), height: expect.any(Number) });
    for (const { step, ms } of trace.steps) {
      if (step !== 'native' && step !== 'event') expect([step, (ms ?? -1) >= 0]).toEqual([step, true]);
    }
    expect(describeTrace(trace)).toContain('execute    passed');
  });

  it('ends where it was refused, with the reason', async () => {
    const world = await makeWorld();
    const { id } = await ask(world, 'request-operation', start(ALICE));
    const { steps, outcome } = await traced(world, id);
    expect(outcome).toBe('refused');
    expect(steps[1]).toMatchObject({ step: 'access', state: 'refused', detail: { code: 'request-not-own-host' } });
    expect(steps.slice(2).every(({ state }) => state === 'ahead')).toBe(true);
  });

  it('tells of a failure on the host', async () => {
    const world = await makeWorld();
    world.host.failure = new Error('no room');
    const { id } = await ask(world, 'request-operation', start());
    await world.gatekeeper.processOperations();
    const { steps } = await traced(world, id);
    expect(steps.find(({ step }) => step === 'run')).toMatchObject({
      state: 'failed',
      detail: { reason: expect.stringContaining('no room') },
    });
  });

  it('counts attempts, and is open while the chain is gone', async () => {
    const world = await makeWorld();
    const { id } = await ask(world, 'leave', {});
    world.chain.offline = true;
    const later = await ask(world, 'request-operation', start(), 'later');
    world.chain.offline = false;
    expect((await traced(world, id)).steps.map(({ step }) => step)).not.toContain('run');
    expect(await traced(world, later.id)).toMatchObject({ attempts: 1 });
  });

  it('of a request that is not there, or not the only one, is refused', async () => {
    const world = await makeWorld();
    const { id } = await ask(world, 'leave', {});
    for (const wrong of ['', 'abc', 'ffffffff', '../../etc', `${id}0`, id.toUpperCase().replace(/[0-9]/g, 'A')]) {
      await expect(readTrail(world.home, wrong)).rejects.toMatchObject({ code: 'request-unknown', exitCode: 2 });
    }
  });
});

describe('a replay', () => {
  it('judges what was kept by today’s rules, and does nothing', async () => {
    const world = await makeWorld();
    const { id } = await ask(world, 'request-operation', start());
    const transactions = world.chain.transactions.length;
    expect(await world.gatekeeper.replay(id)).toMatchObject({
      before: { verdict: 'accept', code: 'accepted' },
      now: { verdict: 'accept', request: id, call: { message: 'request' } },
      differs: false,
    });
    expect(world.chain.transactions).toHaveLength(transactions);

    const member = world.chain.members.get(BOB);
    if (member !== undefined) member.standing = 'excluded';
    expect(await world.gatekeeper.replay(id)).toMatchObject({
      before: { verdict: 'accept' },
      now: { verdict: 'refuse', stage: 'access', code: 'host-excluded' },
      differs: true,
    });
  });

  it('is of who asked then, the chain too', async () => {
    const world = await makeWorld();
    await ask(world, 'request-operation', start());
    await world.gatekeeper.processOperations();
    const claim = world.gatekeeper.recent(10).find(({ kind }) => kind === 'claim-operation');
    expect(await world.gatekeeper.replay(claim?.id ?? '')).toMatchObject({
      now: { verdict: 'accept' },
      differs: false,
    });
  });

  it('says the same of what was refused and still is', async () => {
    const world = await makeWorld();
    const { id } = await ask(world, 'request-operation', start(ALICE));
    expect(await world.gatekeeper.replay(id)).toMatchObject({
      differs: false,
      before: { code: 'request-not-own-host' },
    });
  });

  it('of a command whose form or files are gone is a refusal, not a failure', async () => {
    const world = await makeWorld();
    for (const [payload, code] of [
      [{}, 'request-malformed'],
      [
        { host: BOB, argv: ['helm', 'list'], documents: [{ path: 'a', digest: 'ab'.repeat(32) }], deadlineBlocks: 9 },
        'command-unknown',
      ],
    ] as const) {
      const { id } = await ask(world, 'run-command', payload);
      expect(await world.gatekeeper.replay(id)).toMatchObject({ now: { verdict: 'refuse', code }, differs: false });
    }
  });

  it('without a running gatekeeper is by the rules that ship with the program', async () => {
    const world = await makeWorld();
    const payload = { host: BOB, argv: ['virsh', 'list'], documents: [], deadlineBlocks: 9 };
    const root = { source: 'api', uid: 0 } as const;
    const request = world.gatekeeper.request({ kind: 'run-command', payload, origin: root, nonce: 'n' });
    const { id } = await world.gatekeeper.handle(request);
    expect(await replayRequest(world.home, id.slice(0, 10))).toMatchObject({
      ...{ rules: 'built-in', differs: true },
      before: { verdict: 'refuse', code: 'tool-unknown' },
      now: { verdict: 'accept' },
    });
    const malformed = await ask(world, 'run-command', {});
    expect(await replayRequest(world.home, malformed.id)).toMatchObject({
      now: { verdict: 'refuse', stage: 'access' },
    });
    await expect(replayRequest(world.home, 'beef')).rejects.toMatchObject({ code: 'request-unknown' });
  });

  it('can not be of what nobody sent, or was too long to keep', async () => {
    const world = await makeWorld();
    await expect(world.gatekeeper.replay('00'.repeat(32))).rejects.toMatchObject({ code: 'request-unknown' });
    const { id } = await ask(world, 'leave', { text: 'x'.repeat(10_000) });
    await expect(world.gatekeeper.replay(id)).rejects.toMatchObject({ code: 'request-not-kept' });
  });
});

describe('a request that comes again', () => {
  it('with the same nonce is the same request, and has one effect', async () => {
    const world = await makeWorld();
    const first = await ask(world, 'request-operation', start(), 'once');
    const again = await ask(world, 'request-operation', start(), 'once');
    expect(again).toMatchObject({ id: first.id, outcome: 'accepted', operation: first.operation });
    await world.gatekeeper.processOperations();
    expect(world.host.started).toEqual(['web-1']);
    expect(await traced(world, first.id)).toMatchObject({ attempts: 2 });
  });

  it('by a gatekeeper that may not know, is refused: a rule without its facts is closed', async () => {
    const { createClientGatekeeper } = await import('../../../src/gatekeeper/index.ts');
    const world = await makeWorld();
    const { chain, store, clock } = world;
    const definition = (await import('./world.ts')).seedDefinition();
    const parts = { chain, store, clock, signer: { address: BOB }, effects: world.host, log: () => {}, ownerUid: 1000 };
    const blind = createClientGatekeeper({ ...parts, definition: await definition });
    const receipt = await blind.handle(
      blind.request({ kind: 'request-operation', payload: start(), origin: OWNER, nonce: 'n' }),
    );
    expect(receipt).toMatchObject({ outcome: 'refused', stage: 'access', error: { code: 'host-not-compliant' } });
    const seeing = createClientGatekeeper({ ...parts, definition: await definition, prerequisites: COMPLIANT });
    expect(await seeing.handle(blind.request({ kind: 'leave', payload: {}, origin: OWNER }))).toMatchObject({
      outcome: 'accepted',
    });
  });
});
