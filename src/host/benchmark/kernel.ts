/**
 * `logos-mix-1`: the CPU kernel, a small WebAssembly function assembled here, so that every build and machine runs the
 * same instructions. One round is about 20 operations: a 64-bit integer hash chain (xor, multiply, rotate) over a
 * 16 KiB table that fits any L1 cache (load, store), a floating-point recurrence (multiply, add) and a division chain.
 *
 * Chosen by measurement on a loaded two-core machine: its median moved by 1.4 % idle and 4.3 % under two busy loops (per
 * CPU second); OpenSSL's SHA-256 moved as little, but depends on one instruction-set extension (SHA-NI: a factor of 5
 * between machines that are alike otherwise), and a table of 256 KiB moved more, because neighbours share L2.
 * The thresholds on chain hold for this kernel only and name it.
 */
export const CPU_KERNEL = 'logos-mix-1';

/** Million rounds of the kernel in a second. */
export const CPU_UNIT = 'Mround/s';

export const I32 = 0x7f;
const I64 = 0x7e;
const F64 = 0x7c;
export const TABLE_MASK = 16 * 1024 - 8;

// Locals: the parameter first.
const ROUNDS = 0;
const HASH = 1;
const SUM = 2;
const QUOTIENT = 3;
const ADDRESS = 4;

export const get = (local: number): number[] => [0x20, local];
export const set = (local: number): number[] => [0x21, local];
export const i32 = (value: number): number[] => [0x41, ...signed(BigInt(value))];
export const i64 = (value: bigint): number[] => [0x42, ...signed(BigInt.asIntN(64, value))];
export const f64 = (value: number): number[] => [0x44, ...new Uint8Array(new Float64Array([value]).buffer)];
export const op = {
  loop: [0x03, 0x40],
  end: [0x0b],
  continueIf: [0x0d, 0],
  tee: (local: number): number[] => [0x22, local],
  i64Load: [0x29, 3, 0],
  i64Store: [0x37, 3, 0],
  i32Sub: [0x6b],
  i32And: [0x71],
  i64Add: [0x7c],
  i64Mul: [0x7e],
  i64Xor: [0x85],
  i64Rotl: [0x89],
  f64Add: [0xa0],
  f64Mul: [0xa2],
  f64Div: [0xa3],
  i32WrapI64: [0xa7],
  i64ReinterpretF64: [0xbd],
  i64ExtendI32: [0xad],
  f64ConvertI32: [0xb8],
  f64ConvertI64: [0xb9],
} as const;

/** The module: `run(rounds: i32) -> f64`, whose result depends on every round, so that no compiler can drop one. */
export function kernelModule(): Uint8Array<ArrayBuffer> {
  const body = [
    ...[...f64(1.5), ...set(SUM), ...f64(0.5), ...set(QUOTIENT), ...i64(88_172_645_463_325_252n), ...set(HASH)],
    ...op.loop,
    // HASH = rotl((HASH ^ table[ADDRESS]) * golden, 27) + ROUNDS
    ...[...get(HASH), ...get(ADDRESS), ...op.i64Load, ...op.i64Xor, ...i64(0x9e3779b97f4a7c15n), ...op.i64Mul],
    ...[...i64(27n), ...op.i64Rotl, ...get(ROUNDS), ...op.i64ExtendI32, ...op.i64Add, ...set(HASH)],
    // ADDRESS = HASH & mask; table[ADDRESS] = HASH
    ...[...get(HASH), ...op.i32WrapI64, ...i32(TABLE_MASK), ...op.i32And, ...set(ADDRESS)],
    ...[...get(ADDRESS), ...get(HASH), ...op.i64Store],
    // SUM = SUM * 0.999 + ADDRESS
    ...[...get(SUM), ...f64(0.999), ...op.f64Mul, ...get(ADDRESS), ...op.f64ConvertI32, ...op.f64Add, ...set(SUM)],
    // QUOTIENT = (QUOTIENT² + 1) / (QUOTIENT + 3), which stays between 0.3 and 0.5: no denormals, no overflow
    ...[...get(QUOTIENT), ...get(QUOTIENT), ...op.f64Mul, ...f64(1), ...op.f64Add],
    ...[...get(QUOTIENT), ...f64(3), ...op.f64Add, ...op.f64Div, ...set(QUOTIENT)],
    ...[...get(ROUNDS), ...i32(1), ...op.i32Sub, ...op.tee(ROUNDS), ...op.continueIf],
    ...op.end,
    ...[...get(SUM), ...get(QUOTIENT), ...op.f64Add, ...get(HASH), ...op.f64ConvertI64, ...op.f64Add],
    ...op.end,
  ];
  // Three groups of locals: HASH; SUM and QUOTIENT; ADDRESS.
  return assembled({ name: 'run', parameters: [I32], result: F64, locals: [3, 1, I64, 2, F64, 1, I32], body });
}

interface WasmFunction {
  name: string;
  parameters: readonly number[];
  result: number;
  locals: readonly number[];
  body: readonly number[];
}

/** A module with one page of memory, exported, and this one function. */
export function assembled({ name, parameters, result, locals, body }: WasmFunction): Uint8Array<ArrayBuffer> {
  const code = [...locals, ...body];
  const exported = (text: string, kind: number): number[] => [text.length, ...new TextEncoder().encode(text), kind, 0];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters.length, ...parameters, 1, result]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...exported(name, 0), ...exported('memory', 2)]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/** LEB128 (WebAssembly core specification, 5.2.2). */
function unsigned(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: bigint): number[] {
  const low = Number(value & 0x7fn);
  const rest = value >> 7n;
  const ends = (rest === 0n && !(low & 0x40)) || (rest === -1n && (low & 0x40) !== 0);
  return ends ? [low] : [low | 0x80, ...signed(rest)];
}
