/** Where a program's zeroed memory begins. */
export const DATA_ADDRESS = 0x60_0000;
const CODE_ADDRESS = 0x40_0000;
const HEADER = 64;
const SEGMENT = 56;
const START = HEADER + 2 * SEGMENT;
const LOAD = 1;
const [READ_EXECUTE, READ_WRITE] = [5, 6];

/**
 * A program for Linux on x86-64 of nothing but machine code, which may stand anywhere, and `dataBytes` of zeroed memory at
 * `DATA_ADDRESS` (elf(5)). The same bytes run on a host and in its guests, so that what they take can be compared.
 */
export function elfProgram(code: Uint8Array, dataBytes: number): Buffer {
  const file = Buffer.alloc(START + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // "ELF", 64 bits, little-endian, version 1
  file.writeUInt16LE(2, 16); // ET_EXEC
  file.writeUInt16LE(62, 18); // EM_X86_64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(CODE_ADDRESS + START), 24); // where it starts
  file.writeBigUInt64LE(BigInt(HEADER), 32); // where the segments are described
  file.writeUInt16LE(HEADER, 52);
  file.writeUInt16LE(SEGMENT, 54);
  file.writeUInt16LE(2, 56); // segments
  segment(file, 0, READ_EXECUTE, CODE_ADDRESS, { fileBytes: file.length, memoryBytes: file.length });
  segment(file, 1, READ_WRITE, DATA_ADDRESS, { fileBytes: 0, memoryBytes: dataBytes });
  file.set(code, START);
  return file;
}

function segment(
  file: Buffer,
  index: number,
  flags: number,
  address: number,
  size: { fileBytes: number; memoryBytes: number },
): void {
  const at = HEADER + index * SEGMENT;
  file.writeUInt32LE(LOAD, at);
  file.writeUInt32LE(flags, at + 4);
  // The offset in the file, 8 bytes on, is 0 for both.
  file.writeBigUInt64LE(BigInt(address), at + 16);
  file.writeBigUInt64LE(BigInt(address), at + 24);
  file.writeBigUInt64LE(BigInt(size.fileBytes), at + 32);
  file.writeBigUInt64LE(BigInt(size.memoryBytes), at + 40);
  file.writeBigUInt64LE(0x1000n, at + 48); // alignment
}
