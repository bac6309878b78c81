import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { newerRuntime } from '../../lab/newer-runtime.ts';
import { startServiceLoop } from '../../lab/service-loop.ts';
import { connectChain, hostKey, type LogosChain } from '../../src/chain/index.ts';
import { builtInRuntime } from '../../src/chain/runtime-file.ts';
import { JsonRpc } from '../../src/chain/verified/json-rpc.ts';

/** sp_core::storage::well_known_keys::CODE. */
const CODE = '0x3a636f6465';
let lab: LabChain;
let chain: LogosChain;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'logos-long-lived-'));
  lab = await startLabChain();
  chain = await connectChain(lab.url);
});

afterAll(async () => {
  await chain?.close();
  await lab?.stop();
  await rm(scratch, { recursive: true, force: true });
});

it('a service reads and sends before, over and after an upgrade of the runtime, over one connection', async () => {
  const { address } = await hostKey(join(scratch, 'keys'), { create: true });
  await chain.fund(address, 1_000_000_000_000n);
  const { wasm, version } = builtInRuntime();
  const next = newerRuntime(wasm, version.specVersion + 1, version);
  const { specVersion } = chain.identity;
  const loop = startServiceLoop(chain, address);
  await loop.more(3);

  const developer = await JsonRpc.connect(lab.url, 10_000);
  await developer.send('dev_setStorage', [[[CODE, `0x${Buffer.from(next).toString('hex')}`]]]);
  developer.close();
  const [sent, heard] = [loop.receipts.length, loop.heads.length];
  await loop.more(5);
  await loop.stop();

  expect(loop.errors.map(({ message }) => message)).toEqual([]);
  expect(chain.identity.specVersion).toBe(specVersion + 1);
  expect(loop.receipts.length).toBeGreaterThanOrEqual(sent + 5);
  expect(loop.heads.length).toBeGreaterThan(heard);
  // Nothing was lost, and nothing was done twice.
  expect(await chain.balance(address)).toBe(1_000_000_000_000n + BigInt(loop.receipts.length) * 1_000_000_000n);
});
