/** Firmware of a guest without an operating system: 64 KiB that write `READY` to the first serial line and halt. */
export function readyRom(): Uint8Array {
  const rom = Buffer.alloc(65_536);
  const print = [...Buffer.from('READY\n')].flatMap((byte) => [0xb0, byte, 0xee]); // mov al, byte; out dx, al
  rom.set([0xba, 0xf8, 0x03, ...print, 0xf4, 0xeb, 0xfd]); // mov dx, 0x3f8; …; again: hlt; jmp again
  rom.set([0xea, 0x00, 0x00, 0x00, 0xf0], 0xfff0); // where the processor starts: jmp f000:0000
  return rom;
}
