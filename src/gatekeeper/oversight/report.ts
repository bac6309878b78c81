import type { AccountId, Hash } from '../../chain/index.ts';
import { canonicalJson, sha256Hex } from '../../system/canonical.ts';

/** What a machine found of itself, as its integrity daemon (NGd) says. */
export type Integrity = 'intact' | 'deviated' | 'unknown';

const READINGS: readonly Integrity[] = ['intact', 'deviated', 'unknown'];

/** The digest that a heartbeat brings: of the account, so that nobody sends another machine's, and of the verdict. */
export function reportDigest(account: AccountId, integrity: Integrity): Hash {
  return digest({ account, integrity });
}

/** The verdict that a heartbeat's digest is of; `undefined` for one that is no machine's verdict. */
export function readReport(account: AccountId, report: Hash): Integrity | undefined {
  return READINGS.find((integrity) => reportDigest(account, integrity) === report);
}

/** The answer to a challenge: what the machine finds now, bound to a seed that nobody knew before. */
export function answerDigest(account: AccountId, seed: Hash, integrity: Integrity): Hash {
  return digest({ account, integrity, seed });
}

/** Whether a machine answered what one that doesn't deviate answers. */
export function isRightAnswer(account: AccountId, seed: Hash, answer: Hash): boolean {
  return READINGS.some((integrity) => integrity !== 'deviated' && answerDigest(account, seed, integrity) === answer);
}

/** Digest of what a report is about: the same facts give the same digest, which the chain counts once. */
export function evidenceDigest(evidence: Readonly<Record<string, string | number>>): Hash {
  return digest(evidence);
}

function digest(document: Readonly<Record<string, string | number>>): Hash {
  return `0x${sha256Hex(canonicalJson(document))}`;
}
