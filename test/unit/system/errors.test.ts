import { expect, it } from 'vitest';
import { Bug, reportOf, toLogosError, UserError } from '../../../src/system/errors.ts';

it('gives errors of the system a code and a next step', () => {
  for (const [code, expected] of [
    ['ENOSPC', 'disk-full'],
    ['EACCES', 'permission-denied'],
    ['EROFS', 'read-only-filesystem'],
    ['EADDRINUSE', 'port-taken'],
  ] as const) {
    const error = toLogosError(Object.assign(new Error('x'), { code, path: '/somewhere' }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.code).toBe(expected);
    expect(error.nextSteps.length).toBeGreaterThan(0);
  }
});

it('passes our own errors through and calls the rest a bug', () => {
  const own = new UserError('x', 'y');
  expect(toLogosError(own)).toBe(own);
  expect(toLogosError(new TypeError('z'))).toBeInstanceOf(Bug);
  expect(reportOf(toLogosError('text'))).toMatchObject({ code: 'bug', message: 'text' });
});
