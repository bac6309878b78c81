import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { Connection } from '../../src/chain/client/connection.ts';
import { TransactionQueue } from '../../src/chain/client/transactions.ts';
import {
  type ConnectedChain,
  connectChain,
  type HostSigner,
  hostKey,
  openArtifacts,
  signRequest,
} from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import {
  type ClientGatekeeper,
  createClientGatekeeper,
  type GatekeeperDefinition,
  type GatekeeperStore,
  joinRegion,
  loadGatekeeper,
  openGatekeeperStore,
  type Prerequisites,
  readTrail,
  traceOf,
} from '../../src/gatekeeper/index.ts';
import { sendTyped } from '../../src/service/api/client.ts';
import { serveLocalApi } from '../../src/service/api/local-api.ts';
import type { RequestAnswer } from '../../src/service/api/request-routes.ts';
import { composeStatus } from '../../src/service/compose-status.ts';
import { chainLibraries } from '../../src/service/libraries.ts';
import { hostPrerequisites } from '../../src/service/prerequisites.ts';
import { chainValidators } from '../../src/service/validators.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import type { Json } from '../../src/system/journal.ts';
import { Journal } from '../../src/system/journal.ts';
import { ADMISSION, COMPLIANT, DvmHost } from '../unit/gatekeeper/world.ts';

/** The stages on the real runtime and contracts: what a customer rents, who is suspended or excluded, and rules that change. */
const UNIT = 1_000_000_000_000n;
const PRICE = UNIT / 1_000n;
const INIT = ['kubeadm', 'init', '--pod-network-cidr=10.244.0.0/16'];
const origin = { source: 'api', uid: process.getuid?.() ?? 0 } as const;

let home: Home;
let lab: LabChain;
let chain: ConnectedChain;
let alice: HostSigner;
let signer: HostSigner;
let store: GatekeeperStore;
let definition: GatekeeperDefinition;
let gatekeeper: ClientGatekeeper;
let api: { close(): Promise<void> };

function build(prerequisites: Prerequisites, rules: GatekeeperDefinition = definition): ClientGatekeeper {
  const artifacts = openArtifacts(home.artifacts);
  return createClientGatekeeper({
    ...{ definition: rules, chain, signer, store, prerequisites },
    effects: new DvmHost(),
    libraries: chainLibraries(chain, artifacts),
    validators: chainValidators(chain, artifacts, signer.address),
    clock: systemClock,
    log: () => {},
  });
}

/** What is asked of the chain is real; that this machine is hardened is not. */
const prerequisites = (): Prerequisites => ({
  ...hostPrerequisites(home, chain, signer.address),
  compliance: COMPLIANT.compliance,
});

beforeAll(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-stages-')) });
  lab = await startLabChain({ directory: home.chain });
  chain = await connectChain(lab.url, { timeoutMs: 60_000 });
  alice = await developmentKey('//Alice');
  signer = await hostKey(home.keys, { create: true });
  await chain.fund(signer.address, 10_000n * UNIT);
  const artifacts = openArtifacts(home.artifacts);
  const journal = new Journal(home.journal);
  await joinRegion({ home, chain, signer, artifacts, admission: ADMISSION, journal, programVersion: '0.1.0' });
  const deployed = await loadGatekeeper(home);
  if (deployed === undefined) throw new Error('it was not deployed');
  definition = deployed.definition;
  store = await openGatekeeperStore(home);
  gatekeeper = build(prerequisites());
  await mkdir(home.run, { recursive: true });
  const orders = { stop: async () => {}, pause: async () => {}, resume: async () => {}, stopDvm: async () => {} };
  const status = () => composeStatus(home);
  api = await serveLocalApi({ home, status, subscribe: () => () => {}, orders, gatekeeper: () => gatekeeper });
});

afterAll(async () => {
  await api?.close();
  store?.close();
  await chain?.close();
  await lab?.stop();
  await rm(home.root, { recursive: true, force: true });
});

/** The program itself, on this host's LOGOS_HOME. Gives its `result` line. */
async function logos(...args: string[]): Promise<unknown> {
  const program = join(import.meta.dirname, '../../bin/dev.js');
  const env = { ...process.env, LOGOS_HOME: home.root };
  const options = { env, encoding: 'utf8', timeout: 60_000 } as const;
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--json'], options).catch(
    (error: { stdout: string }) => error,
  );
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

const ask = (kind: string, payload: Json, over: object = {}): Promise<RequestAnswer> =>
  sendTyped(home, kind, { payload, nonce: randomUUID(), dryRun: false, ...over });

const refusalOf = (answer: RequestAnswer) => ('receipt' in answer ? answer.receipt.error?.code : answer.verdict.code);

describe('a customer’s service, by the local API', () => {
  const wish = (over: object = {}): Json => ({
    ...{ customer: signer.address, class: 'small-1', blocks: 1_200, service: 'substrate-node' },
    ...over,
  });
  let lease = '';

  it('is refused by what the community decided, before anything is paid', async () => {
    const before = await chain.balance(signer.address);
    expect(refusalOf(await ask('open-lease', wish()))).toBe('class-not-for-rent');
    await chain.leases.setPrice(alice, 'small-1', PRICE);
    expect(refusalOf(await ask('open-lease', wish({ service: 'casino' })))).toBe('service-not-admitted');
    expect(refusalOf(await ask('open-lease', wish({ blocks: 1_199 })))).toBe('lease-time-refused');
    await chain.leases.setPrice(alice, 'large-1', 100n * UNIT);
    expect(refusalOf(await ask('open-lease', wish({ class: 'large-1' })))).toBe('balance-too-low');
    expect(await chain.balance(signer.address)).toBe(before);
    expect(await chain.leases.lease(1n)).toBeUndefined();
  });

  it('is judged by a dry run, as far as the call', async () => {
    const answer = await ask('open-lease', wish(), { dryRun: true });
    expect(answer).toMatchObject({
      verdict: { verdict: 'accept', stage: 'translate', call: { section: 'lease-section-1', message: 'open' } },
    });
    expect(await chain.leases.lease(1n)).toBeUndefined();
  });

  it('becomes a lease on chain, once, and is cancelled', async () => {
    const nonce = randomUUID();
    const answer = await ask('open-lease', wish(), { nonce });
    expect(answer).toMatchObject({ receipt: { outcome: 'accepted', stage: 'execute', lease: expect.any(String) } });
    const again = await ask('open-lease', wish(), { nonce });
    lease = ('receipt' in answer && answer.receipt.lease) || '';
    expect(again).toMatchObject({ receipt: { outcome: 'accepted', lease } });
    expect(await chain.leases.lease(BigInt(lease))).toMatchObject({ status: 'active', payer: signer.address });
    expect(await chain.leases.lease(BigInt(lease) + 1n)).toBeUndefined();
    expect(await ask('settle-lease', { lease })).toMatchObject({ receipt: { outcome: 'accepted' } });
    expect(await ask('cancel-lease', { lease })).toMatchObject({ receipt: { outcome: 'accepted' } });
    expect(await chain.leases.lease(BigInt(lease))).toMatchObject({ status: 'cancelled' });
  });

  it('by a key of the customer’s is theirs alone', async () => {
    const customer = await hostKey(join(home.root, 'customer'), { create: true });
    const other = await hostKey(join(home.root, 'other'), { create: true });
    const nonce = randomUUID();
    const payload = wish({ customer: customer.address });
    const { id } = gatekeeper.request({ kind: 'open-lease', payload, origin, nonce });
    const signed = async (who: HostSigner, account = who.address) => ({
      nonce,
      signature: { account, value: await signRequest(who, id) },
    });
    await expect(ask('open-lease', payload, await signed(other, customer.address))).rejects.toMatchObject({
      code: 'signature-invalid',
    });
    const forged = { ...(await signed(customer)), nonce: randomUUID() };
    await expect(ask('open-lease', payload, forged)).rejects.toMatchObject({ code: 'signature-invalid' });
    expect(refusalOf(await ask('open-lease', payload, await signed(other)))).toBe('lease-not-own');
    expect(await ask('open-lease', payload, await signed(customer))).toMatchObject({
      receipt: { outcome: 'accepted' },
    });
  });

  it('takes its origin from the socket, whatever the body says', async () => {
    const forged = { payload: {}, nonce: 'n', dryRun: false, origin: { source: 'chain', height: 1 } };
    await expect(sendTyped(home, 'leave', forged)).rejects.toMatchObject({ code: 'request-malformed' });
    expect(refusalOf(await ask('claim-operation', { operation: '1' }))).toBe('origin-refused');
    expect(refusalOf(await ask('no-such-kind', {}))).toBe('request-kind-unknown');
    expect(refusalOf(await ask('leave', {}, { expires: 1 }))).toBe('request-expired');
  });
});

describe('a command on the region’s layers', () => {
  const command = (argv: string[]) => gatekeeper.command({ argv, files: new Map(), origin, nonce: randomUUID() });

  it('is checked by the rules on chain, and by new ones when they change', async () => {
    const receipt = await command(INIT);
    expect(receipt).toMatchObject({ outcome: 'accepted', stage: 'execute' });
    const broken = await command(['kubeadm', 'init', '--pod-network-cidr=8.8.0.0/16']);
    expect(broken).toMatchObject({ outcome: 'refused', stage: 'validate', error: { code: 'rule-broken' } });
    expect(await gatekeeper.replay(receipt.id)).toMatchObject({ differs: false, now: { verdict: 'accept' } });

    const { version } = await chain.configuration('network-section-1');
    const rules = {
      ...{ format: 'dvci-rules', formatVersion: 1, version: '1.1.0', protected: [] },
      rules: [
        {
          ...{ id: 'no-clusters', operations: ['kubeadm/*'], reason: 'No clusters this week.' },
          must: [{ parameter: 'dry-run', is: 'given' }],
        },
      ],
    };
    const bytes = Buffer.from(JSON.stringify(rules));
    const value = { kind: 'inline' as const, bytes };
    const change = { key: 'dvci-rules', value, mediaType: 'application/json' };
    await chain.configure(alice, 'network-section-1', version, [change]);
    expect(await gatekeeper.replay(receipt.id)).toMatchObject({
      before: { verdict: 'accept' },
      now: { verdict: 'refuse', stage: 'validate', code: 'rule-broken' },
      differs: true,
    });
    expect(await command(INIT)).toMatchObject({ outcome: 'refused', error: { code: 'rule-broken' } });

    await chain.configure(alice, 'network-section-1', version + 1, [{ key: 'dvci-rules', remove: true }]);
    expect(await command(INIT)).toMatchObject({ outcome: 'refused', error: { code: 'validator-failed' } });
  });

  it('leaves a trace through every stage', async () => {
    const [record] = gatekeeper
      .recent(100)
      .filter(({ kind, outcome }) => kind === 'run-command' && outcome === 'accepted');
    await gatekeeper.processOperations();
    const trace = traceOf(await readTrail(home, record?.id ?? ''));
    expect(trace.steps.map(({ step, state }) => `${step} ${state}`)).toEqual([
      ...['native passed', 'access passed', 'validate passed', 'translate passed', 'execute passed'],
      ...['event passed', 'claim passed', 'run passed', 'report passed'],
    ]);
    expect(trace.steps[2]?.detail).toEqual({ domain: 'dvci' });
  });

  it('is listed, shown, traced and replayed by the program', async () => {
    const [{ id } = { id: '' }] = gatekeeper
      .recent(100)
      .filter(({ kind, outcome }) => kind === 'run-command' && outcome === 'accepted');
    const listed = await logos('gatekeeper', 'requests', 'list', '--last', '200');
    expect(listed).toMatchObject({ ok: true, requests: expect.arrayContaining([expect.objectContaining({ id })]) });
    expect(JSON.stringify(listed)).not.toContain('10.244.0.0');
    expect(await logos('gatekeeper', 'requests', 'show', id.slice(0, 12))).toMatchObject({
      ...{ ok: true, id, kind: 'run-command' },
      request: { payload: { argv: INIT }, origin },
    });
    const traced = await logos('gatekeeper', 'requests', 'trace', id);
    expect(traced).toMatchObject({ ok: true, trace: { request: id, outcome: 'accepted' } });
    expect(await logos('gatekeeper', 'replay', id)).toMatchObject({
      ...{ ok: false, verdict: 'refuse', stage: 'validate', rules: 'chain', differs: true },
      before: { verdict: 'accept' },
    });
    expect(await logos('gatekeeper', 'requests', 'show', 'ffff')).toMatchObject({
      ...{ ok: false, error: { code: 'request-unknown' } },
    });
  });
});

describe('who may ask', () => {
  const leave = (by: ClientGatekeeper) =>
    by.handle(by.request({ kind: 'request-operation', payload: stop(), origin, nonce: randomUUID() }));
  const stop = (): Json => ({
    ...{ host: signer.address, deadlineBlocks: 100 },
    operation: { kind: 'stop-dvm', name: 'web-1' },
  });

  it('is not a host that has not applied what the chain says', async () => {
    const unhardened = build(hostPrerequisites(home, chain, signer.address));
    expect(await leave(unhardened)).toMatchObject({
      ...{ outcome: 'refused', stage: 'access' },
      error: { code: 'host-not-compliant', message: expect.stringContaining('host policy') },
    });
  });

  it('needs the role that the definition names, in the privacy contract', async () => {
    const rule = definition.requests['request-operation'];
    if (rule === undefined) throw new Error('the definition has no such rule');
    const role = { name: 'operators', access: 'writer' } as const;
    const guarded = { ...definition, requests: { ...definition.requests, 'request-operation': { ...rule, role } } };
    const asks = build(prerequisites(), guarded);
    expect(await leave(asks)).toMatchObject({ outcome: 'refused', error: { code: 'role-missing' } });
    await chain.privacy.publishKey(alice);
    await chain.privacy.publishKey(signer);
    await chain.privacy.createRole(alice, 'operators');
    await chain.privacy.grant(alice, 'operators', signer.address, 'reader');
    expect(await leave(asks)).toMatchObject({ outcome: 'refused', error: { code: 'role-missing' } });
    await chain.privacy.grant(alice, 'operators', signer.address, 'writer');
    expect(await leave(asks)).toMatchObject({ outcome: 'accepted' });
  });

  it('is not a gatekeeper that was suspended or excluded: the runtime itself refuses its calls', async () => {
    const connection = await Connection.open(lab.url, 60_000);
    try {
      const queue = new TransactionQueue(connection);
      const set = (standing: string) =>
        queue.send(alice, async () => {
          const call = connection.api.tx.scl?.setGatekeeper?.(signer.address, 'local', 'Client', standing);
          const sudo = connection.api.tx.sudo?.sudo?.(call);
          if (sudo === undefined) throw new Error('the runtime has no sudo');
          return sudo;
        });
      for (const [standing, code] of [
        ['Suspended', 'host-suspended'],
        ['Excluded', 'host-excluded'],
      ] as const) {
        await set(standing);
        expect(await leave(build(prerequisites()))).toMatchObject({
          outcome: 'refused',
          stage: 'access',
          error: { code },
        });
        const blind = build(COMPLIANT);
        expect(await leave(blind)).toMatchObject({
          outcome: 'refused',
          stage: 'execute',
          error: { code: 'chain-refused' },
        });
        await set('Good');
        expect(await leave(build(prerequisites()))).toMatchObject({ outcome: 'accepted' });
      }
    } finally {
      await connection.close();
    }
  });
});
