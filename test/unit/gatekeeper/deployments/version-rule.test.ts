import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refuseVersion } from '../../../../src/gatekeeper/index.ts';

const part = fc.integer({ min: 0, max: 20 });
const version = fc.tuple(part, part, part);
const text = (parts: readonly number[]) => parts.join('.');
/** By a way of its own: as one number. */
const weight = ([a = 0, b = 0, c = 0]: readonly number[]) => a * 10_000 + b * 100 + c;

describe('which version may follow another', () => {
  it('is a higher one, or with a rollback that names the present one, a lower one', () => {
    fc.assert(
      fc.property(version, version, fc.boolean(), (next, now, rollback) => {
        const current = { name: 'base', version: text(now) };
        const plain = refuseVersion({ name: 'base', version: text(next) }, current);
        expect(plain === undefined).toBe(weight(next) > weight(now));
        const replaces = { version: text(now), rollback };
        const named = refuseVersion({ name: 'base', version: text(next), replaces }, current);
        expect(named === undefined).toBe(rollback ? weight(next) < weight(now) : weight(next) > weight(now));
      }),
    );
  });

  it('refuses what was made to follow another version, or another deployment', () => {
    const current = { name: 'base', version: '1.2.0' };
    const replaces = { version: '1.1.0', rollback: true };
    expect(refuseVersion({ name: 'base', version: '1.0.0', replaces }, current)?.code).toBe('replaces-other');
    expect(refuseVersion({ name: 'other', version: '2.0.0' }, current)?.code).toBe('replaces-other');
    expect(refuseVersion({ name: 'base', version: '1.0.0', replaces }, undefined)?.code).toBe('replaces-other');
    expect(refuseVersion({ name: 'base', version: '0.0.1' }, undefined)).toBeUndefined();
  });
});
