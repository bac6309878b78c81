import { builtInRuntime } from '../runtime-file.ts';
import { genesisDiffers, specInvalid } from './errors.ts';
import type { SpecificationSummary } from './summary.ts';

/** The first block that a network is known by, and who says so. */
export interface KnownGenesis {
  hash: string;
  /** `the chain at ws://…`, for errors. */
  where: string;
}

/**
 * Checks that a network can start from a specification, and that it is the one that was meant. Gives what was found, each
 * a sentence. Throws UserError `spec-invalid` or `spec-genesis-differs`.
 */
export function verifySpecification(summary: SpecificationSummary, known: readonly KnownGenesis[]): string[] {
  const { runtime, validators, genesis } = summary;
  if (runtime.specName !== 'logos') throw specInvalid('The specification', `its runtime is ${runtime.specName}`);
  if (validators.length === 0) throw specInvalid('The specification', 'it has no validators: no block would ever come');
  if (summary.chainType === 'Live' && summary.administrator !== null) {
    throw specInvalid('The specification', 'a live chain must have no administrator (sudo)');
  }
  for (const { hash, where } of known) if (hash !== genesis) throw genesisDiffers(genesis, hash, where);
  const same = builtInRuntime().wasmSha256 === runtime.wasmSha256;
  return [
    `its runtime runs here: ${runtime.specName} ${runtime.specVersion}`,
    same
      ? 'its runtime is the one that this logos carries'
      : `its runtime is another than this logos carries (SHA-256 ${runtime.wasmSha256})`,
    `${validators.length} validators have session keys`,
    ...known.map(({ where }) => `its first block is that of ${where}`),
  ];
}
