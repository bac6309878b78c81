import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seccompFilter } from '../../../../src/system/sandbox/seccomp.ts';
import { SYSTEM_CALLS } from '../../../../src/system/sandbox/system-calls.ts';
import { judgeCall } from './bpf.ts';

const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const NO_FAMILY = 0x00050061;
const KILL = 0x80000000;
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;

describe.each(['x64', 'arm64'] as const)('the filter of system calls for %s', (name) => {
  const filter = seccompFilter(name);
  const calls = SYSTEM_CALLS[name];
  const judge = (number: number, args: number[] = []) => judgeCall(filter, { architecture: AUDIT[name], number, args });

  it('ends what speaks for another machine', () => {
    for (const architecture of [0x40000003, 0x40000028, name === 'x64' ? AUDIT.arm64 : AUDIT.x64])
      expect(judgeCall(filter, { architecture, number: 0 })).toBe(KILL);
  });

  it.each([
    'ptrace',
    'mount',
    'unshare',
    'setns',
    'bpf',
    'keyctl',
    'kexec_load',
    'init_module',
    'userfaultfd',
  ] as const)('denies %s whatever its arguments', (call) => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat(), { maxLength: 6 }), (args) => judge(calls[call] ?? -1, args) === EPERM),
    );
  });

  it('has callers fall back from calls that it can not look into', () => {
    expect([judge(calls.clone3 ?? -1), judge(calls.openat2 ?? -1)]).toEqual([ENOSYS, ENOSYS]);
  });

  it('lets processes and threads be made, and no name spaces', () => {
    const clone = calls.clone ?? -1;
    expect(judge(clone, [0x01200011])).toBe(ALLOW);
    expect(judge(clone, [0x003d0f00])).toBe(ALLOW);
    for (const bit of [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000])
      expect(judge(clone, [bit | 17])).toBe(EPERM);
  });

  it('lets no file be given another’s rights', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0o7777 }), fc.boolean(), (mode, create) => {
        const denied = (mode & 0o6000) !== 0;
        expect(judge(calls.fchmodat ?? -1, [3, 4, mode])).toBe(denied ? EPERM : ALLOW);
        expect(judge(calls.openat ?? -1, [3, 4, create ? 0o101 : 1, mode])).toBe(denied && create ? EPERM : ALLOW);
        expect(judge(calls.openat ?? -1, [3, 4, 0o20200001, mode])).toBe(denied ? EPERM : ALLOW);
      }),
    );
  });

  it('knows families of sockets that name spaces keep apart, and no other', () => {
    const allowed = [1, 2, 10, 16, 17];
    for (let family = 0; family < 64; family += 1)
      expect(judge(calls.socket ?? -1, [family, 1, 0])).toBe(allowed.includes(family) ? ALLOW : NO_FAMILY);
  });

  it('denies every call that it names, but those that depend on what they are asked', () => {
    const depend = 'clone chmod fchmod fchmodat fchmodat2 creat mknod mknodat open openat socket'.split(' ');
    for (const [call, number] of Object.entries(calls))
      if (number !== undefined) expect([EPERM, ENOSYS].includes(judge(number)), call).toBe(!depend.includes(call));
    expect(judge(calls.socket ?? -1)).toBe(NO_FAMILY);
    for (const call of ['chmod', 'creat', 'mknod'] as const)
      if (calls[call] !== undefined)
        expect([0o4755, 0o755].map((mode) => judge(calls[call] ?? -1, [0, mode]))).toEqual([EPERM, ALLOW]);
    expect([0o2755, 0o644].map((mode) => judge(calls.mknodat ?? -1, [0, 0, mode]))).toEqual([EPERM, ALLOW]);
  });

  it('lets every other call through', () => {
    const named = new Set(Object.values(calls));
    for (let number = 0; number < 470; number += 1) if (!named.has(number)) expect(judge(number)).toBe(ALLOW);
  });
});

it('the second table of x86-64 is none', () => {
  const filter = seccompFilter('x64');
  expect(judgeCall(filter, { architecture: AUDIT.x64, number: 0x40000000 + 101 })).toBe(ENOSYS);
});
