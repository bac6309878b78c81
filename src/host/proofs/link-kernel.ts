import { assembled, f64, get, I32, i32, i64, op, set, TABLE_MASK } from '../benchmark/kernel.ts';

/**
 * `logos-link-1`: the work of one link of a CPU proof. It is the benchmark's kernel with a start that nobody knew before,
 * and every part of it in the result: rounds that were left out, or done without the floating point, give another one.
 */
export const LINK_KERNEL = 'logos-link-1';

/** The table is cleared before each link, and starts with the link's start. */
export const TABLE_BYTES = TABLE_MASK + 8;

const ROUNDS = 0;
const START = 1;
const HASH = 2;
const SUM = 3;
const QUOTIENT = 4;
const ADDRESS = 5;

/** The module: `link(rounds: i32, start: i64) -> i64`, and its `memory`, which must be clear at the start. */
export function linkModule(): Uint8Array<ArrayBuffer> {
  const body = [
    ...[...f64(1.5), ...set(SUM), ...f64(0.5), ...set(QUOTIENT), ...get(START), ...set(HASH)],
    ...op.loop,
    ...[...get(HASH), ...get(ADDRESS), ...op.i64Load, ...op.i64Xor, ...i64(0x9e3779b97f4a7c15n), ...op.i64Mul],
    ...[...i64(27n), ...op.i64Rotl, ...get(ROUNDS), ...op.i64ExtendI32, ...op.i64Add, ...set(HASH)],
    ...[...get(HASH), ...op.i32WrapI64, ...i32(TABLE_MASK), ...op.i32And, ...set(ADDRESS)],
    ...[...get(ADDRESS), ...get(HASH), ...op.i64Store],
    ...[...get(SUM), ...f64(0.999), ...op.f64Mul, ...get(ADDRESS), ...op.f64ConvertI32, ...op.f64Add, ...set(SUM)],
    // QUOTIENT = (QUOTIENT² + 1) / (QUOTIENT + 3 + SUM × 1e-9): without SUM it would come to rest, and could be guessed.
    ...[...get(QUOTIENT), ...get(QUOTIENT), ...op.f64Mul, ...f64(1), ...op.f64Add],
    ...[...get(QUOTIENT), ...f64(3), ...op.f64Add, ...get(SUM), ...f64(1e-9), ...op.f64Mul, ...op.f64Add],
    ...[...op.f64Div, ...set(QUOTIENT)],
    ...[...get(ROUNDS), ...i32(1), ...op.i32Sub, ...op.tee(ROUNDS), ...op.continueIf],
    ...op.end,
    ...[...get(HASH), ...get(SUM), ...op.i64ReinterpretF64, ...op.i64Xor],
    ...[...get(QUOTIENT), ...op.i64ReinterpretF64, ...i64(17n), ...op.i64Rotl, ...op.i64Xor],
    ...op.end,
  ];
  return assembled({
    name: 'link',
    parameters: [I32, 0x7e],
    result: 0x7e,
    locals: [3, 1, 0x7e, 2, 0x7c, 1, I32],
    body,
  });
}

export interface LinkKernel {
  /** The state after `rounds` from `start`, both 64 bits. */
  link(rounds: number, start: bigint): bigint;
}

/** Ready to run on this thread. */
export function linkKernel(): LinkKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(linkModule()), {});
  const table = new Uint8Array((exports.memory as WebAssembly.Memory).buffer, 0, TABLE_BYTES);
  const run = exports.link as (rounds: number, start: bigint) => bigint;
  return {
    link: (rounds, start) => {
      table.fill(0);
      return BigInt.asUintN(64, run(rounds, start));
    },
  };
}

/** Memory that begins at a page, as reads past the page cache need it, and Node's own does not. */
export function pageMemory(bytes: number): Uint8Array {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(linkModule()), {});
  const memory = exports.memory as WebAssembly.Memory;
  memory.grow(Math.ceil(bytes / 65_536));
  return new Uint8Array(memory.buffer, 0, bytes);
}
