import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, rounded } from './figures.mjs';

const MEBIBYTES = 256;
const BYTES = MEBIBYTES * 1024 * 1024;

/**
 * How fast artefacts are taken in and fetched over loopback with every chunk verified, beside sha256sum on the same file, in
 * MB a second of wall time, disk and server included. Each round runs all of them one after the other.
 */
export default async function artifacts({ rounds = 5 } = {}) {
  const { openArtifacts, serveArtifacts } = await import('../../src/chain/artifacts/index.ts');
  const directory = mkdtempSync(join(tmpdir(), 'logos-bench-'));
  try {
    const file = join(directory, 'file');
    writeFileSync(file, randomFillSync(Buffer.alloc(BYTES)));
    const taken = { sha256sum: [], add: [], fetchVerified: [], verify: [] };
    for (let round = 0; round < rounds; round += 1) {
      const [origin, client] = ['origin', 'client'].map((name) => join(directory, `${name}-${round}`));
      taken.sha256sum.push(await speed(async () => execFileSync('sha256sum', [file])));
      let reference;
      const add = async () => {
        reference = await openArtifacts(origin).add(file);
      };
      taken.add.push(await speed(add));
      const server = await serveArtifacts({ directory: origin, port: 0 });
      const store = openArtifacts(client, { mirrors: [server.url] });
      taken.fetchVerified.push(await speed(() => store.use(reference, async () => {})));
      await server.close();
      taken.verify.push(await speed(() => store.verify()));
      for (const used of [origin, client]) rmSync(used, { recursive: true });
    }
    const ratios = taken.fetchVerified.map((value, index) => value / taken.sha256sum[index]);
    return {
      rounds,
      mebibytes: MEBIBYTES,
      megabytesPerSecond: Object.fromEntries(
        Object.entries(taken).map(([name, values]) => [name, rounded(median(values))]),
      ),
      fetchVerifiedOverSha256sum: rounded(median(ratios)),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function speed(work) {
  const started = performance.now();
  await work();
  return BYTES / 1_000 / (performance.now() - started);
}
