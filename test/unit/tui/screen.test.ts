import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { livelyStatus } from '../../../lab/status-server.ts';
import { innerSize, upperBorder } from '../../../src/tui/frame.ts';
import { firstInSight, planLayout, type Size, TABLES } from '../../../src/tui/layout.ts';
import { LoadRecorder } from '../../../src/tui/load-history.ts';
import { draw, rowCounts } from '../../../src/tui/screen.ts';
import { INITIAL, type ViewState } from '../../../src/tui/state.ts';
import { cellWidth } from '../../../src/tui/text.ts';
import { type Paint, themeFor } from '../../../src/tui/theme.ts';
import { anyStatus } from './arbitrary.ts';

const plain: Paint = (_, text) => text;
const anySize: fc.Arbitrary<Size> = fc.record({
  columns: fc.integer({ min: 80, max: 300 }),
  rows: fc.integer({ min: 24, max: 120 }),
});
const anyView: fc.Arbitrary<ViewState> = fc.record({
  focus: fc.constantFrom(...TABLES),
  selected: fc.record({ dvms: fc.nat(100), requests: fc.nat(100), events: fc.nat(100) }),
  zoomed: fc.boolean(),
  filter: fc.constantFrom('', 'dvm', 'no such thing'),
  mode: fc.constantFrom(
    { kind: 'normal' } as const,
    { kind: 'help' } as const,
    { kind: 'command', text: 'x'.repeat(300) } as const,
  ),
});

describe('the layout', () => {
  it('fills the body exactly, at every size', () => {
    fc.assert(
      fc.property(anySize, fc.option(fc.constantFrom(...TABLES), { nil: undefined }), (size, zoomed) => {
        const bands = planLayout(size, zoomed) ?? [];
        expect(bands.reduce((sum, band) => sum + (band[0]?.rows ?? 0), 0)).toBe(size.rows - 3);
        for (const band of bands) {
          expect(band.reduce((sum, { columns }) => sum + columns, 0)).toBe(size.columns);
          for (const { rows } of band) expect(rows).toBeGreaterThanOrEqual(4);
        }
      }),
    );
  });

  it('says so when the terminal is too small', () => {
    expect(planLayout({ columns: 79, rows: 24 })).toBeUndefined();
    expect(planLayout({ columns: 80, rows: 23 })).toBeUndefined();
    const scene = { feed: { live: false, history: new Map() }, view: INITIAL, now: new Date(0), paint: plain };
    const drawing = draw({ ...scene, size: { columns: 60, rows: 10 } });
    expect(drawing).toHaveProperty('notice');
    if ('notice' in drawing) expect(cellWidth(drawing.notice)).toBeLessThanOrEqual(60);
  });

  it('keeps the selected row in sight', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(199),
        (total, shown, any) => {
          const selected = any % total;
          const first = firstInSight(selected, shown, total);
          expect(first).toBeGreaterThanOrEqual(0);
          expect(selected).toBeGreaterThanOrEqual(first);
          expect(selected).toBeLessThan(first + shown);
        },
      ),
    );
  });
});

describe('a frame', () => {
  it('never outgrows the terminal, whatever the service says', () => {
    fc.assert(
      fc.property(anyStatus, anySize, anyView, (status, size, view) => {
        const history = new LoadRecorder().record(status);
        const drawing = draw({
          feed: { live: true, status, history },
          view,
          size,
          now: new Date(60_000),
          paint: plain,
        });
        if ('notice' in drawing) throw new Error('this size is not too small');
        expect(cellWidth(drawing.header)).toBe(size.columns);
        expect(cellWidth(drawing.footer)).toBe(size.columns);
        const rows = drawing.bands.reduce((sum, band) => sum + Math.max(...band.map((panel) => panel.rows)), 2);
        expect(rows).toBeLessThanOrEqual(size.rows - 1);
        for (const panel of drawing.bands.flat()) {
          const inner = innerSize(panel);
          expect(cellWidth(upperBorder(panel, plain))).toBe(panel.columns);
          const widths = panel.blocks.map((lines) => Math.max(...lines.map(cellWidth)));
          expect(widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1))).toBeLessThanOrEqual(
            inner.columns,
          );
          for (const lines of panel.blocks) expect(lines.length).toBeLessThanOrEqual(inner.rows);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('filters the tables by all words, whatever their case', () => {
    const status = livelyStatus(40, 0, 1_000);
    expect(rowCounts(status, '').dvms).toBe(40);
    expect(rowCounts(status, 'PAUSED dvm').dvms).toBe(3);
    expect(rowCounts(status, 'refused').requests).toBe(1);
    expect(rowCounts(undefined, '')).toEqual({ dvms: 0, requests: 0, events: 0 });
  });

  it('has no colour when NO_COLOR says so, and still shows the selection', () => {
    expect(themeFor({ NO_COLOR: '1' }).paint('bad', 'x')).toBe('x');
    expect(themeFor({ NO_COLOR: '1' }).paint('selected', 'x')).toBe('\u001B[7mx\u001B[27m');
    expect(themeFor({}).paint('bad', 'x')).toBe('\u001B[31mx\u001B[39m');
  });
});

describe('the load of a DVM', () => {
  it('is CPU time over wall time over vCPUs', () => {
    const recorder = new LoadRecorder();
    const at = (seconds: number, cpuSeconds: number) => {
      const status = livelyStatus(1, 0, seconds * 1_000);
      return { ...status, dvms: status.dvms.map((dvm) => ({ ...dvm, vcpus: 2, cpuSeconds })) };
    };
    const uuid = at(0, 0).dvms[0]?.uuid ?? '';
    expect(recorder.record(at(0, 0)).get(uuid)).toEqual([]);
    expect(recorder.record(at(2, 1)).get(uuid)).toEqual([0.25]);
    // The same document again, and a DVM that was started anew.
    expect(recorder.record(at(2, 1)).get(uuid)).toEqual([0.25]);
    expect(recorder.record(at(3, 0)).get(uuid)).toEqual([0.25, 0]);
  });
});
