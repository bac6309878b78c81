import { loadKoffi } from '../../system/native.ts';
import {
  CODE_AT,
  countdownCode,
  counterOf,
  EXIT_HLT,
  flatCodeSegment,
  GUEST_MEMORY,
  KVM,
  memoryRegion,
  SREGS_SIZE,
  startRegisters,
} from './abi.ts';
import type { KvmProbe } from './probe.ts';

const O_RDWR_CLOEXEC = 0o2 | 0o2000000;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_ANONYMOUS = 0x20;
const ENOENT = 2;
const ENXIO = 6;
const ENODEV = 19;

/** A first guest that any usable KVM finishes in a blink, and a second for those, whose time can then be measured. */
const ROUNDS = 100_000;
const MORE_ROUNDS = 20_000_000;
const FAST_ENOUGH_MS = 20;

/** A guest that is preempted once looks as slow as an emulated one, so the first is tried until it is fast, this often at most. */
const TRIES = 5;

type Libc = Awaited<ReturnType<typeof bindLibc>>;

/**
 * Opens /dev/kvm and lets a guest of four instructions run. May hang in the kernel, or take the process with it: for a child process
 * with a deadline (probe.ts). `report` gets what is known so far before each step that may not return.
 */
export async function rawKvmProbe(report: (known: KvmProbe) => void, device = '/dev/kvm'): Promise<KvmProbe> {
  const libc = await bindLibc();
  const fd = libc.open(device, O_RDWR_CLOEXEC);
  if (fd < 0) {
    const errno = libc.errno();
    const absent = errno === ENOENT || errno === ENXIO || errno === ENODEV;
    return { device: absent ? 'absent' : 'denied', error: `open: ${libc.errorText(errno)}` };
  }
  const known: KvmProbe = { device: 'open' };
  try {
    known.apiVersion = libc.ioctl(fd, KVM.getApiVersion, null, 'get the API version');
    report(known);
    known.vmCreated = false;
    let fast = false;
    for (let tries = 0; tries < TRIES && !fast; tries++) {
      const { ms, rate } = runGuest(libc, fd, ROUNDS);
      known.vmCreated = true;
      known.rate = Math.max(known.rate ?? 0, rate);
      fast = ms < FAST_ENOUGH_MS;
      report(known);
    }
    if (fast) known.rate = Math.max(known.rate ?? 0, runGuest(libc, fd, MORE_ROUNDS).rate);
  } catch (error) {
    known.error = (error as Error).message;
    if (error instanceof AfterCreation) known.vmCreated = true;
  }
  return known;
}

/** The virtual machine was made; what failed came later. */
class AfterCreation extends Error {}

function runGuest(libc: Libc, kvm: number, rounds: number): { ms: number; rate: number } {
  const vm = libc.ioctl(kvm, KVM.createVm, null, 'create a virtual machine');
  try {
    const memory = libc.map(GUEST_MEMORY, MAP_SHARED | MAP_ANONYMOUS, -1);
    memory.bytes.set(countdownCode(rounds), CODE_AT);
    libc.ioctl(vm, KVM.setUserMemoryRegion, memoryRegion(memory.address), 'give it memory');
    const vcpu = libc.ioctl(vm, KVM.createVcpu, null, 'give it a processor');
    const run = libc.map(libc.ioctl(kvm, KVM.getVcpuMmapSize, null, 'size its state'), MAP_SHARED, vcpu);
    const sregs = Buffer.alloc(SREGS_SIZE);
    libc.ioctl(vcpu, KVM.getSregs, sregs, 'read its segments');
    flatCodeSegment(sregs);
    libc.ioctl(vcpu, KVM.setSregs, sregs, 'set its segments');
    const registers = startRegisters();
    libc.ioctl(vcpu, KVM.setRegs, registers, 'set its registers');
    const began = performance.now();
    libc.ioctl(vcpu, KVM.run, null, 'run it');
    const ms = performance.now() - began;
    libc.ioctl(vcpu, KVM.getRegs, registers, 'read its registers');
    // struct kvm_run: exit_reason is at byte 8.
    const exit = new DataView(run.bytes.buffer).getUint32(8, true);
    const left = counterOf(registers);
    if (exit !== EXIT_HLT || left !== 0) throw new Error(`the guest ended with exit ${exit}, ${left} rounds left`);
    return { ms, rate: (2 * rounds) / (ms * 1000) };
  } catch (error) {
    throw new AfterCreation((error as Error).message);
  } finally {
    libc.close(vm);
  }
}

/** The four calls of libc, by the foreign function interface. Mappings live as long as the process, which is short. */
async function bindLibc() {
  const koffi = await loadKoffi();
  const library = koffi.load('libc.so.6');
  const open = library.func('int open(const char *path, int flags)');
  const close = library.func('int close(int fd)');
  const ioctl = library.func('int ioctl(int fd, unsigned long request, void *argument)');
  const mmap = library.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)');
  const strerror = library.func('const char *strerror(int number)');
  const errorText = (errno: number): string => strerror(errno) as string;
  return {
    open: (path: string, flags: number): number => open(path, flags) as number,
    close: (fd: number): void => {
      close(fd);
    },
    errno: (): number => koffi.errno(),
    errorText,
    ioctl: (fd: number, request: number, argument: Buffer | null, what: string): number => {
      const result = ioctl(fd, request, argument) as number;
      if (result < 0) throw new Error(`could not ${what}: ${errorText(koffi.errno())}`);
      return result;
    },
    map: (length: number, flags: number, fd: number): { address: bigint; bytes: Uint8Array } => {
      const pointer = mmap(null, length, PROT_READ_WRITE, flags, fd, 0);
      const address = BigInt.asUintN(64, BigInt(koffi.address(pointer)));
      if (address === 0xffff_ffff_ffff_ffffn) throw new Error(`could not map memory: ${errorText(koffi.errno())}`);
      return { address, bytes: new Uint8Array(koffi.view(pointer, length)) };
    },
  };
}
