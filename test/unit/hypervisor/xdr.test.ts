import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameSplitter, frame } from '../../../src/hypervisor/rpc/frames.ts';
import {
  limits,
  messageError,
  messageHeader,
  procedures,
  typedParameter,
} from '../../../src/hypervisor/rpc/protocol.ts';
import { parameterNumbers, typedParameters } from '../../../src/hypervisor/rpc/typed-params.ts';
import { encode, list, text, uint32, XdrError, XdrReader } from '../../../src/hypervisor/rpc/xdr.ts';

const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const unsigned = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const words = fc.string({ unit: 'binary', maxLength: 40 });
const maybe = fc.option(words, { nil: null });
const domain = fc.record({ name: words, uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }), id: int });

describe('XDR', () => {
  test('typed parameters of every type come back as they were', () => {
    const parameter = fc.record({
      field: words,
      value: fc.oneof(
        fc.record({ type: fc.constant(1), value: int }),
        fc.record({ type: fc.constant(3), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
        fc.record({ type: fc.constant(4), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
        fc.record({ type: fc.constant(5), value: fc.double({ noNaN: true }) }),
        fc.record({ type: fc.constant(7), value: words }),
      ),
    });
    fc.assert(
      fc.property(parameter, (value) => {
        expect(typedParameter.read(new XdrReader(encode(typedParameter, value)))).toEqual(value);
      }),
    );
    const unknown = encode(typedParameter, { field: 'x', value: { type: 1, value: 1 } });
    unknown.writeUInt32BE(99, 8);
    expect(() => typedParameter.read(new XdrReader(unknown))).toThrow(XdrError);
    const given = typedParameters({ uri: 'unix:///x', bytes: 7n, disks: ['vda', 'vdb'], none: undefined });
    expect(given.map(({ field, value }) => [field, value.type, value.value])).toEqual([
      ['uri', 7, 'unix:///x'],
      ['bytes', 4, 7n],
      ['disks', 7, 'vda'],
      ['disks', 7, 'vdb'],
    ]);
    expect(parameterNumbers(given)).toEqual(new Map([['bytes', 7]]));
  });

  test('what is written is what is read', () => {
    const error = fc.record({
      code: int,
      domain: int,
      message: maybe,
      level: int,
      dom: fc.option(domain, { nil: null }),
      str1: maybe,
      str2: maybe,
      str3: maybe,
      int1: int,
      int2: int,
      net: fc.constant(null),
    });
    fc.assert(
      fc.property(error, (value) => {
        const reader = new XdrReader(encode(messageError, value));
        expect(messageError.read(reader)).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
    );
    const { result } = procedures.connectListAllDomains;
    fc.assert(
      fc.property(fc.record({ domains: fc.array(domain, { maxLength: 8 }), ret: unsigned }), (value) => {
        expect(result.read(new XdrReader(encode(result, value)))).toEqual(value);
      }),
    );
    const info = procedures.domainGetInfo.result;
    const big = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(
        fc.record({ state: unsigned, maxMem: big, memory: big, nrVirtCpu: unsigned, cpuTime: big }),
        (value) => {
          expect(info.read(new XdrReader(encode(info, value)))).toEqual(value);
        },
      ),
    );
  });

  test('bytes as libvirt sends them (RFC 4506: big-endian, padded to four)', () => {
    const header = { prog: 0x20008086, vers: 1, proc: 66, type: 0, serial: 1, status: 0 };
    expect(frame([encode(messageHeader, header)]).toString('hex')).toBe(
      '0000001c20008086000000010000004200000000000000010000000000'.slice(0, 56),
    );
    expect(encode(text(10), 'abcde').toString('hex')).toBe('000000056162636465000000');
  });

  test('a truncated or boastful message is refused, and not allocated', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          messageError.read(new XdrReader(Buffer.from(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }),
    );
    const claim = Buffer.from('ffffffff00000000', 'hex');
    expect(() => text(100).read(new XdrReader(claim))).toThrow(XdrError);
    expect(() => list(uint32, 2 ** 32).read(new XdrReader(claim))).toThrow(XdrError);
    expect(() => encode(text(3), 'four')).toThrow(XdrError);
  });
});

describe('frames', () => {
  const body = fc.uint8Array({ minLength: limits.messageHeaderMax, maxLength: 300 });

  test('messages come out whole, however the transport cut them', () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 6 }), fc.array(fc.integer({ min: 0, max: 90 })), (bodies, cuts) => {
        const stream = Buffer.concat(bodies.map((part) => frame([part])));
        const splitter = new FrameSplitter();
        const out: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          out.push(...splitter.push(stream.subarray(at, at + cut)));
          at += cut;
        }
        out.push(...splitter.push(stream.subarray(at)));
        expect(out.map((part) => [...part])).toEqual(bodies.map((part) => [...part]));
      }),
    );
  });

  test.each([0, 4, 27, limits.messageMax + limits.messageLenMax + 1, 0xffffffff])(
    'a length of %i is refused',
    (length) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(length);
      expect(() => new FrameSplitter().push(bytes)).toThrow(XdrError);
    },
  );
});
