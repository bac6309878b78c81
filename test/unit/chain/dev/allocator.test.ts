import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allocator } from '../../../../src/chain/dev/executor/allocator.ts';

/** The constructor that the project's own declarations leave out: only a runtime makes memories. */
const Memory = WebAssembly.Memory as unknown as new (limits: { initial: number }) => WebAssembly.Memory;

describe('the allocator', () => {
  it('never gives the same byte twice, keeps to eight bytes, and uses again what was freed', () => {
    const step = fc.oneof(fc.record({ size: fc.nat(70_000) }), fc.record({ free: fc.nat() }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const memory = new Memory({ initial: 1 });
        const allocator = new Allocator(memory, 1_001);
        const held: { from: number; to: number }[] = [];
        for (const one of steps) {
          if ('free' in one) {
            const [block] = held.splice(held.length === 0 ? 0 : one.free % held.length, 1);
            if (block) allocator.free(block.from);
            continue;
          }
          const from = allocator.allocate(one.size);
          const to = from + one.size;
          expect(from % 8).toBe(0);
          expect(from).toBeGreaterThanOrEqual(1_016);
          expect(to).toBeLessThanOrEqual(memory.buffer.byteLength);
          expect(held.every((other) => to <= other.from || from >= other.to)).toBe(true);
          // Whatever is written into it is not the allocator's.
          new Uint8Array(memory.buffer).fill(0xff, from, to);
          held.push({ from, to });
        }
      }),
    );
  });

  it('gives a freed block of the same size again', () => {
    const allocator = new Allocator(new Memory({ initial: 1 }), 0);
    const one = allocator.allocate(100);
    allocator.allocate(100);
    allocator.free(one);
    expect(allocator.allocate(65)).toBe(one);
  });

  it('refuses what is too large, was never given, was freed before, or is outside', () => {
    const allocator = new Allocator(new Memory({ initial: 1 }), 0);
    expect(() => allocator.allocate(32 * 1024 * 1024 + 1)).toThrow(/at once/);
    const block = allocator.allocate(8);
    allocator.free(block);
    expect(() => allocator.free(block)).toThrow(/had not/);
    expect(() => allocator.free(4)).toThrow(/outside/);
    expect(() => allocator.free(0xffff_fff0)).toThrow(/outside/);
  });

  it('notices that the runtime wrote over its lists', () => {
    const memory = new Memory({ initial: 1 });
    const allocator = new Allocator(memory, 0);
    const block = allocator.allocate(8);
    allocator.free(block);
    new DataView(memory.buffer).setUint32(block - 4, 1, true);
    expect(() => allocator.allocate(8)).toThrow(/wrote over/);
  });
});
