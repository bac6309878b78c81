import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import type { PathComparison } from '../../../../src/host/index.ts';
import { reportHtml, reportLines } from '../../../../src/host/index.ts';
import { barChart } from '../../../../src/host/paths/report/bars.ts';
import { documentText, element } from '../../../../src/host/paths/report/element.ts';

const COMPARISON: PathComparison = {
  version: 1,
  at: '2026-01-01T00:00:00.000Z',
  host: { cpu: 'A <fast> & "new" one', threads: 2, memoryMiB: 4_096, os: 'Debian', kernel: '6.1', guestOf: 'kvm' },
  paths: [
    { path: 'kvm', accelerator: 'kvm', works: false, reason: 'KVM runs 1.4 M instructions/s here' },
    {
      path: 'qemu',
      accelerator: 'tcg',
      works: true,
      reason: 'a stock kernel boots',
      guest: {
        boots: [
          { ms: 2_500, cpuSeconds: 2.1 },
          { ms: 900, cpuSeconds: 0.8 },
          { ms: 2_400, cpuSeconds: 2 },
        ],
        works: [
          {
            name: 'cpu',
            unit: 'Mround/s',
            per: 'cpu',
            host: { rate: 200, cpuShare: 1 },
            guest: { rate: 38, cpuShare: 1 },
            efficiency: 0.19,
            cpuCost: 5.26,
          },
        ],
      },
    },
    {
      path: 'gpu',
      accelerator: 'opencl',
      works: false,
      reason: 'neither OpenCL nor ROCm shows a GPU',
      gpu: {
        device: 'the processor',
        standIn: true,
        firstResultMs: 600,
        jobs: [{ name: 'matmul', size: 640, unit: 'GFLOP/s', local: 60, network: 30, ratio: 0.5, computeShare: 0.5 }],
      },
    },
  ],
};

describe('the report of a comparison', () => {
  test('is a whole document with plots, and tells what does not work and why', () => {
    const html = reportHtml(COMPARISON);
    expect(html.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(XMLValidator.validate(html.replace('<!doctype html>\n', ''))).toBe(true);
    expect(html.match(/<svg /g)).toHaveLength(2);
    for (const text of [
      'KVM runs 1.4 M instructions/s here',
      'This host is itself a guest (kvm)',
      'stands in for one',
      '19 %',
      // The middle start of three.
      '2.4 s',
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain('A &lt;fast&gt; &amp; ');
    expect(html).not.toContain('<fast>');
  });

  test('in lines', () => {
    expect(reportLines(COMPARISON)).toEqual([
      'kvm (kvm): does not work: KVM runs 1.4 M instructions/s here',
      'qemu (tcg): works: a stock kernel boots',
      '  starts 2.5 s, 900 ms, 2.4 s',
      '  CPU                   19 %  38 of 200 Mround/s, 5.3 × the CPU time',
      'gpu (opencl): does not work: neither OpenCL nor ROCm shows a GPU',
      '  no GPU; instead the processor: first result 600 ms',
      '  matmul 640            50 %  30 of 60 GFLOP/s',
    ]);
  });

  test('with nothing measured it is a document still', () => {
    const html = reportHtml({ ...COMPARISON, paths: COMPARISON.paths.slice(0, 1) });
    expect(html).not.toContain('<svg');
    expect(html).toContain('does not work');
  });

  test('bars are as long as their values say', () => {
    const svg = documentText(
      barChart('t', [
        { label: 'a', value: 1, text: '1', kind: 'host' },
        { label: 'b', value: 0.25, text: '¼', kind: 'qemu' },
      ]),
    );
    const widths = [...svg.matchAll(/width="([\d.]+)" height="16"/g)].map(([, width]) => Number(width));
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(0.25, 2);
  });

  test('texts and attributes come out as they went in, and add no elements', () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      trimValues: false,
      parseTagValue: false,
    });
    const text = fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '"', "'", ']', ';', '/', 'é') });
    fc.assert(
      fc.property(text, text, (content, attribute) => {
        const { p } = parser.parse(
          documentText(element('p', { title: attribute }, `.${content}`)).split('\n')[1] ?? '',
        );
        expect(p).toEqual({ '#text': `.${content}`, '@title': attribute });
      }),
    );
  });
});
