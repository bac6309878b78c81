import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from '../lib/paths.mjs';
import { median, percentile, rounded } from './figures.mjs';

const SECTION = 'security-section-1';
const KEYS = 1_000;
const WARM_UP = 10;
/** Changes in one call, so that the bench runs on chains that take few. */
const CHANGES = 60;

/**
 * Reading a section of 1,000 keys with proof, over loopback from an embedded chain: wall time of a whole read, and CPU
 * time of this process, which is chain and reader both. With a node's address in LOGOS_BENCH_CHAIN, and the file of its
 * chain's specification in LOGOS_BENCH_SPEC, it is measured against that node, and the reader is alone in this process.
 */
export default async function verifiedReads({ rounds = 60 } = {}) {
  const { openVerifiedChain, startDevChain } = await import('../../src/chain/index.ts');
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  const far = process.env.LOGOS_BENCH_CHAIN;
  const chain = far === undefined ? await startDevChain({ port: 0, directory }) : { url: far, close: async () => {} };
  try {
    await fill(chain.url);
    const reader = await openVerifiedChain({ endpoints: [chain.url], specification: process.env.LOGOS_BENCH_SPEC });
    // What was written last is final a few blocks later.
    for (let waited = 0; waited < 60 && (await reader.section(SECTION)).entries.size < KEYS; waited += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    // The first ones are compiled while they run.
    for (let round = 0; round < WARM_UP; round += 1) await reader.section(SECTION);
    const [wall, cpu] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const [began, before] = [performance.now(), process.cpuUsage()];
      await reader.section(SECTION);
      const { user, system } = process.cpuUsage(before);
      wall.push(performance.now() - began);
      cpu.push((user + system) / 1_000);
    }
    await reader.close();
    return {
      rounds,
      keys: KEYS,
      chain: far === undefined ? 'embedded, in this process' : 'a node',
      medianMs: rounded(median(wall)),
      p95Ms: rounded(percentile(wall, 0.95)),
      medianCpuMs: rounded(median(cpu)),
      p95CpuMs: rounded(percentile(cpu, 0.95)),
      // Of the last minute; above the number of cores the figures say more of what else ran.
      loadAverage: rounded(loadavg()[0]),
    };
  } finally {
    await chain.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Gives the section its keys, as //Alice, who may write it on a development chain. */
async function fill(url) {
  const { ApiPromise, WsProvider } = await import('@polkadot/api');
  const { Abi } = await import('@polkadot/api-contract');
  const { Keyring } = await import('@polkadot/keyring');
  const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true });
  try {
    const alice = new Keyring({ type: 'sr25519' }).addFromUri('//Alice');
    const abi = new Abi(JSON.parse(readFileSync(inProject('contracts/artifacts/configuration.contract'), 'utf8')));
    const record = (await api.query.scl.contracts('local', ['Configuration', SECTION])).unwrap();
    const gas = { refTime: 400_000_000_000n, proofSize: 4_000_000n };
    const call = api.tx.scl.callContract ?? api.tx.contracts.call;
    for (
      let from = 0, version = await versionOf(api, abi, record.address);
      from < KEYS;
      from += CHANGES, version += 1
    ) {
      const changes = Array.from({ length: Math.min(CHANGES, KEYS - from) }, (_, index) => ({
        Set: { key: `bench/key-${from + index}`, value: { Inline: `0x${'5a'.repeat(40)}` }, media_type: 'text/plain' },
      }));
      const data = abi.findMessage('apply').toU8a([version, changes]);
      await included(call(record.address, 0, gas, null, data), alice);
    }
  } finally {
    await api.disconnect();
  }
}

async function versionOf(api, abi, address) {
  const data = abi.findMessage('head').toU8a([]);
  const result = await api.call.contractsApi.call(address, address, 0, null, null, data);
  const answer = result.result.asOk.data.toU8a(true);
  return abi.registry.createType('(u8, u64)', answer)[1].toNumber();
}

function included(transaction, signer) {
  return new Promise((resolve, reject) => {
    transaction
      .signAndSend(signer, ({ status, dispatchError, isError }) => {
        if (dispatchError !== undefined || isError) reject(new Error(`not applied: ${dispatchError ?? status.type}`));
        else if (status.isInBlock || status.isFinalized) resolve();
      })
      .catch(reject);
  });
}
