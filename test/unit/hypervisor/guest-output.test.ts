import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ConsoleLines } from '../../../src/hypervisor/console-lines.ts';
import { countdownCode, counterOf, memoryRegion, startRegisters } from '../../../src/hypervisor/kvm/abi.ts';
import { parseLine, probeKvm } from '../../../src/hypervisor/kvm/probe.ts';

describe('what a guest prints', () => {
  const read = async (...chunks: (string | Buffer)[]) => {
    const stream = new PassThrough();
    const lines: string[] = [];
    const console = new ConsoleLines(stream, (line) => lines.push(line));
    for (const chunk of chunks) stream.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
    return { lines, console };
  };

  test('lines are put together and freed of control sequences', async () => {
    const { lines, console } = await read(
      'LOGOS-',
      'READY 1\r\n\u001B[31mred\u001B[0m\u0007\npart',
      Buffer.from('ä').subarray(0, 1),
    );
    expect(lines).toEqual(['LOGOS-READY 1', 'red']);
    expect(console.partial()).toBe('part');
    expect(console.last(2)).toEqual(['red', 'part']);
  });

  test('a flood without a line’s end takes no memory', async () => {
    const { console } = await read(...Array.from({ length: 100 }, () => 'x'.repeat(10_000)));
    expect(console.partial().length).toBe(4096);
  });
});

describe('KVM probe', () => {
  const child = (code: string) => [process.execPath, '-e', code];
  const line = (probe: object, complete: boolean) =>
    `process.stdout.write(JSON.stringify({event:'kvm',probe:${JSON.stringify(probe)},complete:${complete}})+'\\n');`;

  test('structures have the kernel’s layout', () => {
    expect(countdownCode(100_000).toString('hex')).toBe('66b9a08601006649' + '75fcf4');
    expect(memoryRegion(0x1122n).readBigUInt64LE(24)).toBe(0x1122n);
    expect(startRegisters().readBigUInt64LE(128)).toBe(0x1000n);
    expect(counterOf(startRegisters())).toBe(0);
  });

  test('a complete answer is the answer', async () => {
    const probe = { device: 'open', apiVersion: 12, vmCreated: true, rate: 1.5 };
    expect(await probeKvm({ command: child(line(probe, true)) })).toEqual(probe);
  });

  test('a step that never returns is ended, and what was known is kept', async () => {
    const command = child(`${line({ device: 'open', apiVersion: 12 }, false)} for(;;);`);
    const began = performance.now();
    const probe = await probeKvm({ command, deadlineMs: 200 });
    expect(probe).toEqual({ device: 'open', apiVersion: 12, error: 'no answer within 0.2 s' });
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  test('a child that dies, or is not there, is an answer too', async () => {
    const killed = child(`${line({ device: 'open' }, false)} process.kill(process.pid, 'SIGSEGV');`);
    expect(await probeKvm({ command: killed })).toMatchObject({
      device: 'open',
      error: expect.stringContaining('SIGSEGV'),
    });
    expect(await probeKvm({ command: ['/nonexistent'] })).toMatchObject({
      device: 'denied',
      error: expect.any(String),
    });
  });

  test('other lines are passed over', () => {
    expect(parseLine('{"event":"result","ok":true}')).toBeUndefined();
    expect(parseLine('nonsense')).toBeUndefined();
  });
});
