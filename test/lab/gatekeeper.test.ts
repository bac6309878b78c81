import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { connectChain, type HostSigner, hostKey, type LogosChain, openArtifacts } from '../../src/chain/index.ts';
import {
  type ClientGatekeeper,
  createClientGatekeeper,
  type GatekeeperEvent,
  joinRegion,
  loadGatekeeper,
  openGatekeeperStore,
} from '../../src/gatekeeper/index.ts';
import { canonicalJson, sha256Hex } from '../../src/system/canonical.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';
import { ADMISSION, COMPLIANT, DvmHost, SEED } from '../unit/gatekeeper/world.ts';

/** The gatekeeper against the real runtime and contracts, on the embedded chain; DVMs alone are kept in memory. */
const uid = process.getuid?.() ?? 0;
const OWNER = { source: 'command', uid } as const;
let home: Home;
let running: LabChain;
let chain: LogosChain;
let signer: HostSigner;
const host = new DvmHost();
const events: GatekeeperEvent[] = [];

beforeAll(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-gatekeeper-')) });
  running = await startLabChain({ directory: home.chain });
  chain = await connectChain(running.url);
  signer = await hostKey(home.keys, { create: true });
  await chain.fund(signer.address, 10_000_000_000_000_000n);
});

afterAll(async () => {
  await chain?.close();
  await running?.stop();
  await rm(home.root, { recursive: true, force: true });
});

function joinAs(admission: { class: string; path: 'qemu'; inventory: string; gatekeeper: string }) {
  const artifacts = openArtifacts(home.artifacts);
  const journal = new Journal(home.journal);
  return joinRegion({ home, chain, signer, artifacts, admission, journal, programVersion: '0.1.0' });
}

async function open(): Promise<ClientGatekeeper> {
  const deployed = await loadGatekeeper(home);
  if (deployed === undefined) throw new Error('it was not deployed');
  const { definition } = deployed;
  Object.assign(definition.retry, { attempts: 2, firstMs: 100, maximumMs: 100 });
  const store = await openGatekeeperStore(home);
  const log = (event: GatekeeperEvent) => events.push(event);
  const parts = { definition, chain, signer, effects: host, store, clock: systemClock, log };
  return createClientGatekeeper({ ...parts, prerequisites: COMPLIANT });
}

function ask(
  gatekeeper: ClientGatekeeper,
  operation: { kind: string; name: string; template?: string },
  nonce: string,
) {
  const payload = { host: signer.address, operation: { ...operation }, deadlineBlocks: 500 };
  return gatekeeper.request({ kind: 'request-operation', payload, origin: OWNER, nonce });
}

describe('the gatekeeper on the real chain', () => {
  it('joins, and deploys the definition that the chain names by its hash', async () => {
    const joined = await joinAs(ADMISSION);
    expect(joined.receipt).toMatchObject({ outcome: 'accepted', stage: 'execute' });
    expect(joined.member).toMatchObject({ standing: 'admitted', admission: ADMISSION });
    expect(joined.gatekeeper.digest).toBe(sha256Hex(await readFile(SEED)));
    expect((await joinAs(ADMISSION)).receipt).toBeUndefined();
  });

  it('starts the DVM that the chain asks a new host for, and reports the digest of what it did', async () => {
    const gatekeeper = await open();
    const [operation] = await chain.openOperations(signer.address);
    expect(operation).toMatchObject({ kind: { kind: 'start-dvm', template: 'admission' }, state: 'approved' });
    const { steps } = await gatekeeper.processOperations();
    expect(steps).toEqual([{ id: operation?.id, step: 'done' }]);
    expect(host.started).toEqual([operation?.kind.kind === 'start-dvm' && operation.kind.name]);
    expect(await chain.operation(operation?.id ?? 0n)).toMatchObject({ state: 'done' });
    expect(await chain.openOperations(signer.address)).toEqual([]);
    expect(gatekeeper.counters()).toMatchObject({ pending: 0, failed: 0 });
    expect((await gatekeeper.desiredDvms()).map(({ name }) => name)).toEqual(host.started);
  });

  it('asks for operations of its own once, however often it says so', async () => {
    const gatekeeper = await open();
    const request = ask(gatekeeper, { kind: 'start-dvm', name: 'web-1', template: 'admission' }, '1');
    const first = await gatekeeper.handle(request);
    const second = await gatekeeper.handle(request);
    expect(first).toMatchObject({ outcome: 'accepted', operation: expect.any(BigInt) });
    expect(second.operation).toBe(first.operation);
    const unknown = await gatekeeper.handle(
      ask(gatekeeper, { kind: 'start-dvm', name: 'web-2', template: 'no-such' }, '2'),
    );
    const stop = await gatekeeper.handle(ask(gatekeeper, { kind: 'stop-dvm', name: 'web-1' }, '3'));
    const { steps } = await gatekeeper.processOperations();
    expect(steps).toEqual([
      { id: first.operation, step: 'done' },
      expect.objectContaining({ id: unknown.operation, step: 'failed', code: 'template-unknown' }),
      { id: stop.operation, step: 'done' },
    ]);
    expect(await chain.operation(unknown.operation ?? 0n)).toMatchObject({ state: 'failed' });
    expect([host.running.has('web-1'), host.stopped]).toEqual([false, ['web-1']]);
  });

  it('is answered the same when a claim and a report are sent again after a crash', async () => {
    const gatekeeper = await open();
    const { operation: id = 0n } = await gatekeeper.handle(
      ask(gatekeeper, { kind: 'start-dvm', name: 'web-3', template: 'admission' }, '4'),
    );
    const payload = { operation: `${id}` };
    const origin = { source: 'chain', height: 1 } as const;
    const claim = gatekeeper.request({ kind: 'claim-operation', payload, origin });
    const outcome = { done: sha256Hex(canonicalJson({ name: 'web-3' })) };
    const report = gatekeeper.request({ kind: 'complete-operation', payload: { ...payload, outcome }, origin });
    for (const request of [claim, claim, report, report]) {
      expect(await gatekeeper.handle(request)).toMatchObject({ outcome: 'accepted' });
    }
    const other = { ...payload, outcome: { failed: 'changed my mind' } };
    const changed = gatekeeper.request({ kind: 'complete-operation', payload: other, origin });
    expect(await gatekeeper.handle(changed)).toMatchObject({ outcome: 'refused', stage: 'execute' });
  });

  it('keeps what it could not send while the chain was gone, and sends it when it is back', async () => {
    const gatekeeper = await open();
    // Known already, so that the request comes as far as the executor.
    const { port } = new URL(running.url);
    const first = await gatekeeper.handle(ask(gatekeeper, { kind: 'stop-dvm', name: 'web-4' }, '5'));
    expect(first.outcome).toBe('accepted');
    const request = gatekeeper.request({
      kind: 'claim-operation',
      payload: { operation: `${first.operation}` },
      origin: { source: 'chain', height: 1 },
    });
    await running.kill();
    expect(await gatekeeper.handle(request)).toMatchObject({ outcome: 'pending', stage: 'execute' });
    await expect(gatekeeper.processOperations()).rejects.toMatchObject({ code: expect.stringMatching(/^chain-/) });
    expect(gatekeeper.counters().pending).toBe(1);

    running = await startLabChain({ port: Number(port), directory: home.chain });
    const deadline = performance.now() + 60_000;
    let receipts = await gatekeeper.resume();
    while (receipts[0]?.outcome !== 'accepted' && performance.now() < deadline) {
      await systemClock.sleep(500);
      receipts = await gatekeeper.resume();
    }
    expect(receipts).toMatchObject([{ id: request.id, outcome: 'accepted' }]);
    expect((await gatekeeper.processOperations()).steps).toEqual([{ id: first.operation, step: 'done' }]);
  });

  it('takes an operation with the head that brings it, and ends when it is told to', async () => {
    const gatekeeper = await open();
    const end = new AbortController();
    const loop = gatekeeper.run(end.signal);
    const { operation: id = 0n } = await gatekeeper.handle(
      ask(gatekeeper, { kind: 'start-dvm', name: 'web-5', template: 'admission' }, '6'),
    );
    const deadline = performance.now() + 30_000;
    while ((await chain.operation(id))?.state !== 'done' && performance.now() < deadline) await systemClock.sleep(200);
    expect(await chain.operation(id)).toMatchObject({ state: 'done' });
    end.abort();
    await loop;
  });

  it('leaves, is asked nothing then, and comes back saying the same', async () => {
    const gatekeeper = await open();
    const leave = gatekeeper.request({ kind: 'leave', payload: {}, origin: OWNER, nonce: '7' });
    expect(await gatekeeper.handle(leave)).toMatchObject({ outcome: 'accepted' });
    expect(await gatekeeper.processOperations()).toMatchObject({ standing: 'left', steps: [] });
    const refused = await gatekeeper.handle(ask(gatekeeper, { kind: 'stop-dvm', name: 'web-5' }, '8'));
    expect(refused).toMatchObject({ outcome: 'refused', stage: 'access', error: { code: 'host-not-admitted' } });
    expect((await joinAs(ADMISSION)).member.standing).toBe('admitted');
  });

  it('describes itself anew with another class', async () => {
    const joined = await joinAs({ ...ADMISSION, class: 'large-1' });
    expect(joined.member.admission.class).toBe('large-1');
    expect((await chain.member(signer.address))?.admission.class).toBe('large-1');
  });
});
