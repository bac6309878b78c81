import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startLabChain } from '../../lab/chain.ts';
import { killedLives } from '../../lab/executor-lives.ts';

const REQUESTS = 2_000;
const KILLS = 5;

/** A queue of 10,000 takes minutes of a chain: `npm run bench -- executor` has that one. */
describe('an executor that is killed again and again while it sends', () => {
  it(`brings each of ${REQUESTS} queued requests on chain once`, { timeout: 600_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'logos-lab-executor-'));
    const chain = await startLabChain();
    try {
      const report = await killedLives({ url: chain.url, directory, requests: REQUESTS, kills: KILLS });
      expect(report).toMatchObject({ lost: 0, doubled: 0, foreign: 0, left: 0, refused: [] });
      expect(report.kills).toBeGreaterThan(1);
      // It was killed in the midst of its work, and no life began anew.
      expect(new Set(report.waiting).size).toBeGreaterThan(2);
    } finally {
      await chain.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
