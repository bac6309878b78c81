import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputBytes, type JobRequest, jobSchema, outputBytes, refusal } from '../../../src/gpu/job.ts';
import { encodeScalar, SCALAR_TYPES } from '../../../src/gpu/scalars.ts';
import { cases } from '../../cases.ts';

const job: JobRequest = {
  program: { kind: 'source', bytes: 10 },
  buffers: [
    { bytes: 8, input: true },
    { bytes: 16, output: true },
  ],
  launches: [
    { kernel: 'k', args: [{ buffer: 0 }, { buffer: 1 }, { type: 'int', value: 3 }, { local: 64 }], global: [4] },
  ],
};
const limits = { programBytes: 100, memoryBytes: 64, seconds: 10, compileSeconds: 5 };
const isJob = (value: unknown) => jobSchema.safeParse(value).success;

describe('a job', () => {
  it('has defaults, and says how many bytes go each way', () => {
    const parsed = jobSchema.parse(job);
    expect(parsed).toMatchObject({ device: 0, launches: [{ repeat: 1 }], program: { options: [] } });
    expect([inputBytes(parsed), outputBytes(parsed)]).toEqual([8, 16]);
  });

  it.each(['-cl-fast-relaxed-math', '-cl-std=CL1.2', '-w', '-Werror', '-DN=4', '-DNAME', '-DX=-1.5f'])(
    'may say how it is compiled: %s',
    (option) => expect(isJob({ ...job, program: { ...job.program, options: [option] } })).toBe(true),
  );

  it.each([
    '-I/etc',
    '-include',
    '-include/etc/shadow',
    '-Xclang',
    '-load',
    '@file',
    '-D',
    '-DX=a b',
    '-DX=$(id)',
    '-cl-x y',
    '-o',
    '',
  ])('names no file of the machine that compiles it: %s', (option) =>
    expect(isJob({ ...job, program: { ...job.program, options: [option] } })).toBe(false),
  );

  const [launch] = job.launches;
  it.each([
    ['no launches', { launches: [] }],
    ['a range of nothing', { launches: [{ ...launch, global: [0] }] }],
    ['more items than can be counted', { launches: [{ ...launch, global: [2 ** 30, 2 ** 30] }] }],
    ['four dimensions', { launches: [{ ...launch, global: [1, 1, 1, 1] }] }],
    ['ranges of two kinds', { launches: [{ ...launch, local: [1, 1] }] }],
    ['a buffer that is not there', { launches: [{ ...launch, args: [{ buffer: 2 }] }] }],
    ['a member that nobody knows', { more: 1 }],
    ['a size that is no whole number', { buffers: [{ bytes: 1.5 }] }],
    ['a buffer of nothing', { buffers: [{ bytes: 0 }] }],
    ['a kernel by a path', { launches: [{ ...launch, kernel: '../k' }] }],
  ])('is refused with %s', (_, change) => expect(isJob({ ...job, ...change })).toBe(false));

  it('is refused where it wants more than there is', () => {
    const judge = (change: Partial<JobRequest>) => refusal(jobSchema.parse({ ...job, ...change }), limits, 1);
    expect(judge({})).toBeUndefined();
    expect(judge({ program: { kind: 'source', bytes: 101 } })).toContain('101 bytes');
    expect(judge({ buffers: [{ bytes: 60 }, { bytes: 60 }] })).toContain('120 bytes');
    expect(judge({ seconds: 11 })).toContain('11 seconds');
    expect(judge({ device: 1 })).toContain('device 1');
  });

  it('is taken or refused, whatever comes', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        jobSchema.safeParse(value);
      }),
      { numRuns: cases(300) },
    ));
});

describe('arguments by value', () => {
  it('are the bytes that a device reads', () => {
    expect(encodeScalar('int', -2)).toEqual(Buffer.from([0xfe, 0xff, 0xff, 0xff]));
    expect(encodeScalar('ulong', '18446744073709551615')).toEqual(Buffer.alloc(8, 0xff));
    expect(encodeScalar('float', 1.5).readFloatLE()).toBe(1.5);
    expect(encodeScalar('double', '-inf').readDoubleLE()).toBe(Number.NEGATIVE_INFINITY);
    expect(encodeScalar('float', 'nan').readFloatLE()).toBeNaN();
    expect(encodeScalar('uchar2', [1, 255])).toEqual(Buffer.from([1, 255]));
    expect(encodeScalar('short3', [1, 2, 3])).toHaveLength(8);
  });

  it.each([
    ['uchar', 256],
    ['char', -129],
    ['uint', -1],
    ['int', 1.5],
    ['long', 2 ** 60],
    ['int', 'one'],
    ['float', 'one'],
    ['int2', 1],
    ['int', [1, 2]],
    ['half', 1],
  ])('are refused where %s can not hold %s', (type, value) => {
    expect(() => encodeScalar(type, value)).toThrow(RangeError);
  });

  it('come back as the same whole numbers', () =>
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(encodeScalar('long', String(value)).readBigInt64LE()).toBe(value);
        expect(encodeScalar('ulong', String(BigInt.asUintN(64, value))).readBigInt64LE()).toBe(value);
      }),
      { numRuns: cases(200) },
    ));

  it('have types of the language', () => {
    expect(SCALAR_TYPES).toContain('float16');
    expect(SCALAR_TYPES).toHaveLength(60);
  });
});
