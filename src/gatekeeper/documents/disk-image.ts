import { DocumentFault } from './fault.ts';
import { refusing } from './refusal.ts';

/** Bytes of an image's beginning that a check needs; of a smaller image, all. */
export const DISK_IMAGE_HEAD_BYTES = 64 * 1024;

export interface DiskImage {
  readonly format: 'qcow2' | 'raw';
  /** What a guest sees, in bytes. */
  readonly virtualBytes: number;
}

const SECTOR = 512;
const QCOW_MAGIC = 0x51_46_49_fb;

/** Other formats of QEMU by what stands at an offset (block/*.c of QEMU, each one's `probe`). */
const OTHER_FORMATS: readonly (readonly [string, number, string])[] = [
  ['VMDK', 0, 'KDMV'],
  ['VMDK', 0, 'COWD'],
  ['VMDK', 0, '# Disk DescriptorFile'],
  ['VDI', 64, '\x7f\x10\xda\xbe'],
  ['VHDX', 0, 'vhdxfile'],
  ['VHD', 0, 'conectix'],
  ['QED', 0, 'QED\0'],
  ['Parallels', 0, 'WithoutFreeSpace'],
  ['Parallels', 0, 'WithouFreSpacExt'],
  ['Bochs', 0, 'Bochs Virtual HD Image'],
  ['cloop', 0, '#!/bin/sh\n#V2.0 Format'],
  ['LUKS', 0, 'LUKS\xba\xbe'],
];

/**
 * Checks a disk image by the bytes at its beginning (`head`: DISK_IMAGE_HEAD_BYTES of them, or all) and its size as a
 * file. It must be of `format` and no other: not backed by another file, not keeping its data in one, not encrypted,
 * and at most `maximumBytes` large for its guest. Opens nothing. Throws UserError `document-…` (see checkDocument).
 */
export function checkDiskImage(
  head: Uint8Array,
  image: { format: 'qcow2' | 'raw'; fileBytes: number; maximumBytes: number },
): DiskImage {
  return refusing('disk image', () => {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    if (head.byteLength < Math.min(DISK_IMAGE_HEAD_BYTES, image.fileBytes)) {
      throw new DocumentFault('malformed', 'its beginning is not whole');
    }
    const other = OTHER_FORMATS.find(([, at, magic]) => latin1(head, at, magic.length) === magic);
    if (other) throw new DocumentFault('forbidden', `the format ${other[0]} is not allowed`);
    const isQcow = head.byteLength >= 8 && view.getUint32(0) === QCOW_MAGIC;
    if (isQcow !== (image.format === 'qcow2')) {
      throw new DocumentFault('forbidden', isQcow ? 'it is called raw and is a qcow2 image' : 'it is no qcow2 image');
    }
    const virtualBytes = isQcow ? qcow2Bytes(view) : rawBytes(image.fileBytes);
    if (virtualBytes > image.maximumBytes) {
      throw new DocumentFault('too-large', `it has ${virtualBytes} bytes, and ${image.maximumBytes} are allowed`);
    }
    return { format: image.format, virtualBytes };
  });
}

function rawBytes(fileBytes: number): number {
  if (fileBytes === 0 || fileBytes % SECTOR !== 0) {
    throw new DocumentFault('malformed', `${fileBytes} bytes are no whole number of sectors`);
  }
  return fileBytes;
}

/** Bits of the incompatible features that change nothing outside of the image: compression type, extended L2 entries. */
const HARMLESS_FEATURES = 0b1_1000n;
const HEADER_V2 = 72;
const HEADER_V3 = 104;

/** Reads the header as docs/interop/qcow2.txt of QEMU has it; all numbers are big-endian. */
function qcow2Bytes(view: DataView): number {
  if (view.byteLength < HEADER_V2) throw malformed('its header is cut off');
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) throw forbidden(`version ${version} of qcow is not allowed`);
  if (view.getBigUint64(8) !== 0n || view.getUint32(16) !== 0) throw forbidden('it has a backing file');
  const clusterBits = view.getUint32(20);
  if (clusterBits < 9 || clusterBits > 21) throw malformed(`clusters of 2^${clusterBits} bytes are impossible`);
  if (view.getUint32(32) !== 0) throw forbidden('it is encrypted');
  if (view.getUint32(60) !== 0) throw forbidden('it has snapshots');
  let headerLength = HEADER_V2;
  if (version === 3) {
    if (view.byteLength < HEADER_V3) throw malformed('its header is cut off');
    checkFeatures(view.getBigUint64(72));
    headerLength = view.getUint32(100);
    if (headerLength < HEADER_V3 || headerLength % 8 !== 0) throw malformed(`its header has ${headerLength} bytes`);
  }
  checkExtensions(view, headerLength, 2 ** clusterBits);
  const size = view.getBigUint64(24);
  if (size === 0n || size % BigInt(SECTOR) !== 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw malformed(`${size} bytes are no size of a disk`);
  }
  return Number(size);
}

function checkFeatures(incompatible: bigint): void {
  if (incompatible & 0b100n) throw forbidden('its data is in another file');
  if (incompatible & 0b11n) throw forbidden('it was not closed properly, or is damaged');
  if (incompatible & ~HARMLESS_FEATURES) throw forbidden('it has features that are not known here');
}

const EXTENSIONS_END = 0;
/** Names of features, and bitmaps for backups: they name nothing outside of the image. */
const HARMLESS_EXTENSIONS = [0x6803f857, 0x23852875];
const NAMED_EXTENSIONS = new Map([
  [0xe2792aca, 'it has a backing file'],
  [0x0537be77, 'it is encrypted'],
  [0x44415441, 'its data is in another file'],
]);

function checkExtensions(view: DataView, start: number, clusterBytes: number): void {
  const end = Math.min(view.byteLength, clusterBytes);
  for (let at = start; ; ) {
    if (at + 8 > end) throw malformed('its header extensions have no end');
    const type = view.getUint32(at);
    if (type === EXTENSIONS_END) return;
    if (!HARMLESS_EXTENSIONS.includes(type)) {
      throw forbidden(NAMED_EXTENSIONS.get(type) ?? `the header extension 0x${type.toString(16)} is not allowed`);
    }
    at += 8 + Math.ceil(view.getUint32(at + 4) / 8) * 8;
  }
}

function latin1(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, start + length);
}

const malformed = (what: string): DocumentFault => new DocumentFault('malformed', what);
const forbidden = (what: string): DocumentFault => new DocumentFault('forbidden', what);
