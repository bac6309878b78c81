import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAge, formatClock, formatFigure, formatMemory } from '../../../src/tui/format.ts';
import { gauge, sparkline } from '../../../src/tui/gauge.ts';
import { cellWidth, clean, fitted } from '../../../src/tui/text.ts';
import { hostileText } from './arbitrary.ts';

describe('text', () => {
  it('never lets a terminal obey it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they must be gone
        expect(clean(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });

  it('takes exactly the cells it is given', () => {
    fc.assert(
      fc.property(
        hostileText,
        fc.nat(120),
        fc.constantFrom('left' as const, 'right' as const),
        (text, width, align) => {
          expect(cellWidth(fitted(text, width, align))).toBe(width);
        },
      ),
    );
  });

  it('shows that something was cut', () => {
    expect(fitted('gatekeeper', 6)).toBe('gatek…');
    expect(fitted('漢字かな', 4)).toBe('漢… ');
    expect(fitted('ab', 4, 'right')).toBe('  ab');
  });

  it('keeps an escape sequence from hiding what follows', () => {
    expect(clean('before\u001b[2Jafter')).toBe('beforeafter');
    expect(clean('two\r\nlines')).toBe('two lines');
  });
});

describe('gauge', () => {
  it('is as wide as asked, whatever the share', () => {
    fc.assert(
      fc.property(fc.double(), fc.nat(200), (share, width) => {
        const { filled, rest } = gauge(share, width);
        expect([...filled, ...rest]).toHaveLength(width);
      }),
    );
  });

  it('never shrinks when the share grows', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)].map((share) => gauge(share, 40).rest.length);
        expect(less).toBeGreaterThanOrEqual(more ?? 0);
      }),
    );
  });

  it('shows half as half', () => {
    expect(gauge(0.5, 4)).toEqual({ filled: '██', rest: '░░' });
    expect(gauge(0.5, 3)).toEqual({ filled: '█▌', rest: '░' });
  });
});

describe('sparkline', () => {
  it('is as wide as asked and shows the latest values', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), fc.nat(80), (values, width) => {
        expect([...sparkline(values, width)]).toHaveLength(width);
      }),
    );
    expect(sparkline([0, 1, 0.5], 2)).toBe('█▅');
    expect(sparkline([1], 3)).toBe('  █');
  });
});

describe('figures', () => {
  it('read as people write them', () => {
    expect([512, 1_024, 1_536, 12_288].map(formatMemory)).toEqual(['512M', '1G', '1.5G', '12G']);
    expect([1834.2, 56.71, 9.4, 100, 0].map(formatFigure)).toEqual(['1,834', '56.7', '9.4', '100', '0']);
    expect(formatClock('no time')).toBe('no time');
    const now = new Date('2026-01-01T12:00:00Z');
    const ages = ['2026-01-01T12:00:00Z', '2026-01-01T11:59:30Z', '2026-01-01T11:00:00Z', '2025-12-30T12:00:00Z', 'x'];
    expect(ages.map((at) => formatAge(at, now))).toEqual(['now', '30 s', '1 h', '2 d', '?']);
  });
});
