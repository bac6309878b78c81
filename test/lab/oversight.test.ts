import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../lab/binary.ts';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { Connection } from '../../src/chain/client/connection.ts';
import { TransactionQueue } from '../../src/chain/client/transactions.ts';
import {
  attestationProof,
  type ConnectedChain,
  connectChain,
  type Hash,
  type HostSigner,
  hostKey,
  type Machine,
} from '../../src/chain/index.ts';
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
const RULES = { heartbeatTerm: 40, suspendAt: 2, excludeAt: 10, readmitAfter: 2, fatal: ['Deviates'], attestTerm: 40 };
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

  it('it comes back, and enough heartbeats re-admit it and take a strike off', async () => {
    const back = new AbortController();
    const said = heardOf(silent, 'intact', back.signal);
    await until(silent, 'active');
    back.abort();
    const found = await chain.machines.find(silent.address);
    expect(found?.machine.strikes).toBe(1);
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
    await send(
      alice,
      'sudo',
      'sudo',
      connection.api.tx.drn?.setRules?.({ ...RULES, heartbeatTerm: 4_000, attestTerm: 4_000 }),
    );
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

  describe('a guard attests what its machine is', () => {
    const MANIFEST: Hash = `0x${'a1'.repeat(32)}`;
    const UPDATED: Hash = `0x${'b2'.repeat(32)}`;
    let guarded: HostSigner;
    let guard: HostSigner;
    let before: { block: number; hash: Hash };

    const refused = (variant: string) => ({ code: 'chain-refused', module: 'drn', variant });
    const bond = async () => (await chain.machines.find(guarded.address))?.guard;

    /** Waits until the guard's next good word is not too early. */
    async function pause(): Promise<void> {
      const { heartbeatGap = 0 } = (await chain.machines.rules()) ?? {};
      const { seen: last = 0 } = (await bond()) ?? {};
      while ((await chain.head()).height < last + heartbeatGap) await systemClock.sleep(100);
    }

    it('the machine names its key, which nobody else can have', async () => {
      guarded = await admitted('guarded');
      guard = await hostKey(join(root, 'guard'), { create: true });
      await chain.fund(guard.address, UNIT);
      await expect(chain.machines.attest(guard, { manifest: MANIFEST, intact: true })).rejects.toMatchObject({
        code: 'guard-not-bound',
      });
      await chain.machines.join(guarded);
      await chain.machines.bindGuard(guarded, guard.address);
      expect(await chain.machines.machineOf(guard.address)).toBe(guarded.address);
      await expect(chain.machines.bindGuard(guarded, alice.address)).rejects.toMatchObject(refused('AlreadyBound'));
      await expect(chain.machines.bindGuard(busy, guard.address)).rejects.toMatchObject(refused('GuardTaken'));
    });

    it('its first attestation records the manifest, and costs nothing', async () => {
      await pause();
      const funds = await chain.balance(guard.address);
      await chain.machines.attest(guard, { manifest: MANIFEST, intact: true });
      expect(await chain.balance(guard.address)).toBe(funds);
      expect(await bond()).toMatchObject({ guard: guard.address, manifest: MANIFEST, missed: false });
    });

    it('an attestation counts once, for its block and its machine alone', async () => {
      await pause();
      const { height, hash } = await chain.head();
      before = { block: height, hash };
      const said = (proof: Hash) => send(guard, 'drn', 'attest', height, MANIFEST, true, proof);
      await expect(said(attestationProof(hash, busy.address, MANIFEST, true))).rejects.toMatchObject(
        refused('WrongProof'),
      );
      await said(attestationProof(hash, guarded.address, MANIFEST, true));
      await expect(said(attestationProof(hash, guarded.address, MANIFEST, true))).rejects.toMatchObject(
        refused('AlreadyAttested'),
      );
      // Made for one block, it is none of a newer one.
      await pause();
      const now = (await chain.head()).height;
      const replayed = attestationProof(hash, guarded.address, MANIFEST, true);
      await expect(send(guard, 'drn', 'attest', now, MANIFEST, true, replayed)).rejects.toMatchObject(
        refused('WrongProof'),
      );
      expect((await chain.machines.find(guarded.address))?.machine).toMatchObject({ state: 'active', strikes: 0 });
    });

    it('a block is a challenge for some minutes only', async () => {
      const { attestWindow = 0 } = (await chain.machines.rules()) ?? {};
      expect(attestWindow).toBe(64);
      const old = before.block + 1;
      while ((await chain.head()).height <= old + attestWindow) await systemClock.sleep(100);
      const hash: Hash = (await connection.api.rpc.chain.getBlockHash(old)).toHex();
      const proof = attestationProof(hash, guarded.address, MANIFEST, true);
      await expect(send(guard, 'drn', 'attest', old, MANIFEST, true, proof)).rejects.toMatchObject(
        refused('NotRecent'),
      );
    });

    it('the main gatekeeper alone changes what the machine has to be', async () => {
      for (const other of [guarded, guard]) {
        await expect(chain.machines.setManifest(other, guarded.address, UPDATED)).rejects.toMatchObject(
          refused('NotTheMainGatekeeper'),
        );
      }
      await chain.machines.setManifest(alice, guarded.address, UPDATED);
      expect(await bond()).toMatchObject({ manifest: UPDATED, former: { manifest: MANIFEST } });
      await chain.machines.attest(guard, { manifest: UPDATED, intact: true });
    });

    it('a machine that deviates is excluded at once, with the proof as the evidence', async () => {
      expect(await callsContract(guarded)).not.toMatchObject(NOT_NOW);
      await chain.machines.attest(guard, { manifest: UPDATED, intact: false });
      const found = await chain.machines.find(guarded.address);
      expect(found?.machine.state).toBe('excluded');
      expect(found?.ruling).toMatchObject({ decision: 'excluded', because: { rule: 'fatal', fault: 'deviates' } });
      expect(await callsContract(guarded)).toMatchObject(NOT_NOW);
      await expect(chain.machines.attest(guard, { manifest: UPDATED, intact: true })).rejects.toMatchObject(
        refused('NotActive'),
      );
    });

    it('one that attests nothing is struck for it', async () => {
      const quiet = await admitted('quiet');
      const key = await hostKey(join(root, 'quiet-guard'), { create: true });
      await chain.machines.join(quiet);
      const lenient = { ...RULES, heartbeatTerm: 4_000, attestTerm: 25 };
      await send(alice, 'sudo', 'sudo', connection.api.tx.drn?.setRules?.(lenient));
      await chain.machines.bindGuard(quiet, key.address);
      await until(quiet, 'suspended');
      expect((await chain.machines.find(quiet.address))?.ruling).toMatchObject({
        because: { rule: 'strikes', fault: 'unattested', strikes: 2, limit: 2 },
      });
    });
  });

  it('a machine leaves before its gatekeeper does, and nothing but the register is called', async () => {
    await expect(send(busy, 'scl', 'leaveGatekeeper')).rejects.toMatchObject({ module: 'scl', variant: 'StillBound' });
    const gas = { refTime: 20_000_000_000n, proofSize: 2_000_000n };
    await expect(send(busy, 'scl', 'callContract', busy.address, 0, gas, null, '0x00')).rejects.toMatchObject({
      module: 'scl',
      variant: 'NotRegistered',
    });
  });

  it('one command shows each machine, the rule, the decision and why', async () => {
    const args = [LOGOS_ENTRY, 'gatekeeper', 'oversight', '--chain', lab.url, '--json'];
    const { stdout, stderr } = await outcomeOf(process.execPath, args, {
      ...process.env,
      LOGOS_HOME: join(root, 'home'),
    });
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
    expect(result, stderr).toMatchObject({ ok: true, rules: { suspendAt: 2, fatal: ['deviates'] }, told: [] });
    expect(result.machines).toHaveLength(5);
    for (const { judgement } of result.machines) expect(judgement.because.length).toBeGreaterThan(0);
  });
});
