import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDiskImage } from '../../../../src/gatekeeper/documents/index.ts';
import { LogosError } from '../../../../src/system/errors.ts';

const GIB = 2 ** 30;

interface Fields {
  version: number;
  backingOffset: bigint;
  backingSize: number;
  clusterBits: number;
  size: bigint;
  crypt: number;
  snapshots: number;
  incompatible: bigint;
  headerLength: number;
  extensions: readonly (readonly [type: number, length: number])[];
  bytes: number;
}

/** The head of a qcow2 image, by the fields of its specification. */
function qcow2(change: Partial<Fields> = {}): Uint8Array {
  const it: Fields = {
    version: 3,
    backingOffset: 0n,
    backingSize: 0,
    clusterBits: 16,
    size: BigInt(GIB),
    crypt: 0,
    snapshots: 0,
    incompatible: 0n,
    headerLength: 112,
    extensions: [[0x6803f857, 100]],
    bytes: 65_536,
    ...change,
  };
  const view = new DataView(new ArrayBuffer(65_536));
  view.setUint32(0, 0x514649fb);
  view.setUint32(4, it.version);
  view.setBigUint64(8, it.backingOffset);
  view.setUint32(16, it.backingSize);
  view.setUint32(20, it.clusterBits);
  view.setBigUint64(24, it.size);
  view.setUint32(32, it.crypt);
  view.setUint32(60, it.snapshots);
  if (it.version === 3) {
    view.setBigUint64(72, it.incompatible);
    view.setUint32(100, it.headerLength);
  }
  let at = it.version === 3 ? it.headerLength : 72;
  for (const [type, length] of it.extensions) {
    if (at + 8 > 65_536) break;
    view.setUint32(at, type);
    view.setUint32(at + 4, length);
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return new Uint8Array(view.buffer, 0, it.bytes);
}

function verdict(head: Uint8Array, format: 'qcow2' | 'raw' = 'qcow2', fileBytes = head.length): string {
  try {
    return `accept ${checkDiskImage(head, { format, fileBytes, maximumBytes: 1024 * GIB }).virtualBytes}`;
  } catch (error) {
    if (!(error instanceof LogosError) || error.exitCode !== 3) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const text = (start: string, at = 0): Uint8Array => {
  const bytes = Buffer.alloc(65_536);
  bytes.write(start, at, 'latin1');
  return bytes;
};

describe('disk images', () => {
  it('takes whole images of both formats', () => {
    expect(verdict(qcow2())).toBe(`accept ${GIB}`);
    expect(verdict(qcow2({ version: 2, extensions: [] }))).toBe(`accept ${GIB}`);
    expect(verdict(qcow2({ incompatible: 0b11000n }))).toBe(`accept ${GIB}`);
    expect(verdict(qcow2(), 'qcow2', 10 * GIB)).toBe(`accept ${GIB}`);
    expect(verdict(new Uint8Array(65_536), 'raw', 5 * GIB)).toBe(`accept ${5 * GIB}`);
    expect(verdict(new Uint8Array(512), 'raw')).toBe('accept 512');
  });

  it.each([
    ['a backing file', qcow2({ backingOffset: 1_000n, backingSize: 11 }), 'backing file'],
    ['a backing file of no length', qcow2({ backingOffset: 1_000n }), 'backing file'],
    ['a backing format', qcow2({ extensions: [[0xe2792aca, 5]] }), 'backing file'],
    [
      'a backing format after other extensions',
      qcow2({
        extensions: [
          [0x6803f857, 3],
          [0x23852875, 24],
          [0xe2792aca, 5],
        ],
      }),
      'backing file',
    ],
    ['a backing file of version 2', qcow2({ version: 2, backingOffset: 200n }), 'backing file'],
    ['an external data file', qcow2({ incompatible: 0b100n }), 'another file'],
    ['the name of a data file', qcow2({ extensions: [[0x44415441, 8]] }), 'another file'],
    ['encryption', qcow2({ crypt: 2 }), 'encrypted'],
    ['an encryption header', qcow2({ extensions: [[0x0537be77, 16]] }), 'encrypted'],
    ['a dirty image', qcow2({ incompatible: 1n }), 'closed properly'],
    ['a corrupt image', qcow2({ incompatible: 2n }), 'closed properly'],
    ['unknown features', qcow2({ incompatible: 1n << 40n }), 'not known'],
    ['unknown extensions', qcow2({ extensions: [[0x12345678, 8]] }), '0x12345678'],
    ['extensions without an end', qcow2({ extensions: [[0x6803f857, 0xffffffff]] }), 'no end'],
    ['extensions past the cluster', qcow2({ clusterBits: 9, extensions: [[0x6803f857, 600]] }), 'no end'],
    ['snapshots', qcow2({ snapshots: 1 }), 'snapshots'],
    ['impossible clusters', qcow2({ clusterBits: 63 }), 'clusters'],
    ['version 1', qcow2({ version: 1 }), 'version 1'],
    ['a header of an odd length', qcow2({ headerLength: 106, extensions: [] }), 'its header has 106'],
    ['no size', qcow2({ size: 0n }), 'no size'],
    ['an odd size', qcow2({ size: 513n }), 'no size'],
    ['an absurd size', qcow2({ size: 2n ** 63n }), 'no size'],
    ['a large size', qcow2({ size: 2n ** 50n }), 'document-too-large'],
    ['a cut header', qcow2({ bytes: 80 }), 'cut off'],
    ['four bytes', qcow2({ bytes: 4 }), 'no qcow2'],
    ['something else', new Uint8Array(65_536), 'no qcow2'],
  ])('refuses %s', (_, head, why) => {
    expect(verdict(head)).toContain(why);
  });

  it.each([
    ['qcow2 that is called raw', qcow2(), 'called raw'],
    ['VMDK', text('KDMV'), 'VMDK'],
    ['a text that describes a VMDK', text('# Disk DescriptorFile\nversion=1\n'), 'VMDK'],
    ['VDI', text('\x7f\x10\xda\xbe', 64), 'VDI'],
    ['VHDX', text('vhdxfile'), 'VHDX'],
    ['VHD', text('conectix'), 'VHD'],
    ['QED', text('QED\0'), 'QED'],
    ['LUKS', text('LUKS\xba\xbe'), 'LUKS'],
    ['Parallels', text('WithoutFreeSpace'), 'Parallels'],
    ['half a sector', new Uint8Array(100), 'sectors'],
    ['nothing', new Uint8Array(0), 'sectors'],
  ])('refuses %s as raw', (_, head, why) => {
    expect(verdict(head, 'raw')).toContain(why);
  });

  it('asks for the whole beginning', () => {
    expect(verdict(qcow2().subarray(0, 1_000), 'qcow2', 65_536)).toContain('its beginning is not whole');
  });

  it('reads a head from the middle of other bytes', () => {
    const around = Buffer.concat([Buffer.alloc(100), qcow2(), Buffer.alloc(100)]);
    expect(verdict(around.subarray(100, 65_636))).toBe(`accept ${GIB}`);
  });

  it('never takes an image of whose header any bit of the dangerous fields is set', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8 * 8, max: 20 * 8 - 1 }), (bit) => {
        const head = qcow2();
        const at = Math.floor(bit / 8);
        head[at] = (head[at] ?? 0) | (1 << (bit % 8));
        expect(verdict(head)).toContain('backing file');
      }),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        (bytes) => void verdict(Buffer.concat([qcow2().subarray(0, 4), bytes])),
      ),
    );
  });
});
