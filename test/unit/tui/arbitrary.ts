import fc from 'fast-check';
import { livelyStatus } from '../../../lab/status-server.ts';
import type { StatusDocument } from '../../../src/service/status-document.ts';

/** Text as hostile guests write it: escape sequences, controls, wide and combining characters, nothing at all. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '\u001b[2J\u001b[H',
    '\u001b]0;title\u0007',
    '漢字かな',
    '👩‍👩‍👧‍👦',
    'e\u0301\u0327',
    'a\tb\r\nc',
    '\u202eevil',
    'x'.repeat(500),
  ),
);

const count = fc.oneof(fc.nat(5), fc.nat(100_000));

/** Status documents with any text and any figures in them. */
export const anyStatus: fc.Arbitrary<StatusDocument> = fc
  .record({
    dvms: fc.nat(60),
    text: hostileText,
    class: fc.option(hostileText),
    message: fc.option(hostileText),
    figure: fc.oneof(fc.double({ noNaN: true, min: 0, max: 1e12 }), fc.constantFrom(0, 1)),
    requests: count,
    known: fc.boolean(),
  })
  .map(({ dvms, text, message, figure, requests, known, class: resourceClass }) => {
    const base = livelyStatus(dvms, 0, 60_000);
    const share = { cpuCores: figure, memoryMiB: figure, cpuUsed: figure / 2, memoryUsedMiB: known ? figure : null };
    return {
      ...base,
      message,
      class: resourceClass,
      dvms: base.dvms.map((dvm) => ({ ...dvm, name: text, memoryMiB: figure })),
      scores: known ? (base.scores ?? []).map((score) => ({ ...score, value: figure, unit: text })) : null,
      chain: known ? { name: text, height: requests, finalized: requests } : null,
      lent: known ? share : null,
      kept: share,
      integrity: known ? 'intact' : 'deviated',
      integrityDetail: { checkedAt: text, deviations: known ? [] : [text, text] },
      gatekeeper: base.gatekeeper && {
        ...base.gatekeeper,
        received: requests,
        recent: base.gatekeeper.recent.map((request) => ({ ...request, at: text, kind: text, detail: text })),
      },
      events: base.events.map((event) => ({ ...event, at: text, source: text, text })),
    } satisfies StatusDocument;
  });
