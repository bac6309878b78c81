// Prints what each message of the contracts costs, as a Markdown table: it is called once on an embedded chain, and the dry
// run before each call says what the call takes.
//
//   node --import tsx tools/chain/contract-costs.mjs

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Contract } from '../../src/chain/client/contract.ts';
import { connectChain, startDevChain } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';

const UNIT = 1_000_000_000_000n;
const id = () => randomBytes(32).toString('hex');
const rows = new Map();

const { dryRun } = Contract.prototype;
Contract.prototype.dryRun = async function (api, call, ...rest) {
  const run = await dryRun.call(this, api, call, ...rest);
  const name = `${this.name}.${call.message}${label}`;
  if (!rows.has(name)) rows.set(name, { ...run.gas, deposit: run.deposit, bytes: run.data.length });
  return run;
};
let label = '';

const directory = mkdtempSync(join(tmpdir(), 'logos-costs-'));
const dev = await startDevChain({ port: 0, directory });
const chain = await connectChain(dev.url, { timeoutMs: 60_000 });
try {
  await everyMessage();
} finally {
  await chain.close();
  await dev.close();
  rmSync(directory, { recursive: true, force: true });
}

console.log('| message | time, ms | proof, KiB | deposit, LOGOS | call, bytes |');
console.log('|---|---|---|---|---|');
for (const [name, { refTime, proofSize, deposit, bytes }] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const cells = [
    (Number(refTime) / 1e9).toFixed(2),
    (Number(proofSize) / 1024).toFixed(0),
    (Number(deposit) / Number(UNIT)).toFixed(4),
    bytes,
  ];
  console.log(`| \`${name}\` | ${cells.join(' | ')} |`);
}

async function everyMessage() {
  const alice = await developmentKey('//Alice');
  const bob = await developmentKey('//Bob');
  for (const signer of [alice, bob]) {
    await chain.admit(signer, id(), { class: 'c4', path: 'qemu', inventory: id(), gatekeeper: '1.0.0' });
  }
  const [asked] = await chain.openOperations(bob.address);
  await chain.claim(bob, asked.id);
  await chain.complete(bob, asked.id, { done: id() });
  await chain.request(alice, id(), bob.address, { kind: 'stop-dvm', name: 'a' }, 50);
  await chain.leave(alice);

  for (const keys of [1, 1_000]) {
    label = ` (${keys} new keys of 100 bytes)`;
    const { version } = await chain.configuration('network-section-1');
    const changes = Array.from({ length: keys }, (_, key) => ({
      key: `costs-${keys}/key-${key}`,
      value: { kind: 'inline', bytes: randomBytes(100) },
      mediaType: 'application/json',
    }));
    await chain.configure(alice, 'network-section-1', version, changes);
    label = ` (the same ${keys} keys again)`;
    await chain.configure(alice, 'network-section-1', version + 1, changes);
  }
  label = '';

  const size = { vcpus: 10, memoryMiB: 1024, diskGiB: 10 };
  for (const { address } of [alice, bob]) {
    await chain.placement.setHost(alice, address, { class: 'c4', capacity: size, open: true });
  }
  await chain.placement.place(alice, 'a', bob.address, { vcpus: 1, memoryMiB: 1, diskGiB: 1 });
  await chain.placement.move(alice, 'a', alice.address);
  await chain.placement.release(alice, 'a');
  await chain.placement.removeHost(alice, bob.address);

  const change = { target: 'region/network', closure: id(), size: 1 };
  const { id: first } = await chain.deployment.propose(bob, id(), change, 100);
  const { id: second } = await chain.deployment.propose(bob, id(), change, 100);
  const { id: third } = await chain.deployment.propose(bob, id(), change, 100);
  await chain.deployment.approve(alice, first);
  await chain.deployment.reject(alice, second);
  await chain.deployment.withdraw(bob, third);
  await chain.deployment.report(alice, first, { applied: id() });
  await chain.deployment.setThreshold(alice, 2);

  await chain.leases.setPrice(alice, 'c4', UNIT / 1_000n);
  const lease = await chain.leases.open(bob, id(), { customer: bob.address, class: 'c4', blocks: 1_200 });
  await chain.leases.settle(bob, lease.id);
  await chain.leases.cancel(bob, lease.id);

  const { privacy } = chain;
  for (const signer of [alice, bob]) await privacy.publishKey(signer);
  await privacy.createRole(alice, 'r');
  await privacy.grant(alice, 'r', bob.address, 'writer');
  await privacy.put(alice, 'r', 'v', randomBytes(100));
  await privacy.anchor(alice, 'r', 'v', randomBytes(10_000));
  const data = randomBytes(100_000);
  await privacy.anchor(alice, 'r', 'v', data);
  const { id: challenge } = await privacy.challenge(alice, 'r', 'v', bob.address);
  await privacy.prove(bob, challenge, data);
  await privacy.rotate(alice, 'r');
  await privacy.revoke(alice, 'r', bob.address);
  await privacy.remove(alice, 'r', 'v');
  for (let value = 0; value < 11; value += 1) await privacy.put(alice, 'r', `v${value}`, randomBytes(7_900));
  label = ' (11 values of 8 KiB)';
  await privacy.rotate(alice, 'r');
}
