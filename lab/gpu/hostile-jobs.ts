import type { GpuBuffer, GpuJob } from '../../src/gpu/index.ts';

/** A job that means harm, and how it may end: the error's codes, or `done`. */
export interface HostileJob {
  readonly name: string;
  readonly job: GpuJob;
  readonly ends: readonly string[];
}

const DIED = 'gpu-worker-died';
const LATE = 'gpu-time-over';
const BAD_SOURCE = 'gpu-build-failed';
const INVALID = 'gpu-job-invalid';
const REFUSED = 'gpu-job-refused';
const FAILED = 'gpu-failed';
const SHORT = 0.25;
const BUFFER: GpuBuffer = { bytes: 4_096, output: true };
const ONE = [{ buffer: 0 }];

/** A kernel `k` with the body, on one buffer of 1,024 integers. */
function kernel(body: string, more: Partial<GpuJob> = {}, global = [1_024]): GpuJob {
  return {
    program: `__kernel void k(__global int *a) { ${body} }`,
    buffers: [BUFFER],
    launches: [{ kernel: 'k', args: ONE, global }],
    seconds: SHORT,
    ...more,
  };
}

const program = (text: string): GpuJob => kernel('', { program: text });

const ENDLESS = [
  'for (;;) a[0]++;',
  'while (a[1] == 0) a[2] = 3;',
  'for (ulong i = 0; i < 0xffffffffffffffffUL; i++) a[i & 1023] += i;',
  'for (;;) barrier(CLK_GLOBAL_MEM_FENCE);',
  'volatile int x = 0; while (x == 0);',
  'again: a[3]++; goto again;',
  'for (;;) atomic_inc(a);',
  'for (uint i = 0; ; i++) a[i & 1023] = a[(i * 7) & 1023];',
  'float x = 1; while (x > 0) x = x * 0.5f + 0.5f; a[0] = x;',
  'for (;;) mem_fence(CLK_GLOBAL_MEM_FENCE);',
];

const OUTSIDE = [
  'a[get_global_id(0) * 1000000000L] = 1;',
  'a[-1000000000L - (long)get_global_id(0)] = 1;',
  '*(__global int *)0 = 1;',
  'a[0] = *(__global int *)0xdead0000beefUL;',
  'for (long i = 0; i < 1L << 40; i += 512) a[i] = -1;',
  'for (long i = 0; i < 1L << 40; i += 512) a[-i] = -1;',
  'volatile __private char big[1 << 29]; for (int i = 0; i < 1 << 29; i += 64) big[i] = i; a[0] = big[a[1]];',
  '((void (*)(void))0x41414141UL)();',
  'char on_stack[4]; for (int i = 0; i < 100000; i++) ((volatile char *)on_stack)[i] = 0x41;',
  '__builtin_trap();',
];

const SOURCES = [
  'this is no program',
  '__kernel void k(__global int *a) { a[0] = ; }',
  '__kernel void other(__global int *a) { a[0] = 1; }',
  `__kernel void k(__global int *a) { a[0] = ${'('.repeat(20_000)}1${')'.repeat(20_000)}; }`,
  '#include "/etc/passwd"\n__kernel void k(__global int *a) {}',
  '#include "/etc/shadow"\n__kernel void k(__global int *a) {}',
  '#include <../../../../../../etc/shadow>\n__kernel void k(__global int *a) {}',
  '#include "/root/.ssh/id_rsa"\n__kernel void k(__global int *a) {}',
  '#include "/proc/self/environ"\n__kernel void k(__global int *a) {}',
  '#include "/dev/zero"\n__kernel void k(__global int *a) {}',
  '#include "/proc/self/fd/6"\n__kernel void k(__global int *a) {}',
  '#include __FILE__\n__kernel void k(__global int *a) {}',
  '#error "no"\n',
  '#pragma clang module import /etc/passwd\n__kernel void k(__global int *a) { b; }',
  'int nobody(int);\n__kernel void k(__global int *a) { a[0] = nobody(1); }',
  'int f(int x) { return x < 1 ? 0 : f(x + 1) + 1; }\n__kernel void k(__global int *a) { a[0] = f(1); }',
  '__kernel __attribute__((reqd_work_group_size(1073741824, 1, 1))) void k(__global int *a) { a[0] = 1; }',
  '__attribute__((constructor)) void c(void) { for (;;); }\n__kernel void k(__global int *a) { a[0] = 1; }',
  '__attribute__((aligned(1 << 28))) __constant int big[4] = {1};\n__kernel void k(__global int *a) { a[0] = big[0]; }',
  '__attribute__((section(".init_array"))) __constant long p = 1;\n__kernel void k(__global int *a) { a[0] = p; }',
  `#define A(x) x x x x x x x x\n#define B(x) A(A(A(x)))\n#define C(x) B(B(B(x)))\n__kernel void k(__global int *a) { C(a[0]++;) }`,
  '__kernel void k(__global int *a) { a[0] = sizeof(int[1L << 60]); __private int x[1L << 40]; a[1] = x[a[2]]; }',
];

const ARGUMENTS: readonly GpuJob['launches'][number]['args'][] = [
  [],
  [{ buffer: 0 }, { buffer: 0 }],
  [{ buffer: 7 }],
  [{ type: 'ulong', value: '81985529216486895' }],
  [{ local: 1_024 }],
  [{ type: 'float16', value: Array(16).fill(1) }],
];

const RANGES: readonly (readonly number[])[] = [[2 ** 53 - 1], [2 ** 40], [2 ** 26, 2 ** 26]];

/** Through inline assembly a kernel calls the system as any program does. */
export const SYSTEM_CALL = `
long call(long n, long a, long b, long c) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return r;
}
`;
const CALLS = [
  // fork, until there is no room, and each child goes on with it
  'for (;;) call(57, 0, 0, 0);',
  // write to the service what no worker says
  'for (;;) call(1, 6, (long)a, 4096);',
  // kill all, then itself
  'call(62, -1, 9, 0); call(62, 1, 9, 0); call(231, 0, 0, 0);',
  // more memory, until there is none (brk)
  'long at = call(12, 0, 0, 0); for (;;) { at += 1 << 20; call(12, at, 0, 0); *(__private char *)(at - 4096) = 1; }',
  // a file that fills its disk (open, write)
  'char f[] = "/tmp/f"; long fd = call(2, (long)f, 0102, 0600); for (;;) call(1, fd, (long)a, 4096);',
  // a signal to itself, and the debugger's trap
  'call(62, call(39, 0, 0, 0), 11, 0);',
  '__asm__ volatile("int3");',
  // close the channel
  'for (int i = 0; i < 64; i++) call(3, i, 0, 0);',
];

/** The jobs, the same each time. `memoryBytes` is what the service allows. */
export function hostileJobs(memoryBytes: number): HostileJob[] {
  const half = Math.floor(memoryBytes / 2);
  const launch = { kernel: 'k', args: ONE, global: [64] };
  const on = (buffers: GpuBuffer[], more: Partial<GpuJob> = {}) =>
    kernel('a[get_global_id(0)] = 1;', { buffers, ...more });
  const any = ['done', DIED, LATE, FAILED, BAD_SOURCE];
  return [
    ...ENDLESS.map((body) => ({ name: `endless: ${body}`, job: kernel(body), ends: [LATE, DIED] })),
    ...OUTSIDE.map((body) => ({ name: `outside: ${body}`, job: kernel(body, { seconds: 5 }), ends: any })),
    ...SOURCES.map((text, index) => ({
      name: `source ${index}: ${text.slice(0, 60)}`,
      job: program(text),
      ends: [BAD_SOURCE, FAILED, DIED, LATE, 'done'],
    })),
    ...ARGUMENTS.map((args, index) => ({
      name: `arguments ${index}`,
      job: kernel('', { launches: [{ ...launch, args }] }),
      ends: [INVALID],
    })),
    ...RANGES.map((global) => ({
      name: `range ${global}`,
      job: kernel('a[0]++;', {}, [...global]),
      ends: [LATE, FAILED, DIED],
    })),
    {
      name: 'a group larger than any',
      job: kernel('', { launches: [{ ...launch, local: [2 ** 20], global: [2 ** 20] }] }),
      ends: [FAILED, DIED],
    },
    {
      name: 'a million launches',
      job: kernel('a[0]++;', { launches: [{ ...launch, repeat: 1_000_000 }] }, [1_024]),
      ends: [LATE, DIED, 'done'],
    },
    { name: 'more items than numbers', job: kernel('a[0]++;', {}, [2 ** 52, 2 ** 52, 2 ** 52]), ends: [INVALID] },
    { name: 'a buffer of a PiB', job: on([{ bytes: 2 ** 50 }]), ends: [REFUSED] },
    {
      name: 'more than the service gives',
      job: on([{ bytes: half }, { bytes: half }, { bytes: half }]),
      ends: [REFUSED],
    },
    {
      name: 'all that it gives',
      job: on([{ bytes: half }, { bytes: half }], { seconds: 5 }),
      ends: ['done', DIED, LATE, FAILED],
    },
    {
      name: 'local memory of a GiB',
      job: kernel('', {
        program: '__kernel void k(__local int *a) { a[get_local_id(0)] = 1; }',
        launches: [{ ...launch, args: [{ local: 2 ** 30 }] }],
      }),
      ends: any,
    },
    {
      name: 'barriers apart',
      job: kernel('if (get_local_id(0) & 1) barrier(CLK_LOCAL_MEM_FENCE); a[0]++;'),
      ends: any,
    },
    {
      name: 'barriers in a loop apart',
      job: kernel('for (uint i = 0; i < get_local_id(0); i++) barrier(CLK_LOCAL_MEM_FENCE); a[0]++;'),
      ends: any,
    },
    {
      name: 'a flood of words',
      job: kernel(
        'for (;;) printf("no end of words, no end of words, no end of words %d\\n", a[0]);',
        { seconds: 3 },
        [1],
      ),
      ends: [LATE, DIED],
    },
    {
      name: 'a flood from all',
      job: kernel('for (int i = 0; i < 10000000; i++) printf("%d\\n", i);', { seconds: 2 }),
      ends: [LATE, DIED],
    },
    {
      name: 'no SPIR-V at all',
      job: kernel('', { program: new Uint8Array(1_000).fill(7) }),
      ends: ['gpu-spirv-unsupported', BAD_SOURCE, DIED],
    },
    { name: 'too much time', job: kernel('', { seconds: 80_000 }), ends: [REFUSED] },
    { name: 'no such device', job: kernel('', { device: 99 }), ends: [REFUSED] },
    { name: 'options of the compiler', job: kernel('', { options: ['-I/etc'] }), ends: [INVALID] },
    {
      name: 'a plug-in for the compiler',
      job: kernel('', { options: ['-Xclang', '-load', '/tmp/x.so'] }),
      ends: [INVALID],
    },
    { name: 'a file for the compiler', job: kernel('', { options: ['-include/etc/shadow'] }), ends: [INVALID] },
    {
      name: 'a kernel of a strange name',
      job: kernel('', { launches: [{ ...launch, kernel: '../../k' }] }),
      ends: [INVALID],
    },
    { name: 'no launches', job: kernel('', { launches: [] }), ends: [INVALID] },
    { name: 'source with a NUL', job: program('__kernel void k(__global int *a) {}\0'), ends: [BAD_SOURCE] },
    { name: 'a source of 5 MiB', job: program('/'.repeat(5 * 2 ** 20)), ends: [REFUSED] },
    ...(process.arch === 'x64'
      ? CALLS.map((body) => ({
          name: `system calls: ${body}`,
          job: program(`${SYSTEM_CALL}__kernel void k(__global int *a) { ${body} }`),
          ends: [...any, 'gpu-protocol'],
        }))
      : []),
  ];
}
