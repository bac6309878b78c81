import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiPromise, WsProvider } from '@polkadot/api';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsHex } from '@polkadot/util-crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { Connection } from '../../src/chain/client/connection.ts';
import { Contract } from '../../src/chain/client/contract.ts';
import { anything, RegionContract } from '../../src/chain/client/region-contract.ts';
import { TransactionQueue } from '../../src/chain/client/transactions.ts';
import { type ConnectedChain, connectChain, deployContracts, type HostSigner, hostKey } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';

const UNIT = 1_000_000_000_000n;
const GENEROUS = { timeoutMs: 60_000 };

let root: string;
let lab: LabChain;
let chain: ConnectedChain;
let alice: HostSigner;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-lab-contracts-'));
  lab = await startLabChain({ directory: join(root, 'chain') });
  chain = await connectChain(lab.url, GENEROUS);
  alice = await developmentKey('//Alice');
});

afterAll(async () => {
  await chain?.close();
  await lab?.stop();
  await rm(root, { recursive: true, force: true });
});

/** A host with funds that joined the region, and so is a gatekeeper. */
async function gatekeeper(name: string): Promise<HostSigner> {
  const signer = await hostKey(join(root, name), { create: true });
  await chain.fund(signer.address, 1_000n * UNIT);
  const admission = { class: 'home-small', path: 'qemu', inventory: 'cd'.repeat(32), gatekeeper: '1.0.0' } as const;
  await chain.admit(signer, randomBytes(32).toString('hex'), admission);
  return signer;
}

const refused = (module: string, variant: string) => ({ code: 'chain-refused', module, variant });
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytes = (value: string) => new TextEncoder().encode(value);
const id = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);

describe('the contracts of a region', () => {
  it('are all there, and deploying them again changes nothing', async () => {
    const before = await chain.head();
    const deployment = await deployContracts(lab.url, GENEROUS);
    expect(deployment.receipt).toBeUndefined();
    expect(deployment.contracts.map(({ contract, section, state }) => `${contract} ${section} ${state}`)).toEqual([
      'configuration compute-section-1 present',
      'configuration security-section-1 present',
      'configuration network-section-1 present',
      'operation compute-section-1 present',
      'placement placement-section-1 present',
      'deployment deployment-section-1 present',
      'lease lease-section-1 present',
      'privacy security-section-1 present',
    ]);
    expect(await chain.head()).toEqual(before);
  });

  it('are made for another region by one transaction, and for each region once', async () => {
    const first = await deployContracts(lab.url, { region: 'eu-1', ...GENEROUS });
    expect(first.contracts.every(({ state }) => state === 'deployed')).toBe(true);
    expect(first.receipt).toBeDefined();
    const again = await deployContracts(lab.url, { region: 'eu-1', ...GENEROUS });
    expect(again.receipt).toBeUndefined();
    expect(again.contracts.map(({ address }) => address)).toEqual(first.contracts.map(({ address }) => address));
    const other = await connectChain(lab.url, { region: 'eu-1', ...GENEROUS });
    try {
      expect(await other.sections()).toEqual(await chain.sections());
    } finally {
      await other.close();
    }
  });

  it('are not made for a region that the chain would not take', async () => {
    for (const region of ['EU', '', '-a', 'a'.repeat(33)]) {
      await expect(deployContracts(lab.url, { region, ...GENEROUS })).rejects.toMatchObject({ code: 'region-invalid' });
    }
  });

  it('wait for their registration where somebody else administers the chain', async () => {
    await gatekeeper('deployer');
    const options = { region: 'eu-2', key: { from: join(root, 'deployer'), keys: '' }, ...GENEROUS };
    const first = await deployContracts(lab.url, options);
    expect(first.registration).toMatch(/^0x/);
    expect(first.receipt).toBeDefined();
    const again = await deployContracts(lab.url, options);
    expect(again.registration).toBe(first.registration);
    expect(again.receipt).toBeUndefined();
    expect(again.contracts.every(({ state }) => state === 'unregistered')).toBe(true);
  });
});

describe('the guard of the contracts', () => {
  it('lets gatekeepers in good standing call them, and nobody else, by no way around', async () => {
    const connection = await Connection.open(lab.url, 60_000);
    try {
      const { api } = connection;
      const queue = new TransactionQueue(connection);
      const place = { region: 'local', kind: 'Operation', section: 'compute-section-1' } as const;
      const contract = new RegionContract(connection, queue, 'operation', place);
      const leave = (await Contract.load('operation', api)).abi.findMessage('leave').toU8a([]);
      const to = await contract.address();
      const gas = { refTime: 20_000_000_000n, proofSize: 2_000_000n };
      const send = (signer: HostSigner, pallet: string, call: string, ...args: unknown[]) =>
        queue.send(signer, async () => {
          const make = api.tx[pallet]?.[call];
          if (make === undefined) throw new Error(`the runtime has no ${pallet}.${call}`);
          return make(...args);
        });
      const direct = [to, 0, gas, null, leave];

      const stranger = await hostKey(join(root, 'nobody'), { create: true });
      await chain.fund(stranger.address, 1_000n * UNIT);
      await expect(contract.tell(stranger, 'leave', [], anything)).rejects.toMatchObject(
        refused('operation', 'NotAGatekeeper'),
      );
      await expect(send(stranger, 'scl', 'callContract', ...direct)).rejects.toMatchObject(
        refused('scl', 'NotAGatekeeper'),
      );
      const filtered = refused('system', 'CallFiltered');
      await expect(send(stranger, 'contracts', 'call', ...direct)).rejects.toMatchObject(filtered);
      const batch = [api.tx.contracts?.call?.(...direct)];
      await expect(send(stranger, 'utility', 'batchAll', batch)).rejects.toMatchObject(filtered);

      const member = await gatekeeper('suspended');
      await expect(send(member, 'contracts', 'call', ...direct)).rejects.toMatchObject(filtered);
      const suspend = api.tx.scl?.setGatekeeper?.(member.address, 'local', 'Client', 'Suspended');
      await send(alice, 'sudo', 'sudo', suspend);
      await expect(send(member, 'scl', 'callContract', ...direct)).rejects.toMatchObject(
        refused('scl', 'NotInGoodStanding'),
      );
      await expect(contract.tell(member, 'leave', [], anything)).rejects.toMatchObject(
        refused('operation', 'NotAGatekeeper'),
      );
    } finally {
      await connection.close();
    }
  });
});

describe('a configuration contract', () => {
  it('changes 1,000 keys in one transaction', async () => {
    const section = 'network-section-1';
    const before = await chain.configuration(section);
    const key = (number: number) => `peers/peer-${String(number).padStart(4, '0')}`;
    const changes = Array.from({ length: 1_000 }, (_, number) => ({
      key: key(number),
      value: { kind: 'inline' as const, bytes: bytes(`{"address":"10.0.${number >> 8}.${number & 255}"}`) },
      mediaType: 'application/json',
    }));
    const receipt = await chain.configure(alice, section, before.version, changes);
    const after = await chain.configuration(section);
    expect((await chain.head()).height).toBe(receipt.height);
    expect([after.version, after.entries.size]).toEqual([before.version + 1, before.entries.size + 1_000]);
    expect(after.entries.get(key(999))).toMatchObject({ version: after.version, mediaType: 'application/json' });
    await expect(chain.configure(alice, section, before.version, changes)).rejects.toMatchObject(
      refused('configuration', 'VersionConflict'),
    );
    const removals = changes.map((change) => ({ key: change.key, remove: true as const }));
    await chain.configure(alice, section, after.version, removals);
    expect((await chain.configuration(section)).entries).toEqual(before.entries);
  });

  it('takes new code that reads what it stored, and no other', async () => {
    const connection = await Connection.open(lab.url, 60_000);
    try {
      const { api } = connection;
      const queue = new TransactionQueue(connection);
      const place = { region: 'eu-1', kind: 'Configuration', section: 'network-section-1' } as const;
      const contract = new RegionContract(connection, queue, 'configuration', place);
      const [own, other] = [await Contract.load('configuration', api), await Contract.load('operation', api)];
      // A custom section is code that does the same and has another hash.
      const wasm = u8aConcat(own.abi.info.source.wasm, Uint8Array.of(0, 2, 1, 0x78));
      const next = blake2AsHex(wasm, 256);
      const upload = api.tx.contracts?.uploadCode;
      if (upload === undefined) throw new Error('the runtime has contracts');
      await queue.send(alice, async () => upload(u8aToHex(wasm), null, 'Enforced'));
      const upgrade = (hash: string) => contract.tell(alice, 'upgrade', [hash], anything);
      await expect(upgrade(other.abi.info.source.wasmHash.toHex())).rejects.toMatchObject(
        refused('configuration', 'LayoutMismatch'),
      );
      await expect(upgrade(`0x${id(9)}`)).rejects.toMatchObject(refused('configuration', 'LayoutMismatch'));
      const stranger = await gatekeeper('upgrader');
      await expect(contract.tell(stranger, 'upgrade', [next], anything)).rejects.toMatchObject(
        refused('configuration', 'NotAuthorized'),
      );
      await upgrade(next);
      const info = await api.query.contracts?.contractInfoOf?.(await contract.address());
      expect(info?.toJSON()).toMatchObject({ codeHash: next });
      expect(await contract.ask('head', [], anything)).toMatchObject({ version: 1 });

      // Once the registry knows of that code, a deployment puts this program's own in its place, and what is stored stays.
      const address = await contract.address();
      const register = api.tx.scl?.registerContract?.('eu-1', 'Configuration', 'network-section-1', 1, address);
      const sudo = api.tx.sudo?.sudo;
      if (register === undefined || sudo === undefined) throw new Error('the runtime has sudo and the registry');
      await queue.send(alice, async () => sudo(register));
      const deployment = await deployContracts(lab.url, { region: 'eu-1', ...GENEROUS });
      const changed = deployment.contracts.filter(({ state }) => state !== 'present');
      expect(changed).toMatchObject([{ state: 'upgraded', section: 'network-section-1', address }]);
      expect(await contract.ask('head', [], anything)).toMatchObject({ version: 1 });
      expect((await deployContracts(lab.url, { region: 'eu-1', ...GENEROUS })).receipt).toBeUndefined();
    } finally {
      await connection.close();
    }
  });
});

describe('the privacy contract', () => {
  const SECRET = 'correct horse battery staple';
  // Words that nothing else on the chain has.
  const ROLE = 'the night watch';
  let keeper: HostSigner;
  let member: HostSigner;
  let stranger: HostSigner;

  beforeAll(async () => {
    [keeper, member, stranger] = [alice, await gatekeeper('member'), await gatekeeper('stranger')];
    for (const signer of [keeper, member, stranger]) await chain.privacy.publishKey(signer);
    expect(await chain.privacy.publishKey(member)).toBeUndefined();
    await chain.privacy.createRole(keeper, ROLE);
  });

  it('shows a secret to its role only', async () => {
    const { privacy } = chain;
    await privacy.put(keeper, ROLE, 'console passphrase', bytes(SECRET));
    expect(text((await privacy.get(keeper, ROLE, 'console passphrase'))?.bytes)).toBe(SECRET);
    await expect(privacy.get(member, ROLE, 'console passphrase')).rejects.toMatchObject({ code: 'role-closed' });
    await expect(privacy.put(member, ROLE, 'x', bytes('y'))).rejects.toMatchObject(refused('privacy', 'NotAuthorized'));

    await privacy.grant(keeper, ROLE, member.address, 'writer');
    expect(text((await privacy.get(member, ROLE, 'console passphrase'))?.bytes)).toBe(SECRET);
    await privacy.put(member, ROLE, 'pager', bytes('555 0100'));
    const listed = await privacy.list(keeper, ROLE);
    expect(listed.map(({ name, by, version }) => [name, by, version])).toEqual([
      ['console passphrase', keeper.address, 1],
      ['pager', member.address, 1],
    ]);
    expect(await privacy.get(keeper, ROLE, 'nothing')).toBeUndefined();
    await expect(privacy.grant(member, ROLE, stranger.address, 'reader')).rejects.toMatchObject(
      refused('privacy', 'NotAuthorized'),
    );
    await expect(privacy.grant(keeper, ROLE, lonely, 'reader')).rejects.toMatchObject(refused('privacy', 'NoKey'));
  });

  it('keeps it from who lost access, also after the key was changed again', async () => {
    const { privacy } = chain;
    await privacy.grant(keeper, ROLE, stranger.address, 'reader');
    expect(text((await privacy.get(stranger, ROLE, 'pager'))?.bytes)).toBe('555 0100');
    await privacy.revoke(keeper, ROLE, stranger.address);
    await expect(privacy.get(stranger, ROLE, 'pager')).rejects.toMatchObject({ code: 'role-closed' });
    await privacy.put(member, ROLE, 'pager', bytes('555 0199'));
    await privacy.rotate(keeper, ROLE);
    for (const signer of [keeper, member]) {
      expect(text((await privacy.get(signer, ROLE, 'console passphrase'))?.bytes)).toBe(SECRET);
      expect(await privacy.get(signer, ROLE, 'pager')).toMatchObject({ version: 2, by: member.address });
    }
    await expect(privacy.revoke(keeper, ROLE, keeper.address)).rejects.toMatchObject(refused('privacy', 'LastKeeper'));
    expect(await privacy.members(ROLE)).toEqual([
      { account: keeper.address, access: 'keeper' },
      { account: member.address, access: 'writer' },
    ]);
  });

  it('has nothing in clear on chain: not in blocks, not in storage', async () => {
    const hidden = [SECRET, 'console passphrase', ROLE, '555 0199', '555 0100'];
    const api = await ApiPromise.create({ provider: new WsProvider(lab.url), noInitWarn: true });
    try {
      const { height } = await chain.head();
      let seen = 0;
      for (let number = 1; number <= height; number += 1) {
        const block = Buffer.from((await api.rpc.chain.getBlock(await api.rpc.chain.getBlockHash(number))).toU8a());
        seen += block.length;
        for (const word of hidden) expect(block.includes(word)).toBe(false);
      }
      expect(seen).toBeGreaterThan(10_000);
    } finally {
      await api.disconnect();
    }
    // Every state and every event that this chain has written is in its files.
    let written = 0;
    for (const file of await readdir(join(root, 'chain'))) {
      const data = await readFile(join(root, 'chain', file));
      written += data.length;
      for (const word of hidden) expect(data.includes(word)).toBe(false);
    }
    expect(written).toBeGreaterThan(1_000_000);
  });

  it('asks a holder to prove that it has data', async () => {
    const { privacy } = chain;
    const data = randomBytes(10_000);
    await privacy.put(keeper, ROLE, 'backup', bytes('the key of the backup'));
    await privacy.anchor(keeper, ROLE, 'backup', data);
    const anchored = await privacy.anchored(ROLE, 'backup');
    expect(anchored?.size).toBe(10_000);
    const { id: challenge } = await privacy.challenge(member, ROLE, 'backup', stranger.address);
    expect(await privacy.challenged(challenge)).toMatchObject({ holder: stranger.address, ...anchored });
    await expect(privacy.prove(stranger, challenge, randomBytes(10_000))).rejects.toMatchObject(
      refused('privacy', 'WrongProof'),
    );
    const receipt = await privacy.prove(stranger, challenge, data);
    expect(await privacy.lastProven(stranger.address, anchored?.root ?? '0x')).toBe(receipt.height);
    expect(await privacy.challenged(challenge)).toBeUndefined();
    await expect(privacy.fail(member, challenge)).rejects.toMatchObject(refused('privacy', 'UnknownChallenge'));
    await privacy.remove(keeper, ROLE, 'backup');
    expect(await privacy.anchored(ROLE, 'backup')).toBeUndefined();
    await privacy.dropRole(keeper, ROLE);
    await expect(privacy.list(keeper, ROLE)).rejects.toMatchObject(refused('privacy', 'UnknownRole'));
  });
});

/** An account that published nothing. */
const lonely = '5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty';

describe('the placement contract', () => {
  it('puts guests where there is room, and keeps a buffer for those of a lost host', async () => {
    const { placement } = chain;
    const size = (vcpus: number) => ({ vcpus, memoryMiB: vcpus * 1024, diskGiB: vcpus * 10 });
    const [one, two] = [await gatekeeper('one'), await gatekeeper('two')];
    for (const { address } of [one, two]) {
      await placement.setHost(alice, address, { class: 'home-small', capacity: size(10), open: true });
    }
    await placement.place(alice, 'a', one.address, size(8));
    await placement.place(alice, 'a', one.address, size(8));
    await expect(placement.place(alice, 'b', two.address, size(7))).rejects.toMatchObject(
      refused('placement', 'BufferReached'),
    );
    await expect(placement.place(alice, 'b', one.address, size(3))).rejects.toMatchObject(
      refused('placement', 'HostFull'),
    );
    await expect(placement.place(two, 'b', two.address, size(1))).rejects.toMatchObject(
      refused('placement', 'NotAuthorized'),
    );
    await placement.setHost(alice, one.address, { class: 'home-small', capacity: size(0), open: false });
    await placement.move(alice, 'a', two.address);
    expect(await placement.placement('a')).toMatchObject({ host: two.address, needs: size(8), by: alice.address });
    expect(await placement.class('home-small')).toEqual({ capacity: size(10), used: size(8) });
    await placement.removeHost(alice, one.address);
    expect(await placement.hosts()).toEqual([
      { account: two.address, class: 'home-small', capacity: size(10), used: size(8), guests: 1, open: true },
    ]);
    await placement.release(alice, 'a');
    expect(await placement.placement('a')).toBeUndefined();
    expect(await placement.host(two.address)).toMatchObject({ guests: 0, used: size(0) });
  });
});

describe('the deployment contract', () => {
  it('lets run what enough others approved, and each change from what runs', async () => {
    const { deployment } = chain;
    const author = await gatekeeper('author');
    const change = { target: 'region/network', closure: id(1), size: 4_096 };
    expect(await deployment.threshold()).toBe(1);
    const first = await deployment.propose(author, id(11), change, 100);
    expect((await deployment.propose(author, id(11), change, 100)).id).toBe(first.id);
    const rival = await deployment.propose(author, id(12), { ...change, closure: id(2) }, 100);
    await expect(deployment.approve(author, first.id)).rejects.toMatchObject(refused('deployment', 'NotAuthorized'));
    await deployment.approve(alice, first.id);
    await deployment.report(alice, first.id, { applied: id(9) });
    expect(await deployment.current('region/network')).toMatchObject({
      id: first.id,
      status: 'applied',
      change,
      author: author.address,
      approvals: [alice.address],
    });
    await expect(deployment.approve(alice, rival.id)).rejects.toMatchObject(refused('deployment', 'Superseded'));
    await deployment.withdraw(author, rival.id);
    expect(await deployment.proposal(rival.id)).toMatchObject({ status: 'withdrawn' });
    const next = await deployment.propose(alice, id(13), { ...change, closure: id(3), replaces: id(1) }, 100);
    await expect(deployment.approve(alice, next.id)).rejects.toMatchObject(refused('deployment', 'OwnProposal'));
    expect(await deployment.proposal(next.id)).toMatchObject({ change: { replaces: id(1) } });
    expect(await deployment.proposal(999n)).toBeUndefined();
  });
});

describe('the lease contract', () => {
  it('takes the price in advance and gives the rest back', async () => {
    const { leases } = chain;
    const customer = await gatekeeper('customer');
    const price = UNIT / 1_000n;
    await expect(
      leases.open(customer, id(1), { customer: customer.address, class: 'home-small', blocks: 1_200 }),
    ).rejects.toMatchObject(refused('lease', 'NotForRent'));
    await leases.setPrice(alice, 'home-small', price);
    const before = await chain.balance(customer.address);
    const asked = { customer: customer.address, class: 'home-small', blocks: 1_200 };
    const lease = await leases.open(customer, id(1), asked);
    expect((await leases.open(customer, id(1), asked)).id).toBe(lease.id);
    const paid = before - (await chain.balance(customer.address));
    expect(paid >= 1_200n * price && paid < 1_201n * price + UNIT).toBe(true);
    await leases.settle(alice, lease.id);
    await leases.cancel(customer, lease.id);
    const ended = await leases.lease(lease.id);
    expect(ended).toMatchObject({ status: 'cancelled', price, payer: customer.address });
    expect(before - (await chain.balance(customer.address))).toBeLessThan(UNIT);
  });
});
