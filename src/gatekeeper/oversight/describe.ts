import type { Ruling } from '../../chain/index.ts';

/** A decision of the chain in a sentence: what, since when, by which rule, by what evidence. */
export function describeRuling({ decision, because, at }: Ruling): string {
  return `${decision} in block ${at}: ${reason(because)}`;
}

function reason(because: Ruling['because']): string {
  switch (because.rule) {
    case 'strikes':
      return `${because.strikes} of ${because.limit} strikes, the last for ${because.fault}${shown(because.evidence)}`;
    case 'fatal':
      return `the rules exclude at once for ${because.fault}${shown(because.evidence)}`;
    case 'clean':
      return `${because.clean} of ${because.limit} heartbeats and right answers without a strike`;
    case 'ordered':
      return because.by === undefined ? 'the administration said so' : `the main gatekeeper ${because.by} said so`;
  }
}

function shown(evidence: string | undefined): string {
  return evidence === undefined ? '' : ` (evidence ${evidence.slice(0, 10)}…)`;
}
