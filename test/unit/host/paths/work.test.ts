import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kernelModule } from '../../../../src/host/benchmark/kernel.ts';
import { hostShell } from '../../../../src/host/paths/host-shell.ts';
import { compareWork } from '../../../../src/host/paths/sample.ts';
import { MeasuredShell } from '../../../../src/host/paths/shell.ts';
import { WORKS } from '../../../../src/host/paths/work.ts';
import { measuringPrograms } from '../../../../src/hypervisor/index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-paths-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const lacks = process.platform === 'linux' && process.arch === 'x64' ? undefined : 'needs Linux on x86-64';
const busybox = (() => {
  try {
    execFileSync('busybox', ['true']);
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(lacks)(`the measuring programs${lacks ? `: ${lacks}` : ''}`, () => {
  test('mix computes what the benchmark’s kernel computes, to the last bit', async () => {
    const program = join(directory, 'mix');
    await writeFile(program, measuringPrograms().mix, { mode: 0o755 });
    const module = new WebAssembly.Module(kernelModule());
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000 }), (rounds) => {
        const bits = Buffer.alloc(8);
        // Each run of the program has a table of its own.
        const { run } = new WebAssembly.Instance(module, {}).exports as unknown as { run(rounds: number): number };
        bits.writeDoubleBE(run(rounds));
        expect(execFileSync(program, [String(rounds)], { encoding: 'utf8' })).toBe(`${bits.toString('hex')}\n`);
      }),
      { numRuns: 25 },
    );
  });

  test('copy takes longer for more passes', async () => {
    const program = join(directory, 'copy');
    await writeFile(program, measuringPrograms().copy, { mode: 0o755 });
    expect(execFileSync(program, ['2'], { encoding: 'utf8' })).toBe('');
  });
});

describe.skipIf(lacks || !busybox)(`a measured shell${busybox ? '' : ': needs busybox'}`, () => {
  test('tells what a command printed and took, and that it failed', async () => {
    const shell = await hostShell(directory);
    try {
      const took = await shell.run('echo one; echo two; mix 60000000 > /dev/null');
      expect(took.lines).toEqual(['one', 'two']);
      expect(took.cpuSeconds).toBeGreaterThan(0.02);
      expect(took.wallSeconds).toBeGreaterThan(0);
      await expect(shell.run('ls /nowhere-at-all')).rejects.toMatchObject({ code: 'measurement-failed' });
      expect((await shell.run('echo still-here')).lines).toEqual(['still-here']);
      const abort = new AbortController();
      const sleeping = shell.run('sleep 30', abort.signal);
      const reason = new Error('enough');
      setTimeout(() => abort.abort(reason), 50);
      await expect(sleeping).rejects.toBe(reason);
    } finally {
      shell.close();
    }
    await expect(shell.run('true')).rejects.toMatchObject({ code: 'measurement-failed' });
  });

  test('real work has a rate on both sides', async () => {
    const shell = await hostShell(directory);
    try {
      const side = { shell, place: { disk: join(directory, 'none'), url: 'http://127.0.0.1:1/' } };
      const found = await compareWork('cpu', side, side, { rounds: 1, seconds: 0.1 });
      for (const rate of [found.host.rate, found.guest.rate, found.efficiency]) expect(rate).toBeGreaterThan(0);
    } finally {
      shell.close();
    }
  });
});

/** A shell that takes a thousandth of a second of a clock of its own for each unit, and some to begin with. */
function pretended(perUnit: number, toBegin: number): MeasuredShell {
  let clock = 0;
  const stream: Duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      const [, amount, id] = /mix (\d+); echo "@done (\d+)/.exec(chunk.toString()) ?? [];
      clock += toBegin + Number(amount) * perUnit;
      // An echo of the line, as terminals give it, is no answer.
      stream.push(`${chunk}prompt# \u001b[0m@done ${id} 0\r\n`);
      done();
    },
  });
  return new MeasuredShell(stream, async () => clock);
}

test('a comparison takes off what it takes to begin, and tells the rates that there are', async () => {
  const place = { disk: '', url: '' };
  const host = { shell: pretended(1e-8, 0.5), place };
  const guest = { shell: pretended(8e-8, 3), place };
  const found = await compareWork('cpu', host, guest, { rounds: 3, seconds: 10 });
  expect(found.host.rate).toBeCloseTo(1e8 * WORKS.cpu.scale, 0);
  expect(found.efficiency).toBeCloseTo(0.125, 2);
  expect(found.cpuCost).toBeCloseTo(8, 1);
});
