import { writeFileAtomic } from '../../system/files.ts';
import { builtInRuntime, readRuntimeFile } from '../runtime-file.ts';
import { readSpecification, writeSpecification } from './file.ts';
import { buildGenesis } from './genesis.ts';
import { readText } from './input.ts';
import { parseNetwork } from './network.ts';
import { type SpecificationSummary, summarize } from './summary.ts';

export { networkFrom } from './input.ts';
export { SKELETON } from './network.ts';
export type { SpecificationSummary } from './summary.ts';
export { type KnownGenesis, verifySpecification } from './verify.ts';

export interface NewSpecification {
  /** What the founders decided, unchecked. */
  network: unknown;
  /** File of the runtime; default: the built-in one. */
  runtime?: string;
  /** Genesis preset of the runtime that gives all else. */
  preset: string;
  output: string;
}

/** Makes a network's specification and writes it. Throws UserError `spec-invalid`, `runtime-invalid` or `file-unreadable`. */
export async function newSpecification(options: NewSpecification): Promise<SpecificationSummary> {
  const network = parseNetwork(options.network);
  const runtime = options.runtime === undefined ? builtInRuntime() : await readRuntimeFile(options.runtime);
  const state = buildGenesis(runtime.wasm, network, options.preset);
  const text = writeSpecification(network, state, runtime.code());
  // Read back before it is written: what is given out is what everybody will find in the file.
  const summary = summarize(readSpecification(text, options.output), text);
  await writeFileAtomic(options.output, text, 0o644);
  return summary;
}

/** Reads a specification. Throws UserError `spec-invalid`, `runtime-invalid` or `file-unreadable`. */
export async function openSpecification(path: string): Promise<SpecificationSummary> {
  const text = await readText(path);
  return summarize(readSpecification(text, path), text);
}

/** A summary in lines for people. */
export function describeSpecification(summary: SpecificationSummary): string[] {
  const { runtime, validators, council } = summary;
  return [
    `${summary.name} (${summary.id}, ${summary.chainType})`,
    `genesis   ${summary.genesis}`,
    `state     ${summary.stateRoot}`,
    `runtime   ${runtime.specName} ${runtime.specVersion}  code ${runtime.codeHash}`,
    `SHA-256   ${summary.sha256}`,
    `issuance  ${summary.issuance} Planck`,
    ...validators.map((account) => `validator ${account}`),
    ...council.map((account) => `council   ${account}`),
    `sudo      ${summary.administrator ?? 'nobody'}`,
  ];
}
