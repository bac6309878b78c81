/** The part of the kernel's KVM interface that the probe uses, for x86-64 (Linux, Documentation/virt/kvm/api.rst; linux/kvm.h). */
export const KVM = {
  getApiVersion: 0xae00,
  createVm: 0xae01,
  getVcpuMmapSize: 0xae04,
  createVcpu: 0xae41,
  setUserMemoryRegion: 0x4020ae46,
  run: 0xae80,
  getRegs: 0x8090ae81,
  setRegs: 0x4090ae82,
  getSregs: 0x8138ae83,
  setSregs: 0x4138ae84,
} as const;

export const EXIT_HLT = 5;
export const GUEST_MEMORY = 0x1_0000;
export const CODE_AT = 0x1000;
const REGS_SIZE = 144;
export const SREGS_SIZE = 312;
const RCX = 2 * 8;
const RSP = 6 * 8;
const RIP = 16 * 8;
const RFLAGS = 17 * 8;

/** Real mode: load a counter, count it down to zero, halt. Two instructions a round. */
export function countdownCode(rounds: number): Buffer {
  // mov ecx, rounds; again: dec ecx; jnz again; hlt
  const code = Buffer.from([0x66, 0xb9, 0, 0, 0, 0, 0x66, 0x49, 0x75, 0xfc, 0xf4]);
  code.writeUInt32LE(rounds, 2);
  return code;
}

/** struct kvm_userspace_memory_region: slot 0, from guest address 0. */
export function memoryRegion(address: bigint): Buffer {
  const region = Buffer.alloc(32);
  region.writeBigUInt64LE(BigInt(GUEST_MEMORY), 16);
  region.writeBigUInt64LE(address, 24);
  return region;
}

/** struct kvm_regs at the start of the code. */
export function startRegisters(): Buffer {
  const registers = Buffer.alloc(REGS_SIZE);
  registers.writeBigUInt64LE(BigInt(CODE_AT), RIP);
  registers.writeBigUInt64LE(2n, RFLAGS); // bit 1 is always set
  registers.writeBigUInt64LE(0x8000n, RSP);
  return registers;
}

export function counterOf(registers: Buffer): number {
  return registers.readUInt32LE(RCX);
}

/** Makes struct kvm_sregs run code from address 0: after a reset the code segment points at the firmware. */
export function flatCodeSegment(sregs: Buffer): void {
  sregs.writeBigUInt64LE(0n, 0); // cs.base
  sregs.writeUInt16LE(0, 12); // cs.selector
}
