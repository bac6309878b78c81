import { readFile, stat } from 'node:fs/promises';
import { constants, gunzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { blake2AsHex } from '@polkadot/util-crypto';
import { asset } from '../system/assets.ts';
import { sha256Hex } from '../system/canonical.ts';
import { UserError } from '../system/errors.ts';
import { toHex } from './dev/hex.ts';
import { decodeVersion, type RuntimeVersion } from './dev/version.ts';
import { type Bytes, callRuntime } from './runtime-call.ts';
import type { Hash } from './types.ts';

/** A runtime that was tried out. */
export interface RuntimeFile {
  /** Plain Wasm. */
  wasm: Bytes;
  /** As it goes into a state: compressed, because a block is smaller than a runtime. Made when it is asked for. */
  code(): Bytes;
  /** SHA-256 of `wasm`. */
  wasmSha256: string;
  version: RuntimeVersion;
}

/** What stands before a runtime that is compressed with zstd (sp-maybe-compressed-blob). */
const COMPRESSED = Buffer.from('52bc537646db8e05', 'hex');
const WASM_MAGIC = Buffer.from('0061736d', 'hex');
const GZIP_MAGIC = Buffer.from('1f8b', 'hex');
const MAX_WASM_BYTES = 50 * 1024 * 1024;

/** The runtime that this program carries. */
export function builtInRuntime(): RuntimeFile {
  return openRuntime(asset('chain/artifacts/logos-runtime.wasm.gz'), 'the built-in runtime');
}

/**
 * Reads a runtime: Wasm, compressed Wasm as in a state (`.compact.compressed.wasm`), or gzip of either; and asks it for its
 * version. Throws UserError `file-unreadable` or `runtime-invalid`.
 */
export async function readRuntimeFile(path: string): Promise<RuntimeFile> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) {
    throw new UserError('file-unreadable', `${path} can't be read as a file.`, {
      nextSteps: ['Give the path of a runtime, such as chain/artifacts/logos-runtime.wasm.gz.'],
    });
  }
  if (info.size > MAX_WASM_BYTES) throw runtimeInvalid(path, `it has ${info.size} bytes, more than a runtime may have`);
  return openRuntime(await readFile(path), path);
}

/** The runtime in these bytes; `name` is for errors. Throws UserError `runtime-invalid`. */
export function openRuntime(bytes: Bytes, name: string): RuntimeFile {
  const options = { maxOutputLength: MAX_WASM_BYTES };
  let plain: Bytes = bytes;
  let packed: Bytes | undefined;
  try {
    if (begins(plain, GZIP_MAGIC)) plain = gunzipSync(plain, options);
    if (begins(plain, COMPRESSED)) {
      packed = plain;
      plain = zstdDecompressSync(plain.subarray(COMPRESSED.length), options);
    }
  } catch (cause) {
    throw runtimeInvalid(name, 'it can not be unpacked', cause);
  }
  if (!begins(plain, WASM_MAGIC)) throw runtimeInvalid(name, 'it is not Wasm');
  const code = (): Bytes => {
    packed ??= pack(plain);
    return packed;
  };
  return { wasm: plain, code, wasmSha256: sha256Hex(plain), version: versionOf(plain, name) };
}

/** BLAKE2b-256 of code: how governance names it. */
export function codeHash(code: Bytes): Hash {
  return blake2AsHex(code, 256);
}

function versionOf(wasm: Bytes, name: string): RuntimeVersion {
  try {
    return decodeVersion(toHex(callRuntime(wasm, 'Core_version').result));
  } catch (cause) {
    throw runtimeInvalid(name, `it does not say its version (${(cause as Error).message.slice(0, 200)})`, cause);
  }
}

function pack(wasm: Bytes): Bytes {
  const params = { [constants.ZSTD_c_compressionLevel]: 12 };
  return Buffer.concat([COMPRESSED, zstdCompressSync(wasm, { params })]);
}

function begins(bytes: Bytes, magic: Buffer): boolean {
  return magic.equals(bytes.subarray(0, magic.length));
}

function runtimeInvalid(name: string, why: string, cause?: unknown): UserError {
  return new UserError('runtime-invalid', `${name} is no runtime: ${why}.`, {
    cause,
    nextSteps: ['Build it with `npm run build:chain`, or give the file of a release.'],
  });
}
