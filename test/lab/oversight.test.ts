import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../lab/binary.ts';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { Connection } from '../../src/chain/client/connection.ts';
import { TransactionQueue } from '../../src/chain/client/transactions.ts';
import { type ConnectedChain, connectChain, type HostSigner, hostKey, type Machine } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import {
  carryOutOversight,
  describeOversight,
  describeRuling,
  keepHeartbeats,
  type Oversight,
  oversee,
} from '../../src/gatekeeper/index.ts';
import { systemClock } from '../../src/system/clock.ts';

const LOGOS_ENTRY = join(import.meta.dirname, '../../bin/dev.js');

/** Oversight over the real runtime and contracts: only the blocks come faster, and the rules are set to a pace that suits. */
const UNIT = 1_000_000_000_000n;
const RULES = { heartbeatTerm: 40, suspendAt: 2, excludeAt: 10, readmitAfter: 2, fatal: ['Deviates'] };
const SOON_MS = 120_000;

let root: string;
let lab: LabChain;
let chain: ConnectedChain;
let connection: Connection;
let queue: TransactionQueue;
let alice: HostSigner;
const stopped = new AbortController();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-lab-oversight-'));
  lab = await startLabChain({ directory: join(root, 'chain'), blockTimeMs: 150 });
  chain = await connectChain(lab.url, { timeoutMs: 60_000 });
  connection = await Connection.open(lab.url, 60_000);
  queue = new TransactionQueue(connection);
  alice = await developmentKey('//Alice');
});

afterAll(async () => {
  stopped.abort();
  await connection?.close();
  await chain?.close();
  await lab?.stop();
  await rm(root, { recursive: true, force: true });
});

const send = (signer: HostSigner, pallet: string, call: string, ...args: unknown[]) =>
  queue.send(signer, async () => {
    const make = connection.api.tx[pallet]?.[call];
    if (make === undefined) throw new Error(`the runtime has no ${pallet}.${call}`);
    return make(...args);
  });

/** A host with funds that the region admitted. */
async function admitted(name: string): Promise<HostSigner> {
  const signer = await hostKey(join(root, name), { create: true });
  await chain.fund(signer.address, 1_000n * UNIT);
  const admission = { class: 'home-small', path: 'qemu', inventory: 'cd'.repeat(32), gatekeeper: '1.0.0' } as const;
  await chain.admit(signer, randomBytes(32).toString('hex'), admission);
  return signer;
}

/** The host's gatekeeper keeps it heard of until the signal ends it. */
function heardOf(signer: HostSigner, integrity: 'intact' | 'deviated', signal: AbortSignal): string[] {
  const said: string[] = [];
  const log = ({ message }: { message: string }): void => void said.push(message);
  const options = {
    machines: chain.machines,
    chain,
    signer,
    clock: systemClock,
    log,
    integrity: async () => integrity,
    isCommitted: async () => true,
  };
  void keepHeartbeats(options, AbortSignal.any([signal, stopped.signal]));
  return said;
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SOON_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what} is missing`);
    await systemClock.sleep(200);
  }
}

const until = (signer: HostSigner, state: Machine['state']): Promise<void> =>
  eventually(`that it is ${state}`, async () => (await chain.machines.find(signer.address))?.machine.state === state);

/** Anything that calls a contract: what counts is whether the runtime lets it. */
async function callsContract(signer: HostSigner): Promise<unknown> {
  const gas = { refTime: 20_000_000_000n, proofSize: 2_000_000n };
  const [contract] = (await chain.registry.state((await chain.head()).hash)).contracts;
  return send(signer, 'scl', 'callContract', contract?.address, 0, gas, null, '0x00').catch((error) => error);
}

async function look(): Promise<Oversight> {
  const oversight = await oversee(chain);
  if (oversight === undefined) throw new Error('the chain holds rules');
  return oversight;
}

const seen = (oversight: Oversight, { address }: HostSigner) =>
  oversight.machines.find(({ record }) => record.machine.account === address);

const NOT_NOW = { code: 'chain-refused', module: 'scl', variant: 'NotInGoodStanding' };

describe('oversight by rules held on chain', () => {
  let silent: HostSigner;
  let busy: HostSigner;

  it('rules are set by the administration alone', async () => {
    await expect(send(await admitted('nobody'), 'drn', 'setRules', RULES)).rejects.toMatchObject({
      code: 'chain-refused',
    });
    await send(alice, 'sudo', 'sudo', connection.api.tx.drn?.setRules?.(RULES));
    expect(await chain.machines.rules()).toMatchObject({ ...RULES, fatal: ['deviates'] });
  });

  it('a silent host is struck, suspended, and refused by the runtime', async () => {
    silent = await admitted('silent');
    await chain.machines.join(silent);
    expect(await callsContract(silent)).not.toMatchObject(NOT_NOW);
    await until(silent, 'suspended');
    const found = await chain.machines.find(silent.address);
    expect(found?.ruling).toMatchObject({
      decision: 'suspended',
      because: { rule: 'strikes', fault: 'silent', strikes: 2, limit: 2 },
    });
    expect(describeRuling(found?.ruling ?? expect.fail('nothing was ruled'))).toMatch(
      /^suspended in block \d+: 2 of 2 strikes, the last for silent$/,
    );
    expect(await callsContract(silent)).toMatchObject(NOT_NOW);
    expect(describeOversight(await look())).toContain('re-admit it');
  });

  it('it comes back, and enough heartbeats re-admit it', async () => {
    const back = new AbortController();
    const said = heardOf(silent, 'intact', back.signal);
    await until(silent, 'active');
    back.abort();
    const found = await chain.machines.find(silent.address);
    expect(found?.machine.strikes).toBe(0);
    expect(found?.ruling).toMatchObject({ decision: 'readmitted', because: { rule: 'clean', clean: 2, limit: 2 } });
    expect(said[0]).toMatch(/^This machine was suspended in block \d+: 2 of 2 strikes/);
    expect(await callsContract(silent)).not.toMatchObject(NOT_NOW);
  });

  it('a host that deviates is excluded at once, by the evidence that its heartbeat is', async () => {
    const deviating = await admitted('deviating');
    heardOf(deviating, 'deviated', new AbortController().signal);
    const heard = async (): Promise<boolean> => {
      const { since = 0, seen: at = 0 } = (await chain.machines.find(deviating.address))?.machine ?? {};
      return at > since;
    };
    await eventually('a heartbeat', heard);
    const oversight = await look();
    expect(seen(oversight, deviating)?.integrity).toBe('deviated');
    expect(seen(oversight, deviating)?.judgement).toMatchObject({
      decision: 'exclude',
      because: [
        'the rules exclude at once whoever deviates',
        expect.stringMatching(/^deviates: its heartbeat in block/),
      ],
    });
    const before = await chain.balance(deviating.address);
    const told = await carryOutOversight(chain, alice, oversight);
    const evidence = seen(oversight, deviating)?.faults[0]?.evidence;
    expect(told).toEqual([{ told: 'report', account: deviating.address, fault: 'deviates', evidence }]);
    const found = await chain.machines.find(deviating.address);
    expect(found?.machine.state).toBe('excluded');
    expect(found?.ruling).toMatchObject({
      decision: 'excluded',
      because: { rule: 'fatal', fault: 'deviates', evidence },
    });
    expect(await chain.balance(deviating.address)).toBe(before);
    expect(await callsContract(deviating)).toMatchObject(NOT_NOW);
  });

  it('an operation that was left undone is one strike, however often it is looked at, and by whom it may be told', async () => {
    // Milder rules, so that a slow machine's heartbeats are all in time from here on.
    await send(alice, 'sudo', 'sudo', connection.api.tx.drn?.setRules?.({ ...RULES, heartbeatTerm: 4_000 }));
    busy = await admitted('busy');
    heardOf(busy, 'intact', new AbortController().signal);
    await until(busy, 'active');
    const [guest] = await chain.openOperations(busy.address);
    if (guest !== undefined) {
      await chain.claim(busy, guest.id);
      await chain.complete(busy, guest.id, { failed: 'this host starts no guests in this test' });
    }
    const kind = { kind: 'stop-dvm', name: 'guest' } as const;
    const { id } = await chain.request(busy, randomBytes(32).toString('hex'), busy.address, kind, 10);
    const { deadline = 0 } = (await chain.operation(id)) ?? {};
    while ((await chain.head()).height <= deadline) await systemClock.sleep(200);
    const oversight = await look();
    const of = {
      ...oversight,
      machines: oversight.machines.filter(({ record }) => record.machine.account === busy.address),
    };
    expect(of.machines[0]?.judgement).toMatchObject({
      decision: 'strike',
      because: ['1 strike, and the rules allow 1', `refused: operation ${id} was not done by block ${deadline}`],
    });
    await expect(carryOutOversight(chain, silent, of)).rejects.toMatchObject({ variant: 'NotTheMainGatekeeper' });
    expect(await carryOutOversight(chain, alice, of)).toHaveLength(1);
    expect((await chain.machines.find(busy.address))?.machine.strikes).toBe(1);
    expect(await carryOutOversight(chain, alice, of)).toEqual([]);
    expect(seen(await look(), busy)?.faults).toEqual([]);
  });

  it('a challenge that is answered right clears the strikes', async () => {
    await chain.machines.challenge(alice, busy.address);
    const answered = async () => (await chain.machines.find(busy.address))?.challenge?.answer !== undefined;
    await eventually('an answer', answered);
    const told = await carryOutOversight(chain, alice, await look());
    expect(told).toContainEqual({ told: 'judge', account: busy.address, right: true });
    expect((await chain.machines.find(busy.address))?.machine.strikes).toBe(0);
  });

  it('one command shows each machine, the rule, the decision and why', async () => {
    const args = [LOGOS_ENTRY, 'gatekeeper', 'oversight', '--chain', lab.url, '--json'];
    const { stdout, stderr } = await outcomeOf(process.execPath, args, {
      ...process.env,
      LOGOS_HOME: join(root, 'home'),
    });
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
    expect(result, stderr).toMatchObject({ ok: true, rules: { suspendAt: 2, fatal: ['deviates'] }, told: [] });
    expect(result.machines).toHaveLength(3);
    for (const { judgement } of result.machines) expect(judgement.because.length).toBeGreaterThan(0);
  });
});
