import { endianness } from 'node:os';
import { type Architecture, SYSTEM_CALLS, type SystemCall } from './system-calls.ts';

/** Codes of instructions and returns (linux/bpf_common.h, linux/seccomp.h). */
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const failWith = (errno: number) => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Where the parts of a call are (struct seccomp_data); the low word of an argument comes first. */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const argumentAt = (index: number) => 16 + 8 * index;

/** As the kernel calls an architecture (linux/audit.h), and whether it has a second table of calls from this number on. */
const KERNEL: Readonly<Record<Architecture, { audit: number; second?: number }>> = {
  x64: { audit: 0xc000003e, second: 0x40000000 },
  arm64: { audit: 0xc00000b7 },
};

/** Calls that reach beyond the sandbox, or whose code in the kernel is met with too rarely to be trusted (seccomp(2)). */
const DENIED: readonly SystemCall[] = [
  // Other processes.
  ...(['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'pidfd_getfd', 'kcmp'] as const),
  // Code in the kernel.
  ...(['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load', 'bpf'] as const),
  ...(['perf_event_open', 'userfaultfd', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'] as const),
  // Keys that users share.
  ...(['keyctl', 'add_key', 'request_key'] as const),
  // The view of the system that the sandbox is made of.
  ...([
    'mount',
    'umount2',
    'pivot_root',
    'fsopen',
    'fsconfig',
    'fsmount',
    'fspick',
    'move_mount',
    'open_tree',
  ] as const),
  ...(['mount_setattr', 'setns', 'unshare', 'open_by_handle_at'] as const),
  // The machine itself.
  ...(['reboot', 'swapon', 'swapoff', 'settimeofday', 'clock_settime', 'clock_adjtime', 'syslog', 'acct'] as const),
  ...(['quotactl', 'quotactl_fd', 'iopl', 'ioperm', 'vhangup', 'lookup_dcookie', 'nfsservctl', 'move_pages'] as const),
  ...(['sethostname', 'setdomainname', 'uselib', 'create_module', 'get_kernel_syms', 'query_module'] as const),
];

/** Any of CLONE_NEW{CGROUP,UTS,IPC,USER,PID,NET,NS}: a name space of one's own gives rights in it (namespaces(7)). */
const NEW_NAMESPACE = 0x7e020000;
/** S_ISUID, S_ISGID: a program in a directory of the host that gives its owner's rights away. */
const SET_ID = 0o6000;
/** O_CREAT, and the bit of O_TMPFILE that is its own: a file without a name may be given one. */
const MAKES_A_FILE = 0o20000100;

/** Calls that are denied when, of each argument named, one of the bits is set. */
const DENIED_BITS: readonly (readonly [SystemCall, ...(readonly [index: number, bits: number])[]])[] = [
  ['clone', [0, NEW_NAMESPACE]],
  ['chmod', [1, SET_ID]],
  ['fchmod', [1, SET_ID]],
  ['fchmodat', [2, SET_ID]],
  ['fchmodat2', [2, SET_ID]],
  ['creat', [1, SET_ID]],
  ['mknod', [1, SET_ID]],
  ['mknodat', [2, SET_ID]],
  ['open', [1, MAKES_A_FILE], [2, SET_ID]],
  ['openat', [2, MAKES_A_FILE], [3, SET_ID]],
];

/** Their arguments lie in memory, where a filter can't look: callers fall back to the older call. */
const ABSENT: readonly SystemCall[] = ['clone3', 'openat2'];

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET: others (vsock above all) know no network name space. */
const FAMILIES = [1, 2, 10, 16, 17];

/**
 * The filter of system calls that every tool runs under, as a program for seccomp(2): calls of another architecture end the
 * process, those listed here fail, the others go through.
 */
export function seccompFilter(architecture: Architecture): Buffer {
  if (endianness() !== 'LE') throw new Error('the filter is for little-endian machines');
  const calls = SYSTEM_CALLS[architecture];
  const { audit, second } = KERNEL[architecture];
  const program: Instruction[] = [
    [LOAD_WORD, 0, 0, ARCHITECTURE_AT],
    [JUMP_EQUAL, 1, 0, audit],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD_WORD, 0, 0, NUMBER_AT],
  ];
  if (second !== undefined) program.push([JUMP_AT_LEAST, 0, 1, second], [RETURN, 0, 0, failWith(ENOSYS)]);
  const on = (call: SystemCall, then: readonly Instruction[]) => {
    const number = calls[call];
    if (number !== undefined) program.push([JUMP_EQUAL, 0, then.length, number], ...then);
  };
  for (const call of DENIED) on(call, [[RETURN, 0, 0, failWith(EPERM)]]);
  for (const call of ABSENT) on(call, [[RETURN, 0, 0, failWith(ENOSYS)]]);
  for (const [call, ...bits] of DENIED_BITS) on(call, whenAllSet(bits));
  on('socket', unlessOneOf(0, FAMILIES));
  program.push([RETURN, 0, 0, ALLOW]);
  return Buffer.concat(program.map(encode));
}

/** Code, how many to skip if so, how many if not, operand (struct sock_filter). */
type Instruction = readonly [code: number, yes: number, no: number, operand: number];

function encode([code, yes, no, operand]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(yes, 2);
  bytes.writeUInt8(no, 3);
  bytes.writeUInt32LE(operand >>> 0, 4);
  return bytes;
}

function whenAllSet(bits: readonly (readonly [number, number])[]): Instruction[] {
  const checks = bits.flatMap(([index, mask], at): Instruction[] => [
    [LOAD_WORD, 0, 0, argumentAt(index)],
    // To the last instruction but the denial.
    [JUMP_ANY_BIT, 0, 2 * (bits.length - at - 1) + 1, mask],
  ]);
  return [...checks, [RETURN, 0, 0, failWith(EPERM)], [RETURN, 0, 0, ALLOW]];
}

function unlessOneOf(index: number, values: readonly number[]): Instruction[] {
  const checks = values.map((value, at): Instruction => [JUMP_EQUAL, values.length - at, 0, value]);
  return [
    [LOAD_WORD, 0, 0, argumentAt(index)],
    ...checks,
    [RETURN, 0, 0, failWith(EAFNOSUPPORT)],
    [RETURN, 0, 0, ALLOW],
  ];
}
