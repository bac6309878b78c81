import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newerRuntime } from '../../../lab/newer-runtime.ts';
import { builtInRuntime, codeHash, type RuntimeFile, readRuntimeFile } from '../../../src/chain/runtime-file.ts';

let root: string;
let built: RuntimeFile;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'logos-runtime-'));
  built = builtInRuntime();
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function reading(bytes: Uint8Array): Promise<RuntimeFile> {
  await writeFile(join(root, 'file'), bytes);
  return readRuntimeFile(join(root, 'file'));
}

it('reads a runtime in every form it comes in, and has the same code of it', async () => {
  expect(built.version.specName).toBe('logos');
  const code = built.code();
  expect(code.length).toBeLessThan(built.wasm.length / 2);
  for (const form of [built.wasm, code, gzipSync(code)]) {
    const read = await reading(form);
    expect(read.wasmSha256).toBe(built.wasmSha256);
    expect(codeHash(read.code())).toBe(codeHash(code));
  }
});

it('asks the code itself for its version', async () => {
  const read = await reading(newerRuntime(built.wasm, 4_000_000));
  expect(read.version).toEqual({ ...built.version, specVersion: 4_000_000 });
});

it('refuses what is no runtime', async () => {
  const refused = { code: 'runtime-invalid' };
  await expect(reading(Buffer.from('text'))).rejects.toMatchObject(refused);
  await expect(reading(built.wasm.subarray(0, 1_000))).rejects.toMatchObject(refused);
  await expect(reading(gzipSync(built.wasm).subarray(0, 1_000))).rejects.toMatchObject(refused);
  await expect(reading(built.code().subarray(0, 1_000))).rejects.toMatchObject(refused);
  await expect(reading(Buffer.from('0061736d01000000', 'hex'))).rejects.toMatchObject(refused);
  await expect(readRuntimeFile(root)).rejects.toMatchObject({ code: 'file-unreadable' });
});
