import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegionLook } from '../../../src/region/index.ts';
import { capacityOf } from '../../../src/region/live/capacity.ts';
import { type CloudFacts, parseCloud } from '../../../src/region/live/cloud.ts';
import { parseHost } from '../../../src/region/live/host.ts';
import { regionText } from '../../../src/region/live/text.ts';
import { drawRegion } from '../../../src/tui/region/screen.ts';
import { cellWidth } from '../../../src/tui/text.ts';
import { themeFor } from '../../../src/tui/theme.ts';
import { cases } from '../../cases.ts';
import { parsed } from './region-world.ts';

const CLOUD: CloudFacts = {
  apis: [
    { service: 'nova', ms: 12, error: null },
    { service: 'heat', ms: 3, error: 'status 503' },
  ],
  services: [{ service: 'nova', binary: 'nova-compute', host: 's4', up: false, enabled: true }],
  aggregates: [{ name: 'compute-1', hosts: ['s3', 's4'] }],
  computes: {
    s3: {
      VCPU: { total: 8, reserved: 3, used: 1 },
      MEMORY_MB: { total: 8_192, reserved: 3_072, used: 1_024 },
    },
    s4: { VCPU: { total: 8, reserved: 3, used: 0 }, MEMORY_MB: { total: 2_048, reserved: 1_500, used: 0 } },
  },
  guests: [{ name: 'g', id: 'a'.repeat(36), host: 's3', state: 'ACTIVE', flavor: 'compute-1' }],
  evacuations: [{ guest: 'b'.repeat(36), from: 's4', to: 's3', state: 'done', at: '2026-01-01T00:00:00Z' }],
  wrong: {},
};
const HOST =
  'load 0.50\ncpus 2\ntotal 4194304\navailable 1048576\ndisk 10485760\nup 99\nrunning a.service\nfailed b.service\n';
const LOOK: RegionLook = {
  at: '2026-01-01T00:00:00Z',
  hosts: [{ name: 's1', facts: parseHost(HOST) }, ...['s2', 's3', 's4'].map((name) => ({ name, error: 'silent' }))],
  asked: 's1',
  cloud: CLOUD,
  classes: capacityOf(parsed().classes, CLOUD),
};

describe('capacityOf', () => {
  it('sums what a class has, keeps the buffer out of its room, and fits guests host by host', () => {
    expect(capacityOf(parsed().classes, CLOUD)).toEqual([
      {
        name: 'compute-1',
        hosts: ['s3', 's4'],
        guests: 1,
        vcpus: { total: 16, kept: 6, used: 1, free: 9 },
        memoryMiB: { total: 10_240, kept: 4_572, used: 1_024, free: 4_644 },
        // Four on s3 by its processors and memory; none on s4, whose 548 MiB are less than a guest's.
        room: 4,
      },
    ]);
  });

  it('counts nothing of a class without an aggregate, or of a host that Placement does not know', () => {
    expect(capacityOf(parsed().classes, { ...CLOUD, aggregates: [] })[0]).toMatchObject({ hosts: [], room: 0 });
    expect(capacityOf(parsed().classes, { ...CLOUD, computes: {} })[0]).toMatchObject({ vcpus: { total: 0 }, room: 0 });
  });
});

describe('what is asked', () => {
  it('is read from the server', () => {
    expect(parseHost(HOST)).toEqual({
      ...{ load: 0.5, cpus: 2, memoryMiB: 4_096, availableMiB: 1_024, diskGiB: 10, upSeconds: 99 },
      ...{ running: 1, failed: ['b.service'] },
    });
    expect(() => parseHost('')).toThrow();
  });

  it('is read from the APIs, and refused where it is something else', () => {
    expect(parseCloud(JSON.stringify(CLOUD))).toEqual(CLOUD);
    for (const text of ['', 'Traceback', '{}', '[]', '{"apis":1}'])
      expect(() => parseCloud(text)).toThrow(expect.objectContaining({ code: 'region-answer-invalid' }));
  });
});

describe('regionText', () => {
  it('says what is wrong, moved and differs', () => {
    const text = regionText(parsed(), LOOK, [{ server: 's1', differences: ['~ file /etc/hosts'] }]).join('\n');
    for (const line of [
      's2 .*no answer: silent',
      'heat: status 503',
      'nova-compute on s4 is down',
      'failed: b.service',
    ])
      expect(text).toMatch(new RegExp(line));
    for (const line of ['room for 4 more', 'evacuated from s4 to s3: done', 's1: 1 differences\n {2}~ file /etc/hosts'])
      expect(text).toMatch(new RegExp(line));
  });
});

/** Cells of a line, without what a terminal obeys. */
const widthOf = (line: string): number => cellWidth(stripVTControlCharacters(line));

describe('drawRegion', () => {
  const now = new Date('2026-01-01T00:00:00Z');

  it('fits the terminal, whatever its size and whatever was found', () => {
    const { paint } = themeFor({ NO_COLOR: '1' });
    const size = fc.record({ columns: fc.integer({ min: 80, max: 250 }), rows: fc.integer({ min: 24, max: 90 }) });
    const drift = fc.array(fc.record({ server: fc.constantFrom('s1', 's2'), differences: fc.array(fc.string()) }));
    const told = fc.array(fc.string({ maxLength: 200 }));
    const standing = fc.record({ state: fc.constantFrom('same', 'differs', 'unknown'), told });
    const look = fc.constantFrom(undefined, LOOK, { ...LOOK, cloud: undefined, classes: [], error: 'x'.repeat(300) });
    const feed = fc.record({ look, drift: fc.option(drift, { nil: undefined }), standing });
    fc.assert(
      fc.property(size, feed, fc.integer({ min: 0, max: 3 }), (terminal, known, selected) => {
        const drawing = drawRegion({ definition: parsed(), ...known } as never, {
          size: terminal,
          selected,
          now,
          paint,
        });
        if ('notice' in drawing) throw new Error('it is large enough');
        const { header, footer, bands } = drawing;
        for (const line of [header, footer]) expect(widthOf(line)).toBe(terminal.columns);
        expect(bands.reduce((rows, [first]) => rows + (first?.rows ?? 0), 2)).toBe(terminal.rows - 1);
        for (const band of bands)
          expect(band.reduce((columns, panel) => columns + panel.columns, 0)).toBe(terminal.columns);
        for (const { blocks, columns, rows } of bands.flat()) {
          for (const lines of blocks) expect(lines.length).toBeLessThanOrEqual(rows - 2);
          for (const line of blocks.flat()) expect(widthOf(line)).toBeLessThanOrEqual(columns - 4);
        }
      }),
      { numRuns: cases(100) },
    );
  });

  it('has no colour where none is wanted, and asks for room where there is too little', () => {
    const view = { size: { columns: 80, rows: 24 }, selected: 0, now };
    const colours = (env: NodeJS.ProcessEnv) => {
      const drawing = drawRegion({ definition: parsed(), look: LOOK }, { ...view, paint: themeFor(env).paint });
      return JSON.stringify(drawing).includes('\\u001b[32m');
    };
    expect(colours({})).toBe(true);
    expect(colours({ NO_COLOR: '1' })).toBe(false);
    const small = { ...view, size: { columns: 79, rows: 24 }, paint: themeFor({}).paint };
    expect(drawRegion({ definition: parsed() }, small)).toHaveProperty('notice');
  });

  it('puts what is wrong first', () => {
    const drawing = drawRegion(
      { definition: parsed(), look: LOOK, standing: { state: 'differs', told: ['platform x was changed'] } },
      { size: { columns: 80, rows: 24 }, selected: 0, now, paint: themeFor({ NO_COLOR: '1' }).paint },
    );
    if ('notice' in drawing) throw new Error('it is large enough');
    const [services, watch] = drawing.bands[2] ?? [];
    expect(services?.blocks[0]?.[1]).toMatch(/^heat +status 503/);
    expect(services?.blocks[0]?.[2]).toMatch(/^nova +nova-compute on/);
    expect(watch?.blocks[0]?.slice(0, 2).join('\n')).toMatch(
      /other than the chain names it *\n {2}platform x was changed/,
    );
  });
});
