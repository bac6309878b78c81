import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rounded } from './figures.mjs';

const REQUESTS = 10_000;

/**
 * A queue of 10,000 requests, whose executor is killed with SIGKILL at random moments while it sends them to a development
 * chain, and begun anew, until all are settled. Gives what the chain has in the end, and seconds of wall time in which all was
 * sent, with the starts of the executor. Takes minutes: the chain runs the contract 10,000 times and more. `rounds`: kills.
 */
export default async function executor({ rounds = 10 } = {}) {
  const { startLabChain } = await import('../../lab/chain.ts');
  const { killedLives } = await import('../../lab/executor-lives.ts');
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  const chain = await startLabChain();
  try {
    const report = await killedLives({ url: chain.url, directory, requests: REQUESTS, kills: rounds });
    const { seconds } = report;
    return { ...report, seconds: rounded(seconds, 1), requestsPerSecond: rounded(REQUESTS / seconds, 1) };
  } finally {
    await chain.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
