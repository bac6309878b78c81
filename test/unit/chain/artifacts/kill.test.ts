import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { CHUNK_BYTES } from '../../../../src/chain/artifacts/chunks.ts';
import { openArtifacts, serveArtifacts } from '../../../../src/chain/index.ts';
import type { ArtifactReference } from '../../../../src/chain/types.ts';
import { sha256Hex } from '../../../../src/system/canonical.ts';

const ROUNDS = 8;

/** Runs the child and kills it as soon as it has said so many lines; gives what it said. */
function killedAfter(lines: number, args: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'download-child.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.on('close', () => resolve(said)));
}

it('a kill at any moment leaves no half artifact that is taken for a whole one, and the next run goes on', async () => {
  const root = await mkdtemp(join(tmpdir(), 'logos-kill-'));
  const bytes = Buffer.alloc((ROUNDS + 4) * CHUNK_BYTES + 17, 'logos ');
  for (let index = 0; index < bytes.length; index += CHUNK_BYTES) bytes.writeUInt32LE(index, index);
  await writeFile(join(root, 'file'), bytes);
  const reference: ArtifactReference = await openArtifacts(join(root, 'origin')).add(join(root, 'file'));
  const server = await serveArtifacts({ directory: join(root, 'origin'), port: 0 });
  const store = join(root, 'store');
  const args = [store, server.url, reference.digest, String(reference.size)];
  let had = 0;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const said = await killedAfter(1 + (round % 2), args);
      if (said.includes('done')) break;
      // What was verified before is not fetched again: each run begins with a later chunk.
      expect(Number(said[0] ?? Number.POSITIVE_INFINITY)).toBeGreaterThan(had);
      had = Number(said.at(-1) ?? had);
      for (const name of await readdir(store)) {
        if (/^[0-9a-f]{64}$/.test(name)) expect(sha256Hex(await readFile(join(store, name)))).toBe(name);
      }
    }
    const said = await killedAfter(Number.POSITIVE_INFINITY, args);
    expect(said.at(-1)).toBe('done');
    expect(await openArtifacts(store).verify()).toEqual({ intact: 1, damaged: [] });
    expect(await readdir(join(store, '.partial'))).toEqual([]);
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}, 120_000);
