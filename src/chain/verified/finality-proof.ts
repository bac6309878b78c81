import { readCompact } from './compact.ts';
import { JustificationInvalid } from './justification.ts';
import { HASH_BYTES } from './trie-node.ts';

/**
 * Takes the justification out of what `grandpa_proveFinality` answers (sc_consensus_grandpa::FinalityProof). The
 * headers behind it are left alone: the header that counts is asked for by its hash. Throws JustificationInvalid.
 */
export function splitFinalityProof(encoded: Uint8Array): Uint8Array {
  try {
    const [offset, length] = readCompact(encoded.subarray(HASH_BYTES));
    const from = HASH_BYTES + offset;
    const justification = encoded.subarray(from, from + length);
    if (justification.length === length) return justification;
  } catch {} // told below
  throw new JustificationInvalid('the proof of finality is cut short');
}
