import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { median, percentile, rounded } from './figures.mjs';

const WARM = 2_000;
const COUNTED = 20_000;
const ASKED = 300;

/**
 * An answer of the gatekeeper's knowledge about where a contract is, about a section's version, and about a code, and the same
 * place asked of the chain: over loopback, of an embedded chain in this process. Wall time in microseconds.
 */
export default async function knowledge() {
  const { connectChain, openVerifiedChain, startDevChain } = await import('../../src/chain/index.ts');
  const { openKnowledge } = await import('../../src/gatekeeper/index.ts');
  const { findContract } = await import('../../src/chain/client/registry.ts');
  const { Connection } = await import('../../src/chain/client/connection.ts');
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  const chain = await startDevChain({ port: 0, directory: join(directory, 'chain') });
  const client = await connectChain(chain.url);
  const connection = await Connection.open(chain.url, 10_000);
  const verified = await openVerifiedChain({ endpoints: [chain.url] });
  const prove = (kind, section) => verified.registered(kind, section);
  const opened = openKnowledge({ gatekeeper: directory }, client.registry, prove, () => {});
  try {
    const began = performance.now();
    const { agent, directory: places } = opened;
    while (agent.find('Operation', 'lease-section-1') === undefined) await delay(5);
    const collectedMs = performance.now() - began;
    await places.look('Operation', 'lease-section-1');
    const find = () => places.find('Operation', 'lease-section-1');
    const { codeHash } = find();
    const fresh = (answer) => {
      if (answer === undefined) throw new Error('the knowledge went stale');
    };
    const ask = () => findContract(connection, 'local', 'Operation', 'lease-section-1');
    // One after the other, so that the chain's own work is in none of the times but the last ones.
    const contract = times(() => fresh(find()));
    const configuration = times(() => fresh(agent.configuration('network-section-1').value));
    const metadata = times(() => fresh(agent.metadata(codeHash)));
    const chainAsked = [];
    for (let count = 0; count < ASKED; count += 1) {
      const start = performance.now();
      await ask();
      if (count >= ASKED / 10) chainAsked.push((performance.now() - start) * 1_000);
    }
    const us = (values) => ({ p50: rounded(median(values)), p99: rounded(percentile(values, 0.99)) });
    return {
      contractUs: us(contract),
      configurationUs: us(configuration),
      metadataUs: us(metadata),
      chainUs: us(chainAsked),
      timesFaster: rounded(median(chainAsked) / median(contract)),
      collectedMs: rounded(collectedMs),
      loadAverage: rounded(loadavg()[0]),
    };
  } finally {
    await opened.close();
    await connection.close();
    await verified.close();
    await client.close();
    await chain.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function times(work) {
  for (let count = 0; count < WARM; count += 1) work();
  return Array.from({ length: COUNTED }, () => {
    const began = performance.now();
    work();
    return (performance.now() - began) * 1_000;
  });
}
