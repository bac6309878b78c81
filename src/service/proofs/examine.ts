import { connectChain, openArtifacts, type VerifiedChain } from '../../chain/index.ts';
import { parseProofRules, parseResourceClasses } from '../../host/index.ts';
import { ExternalError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { openPinned } from '../chain-trust.ts';
import { readConfig } from '../config.ts';
import { type HostRecord, loadHostRecord } from '../host-record.ts';
import { configuredBytes } from '../values.ts';
import { startExaminer } from './examiner.ts';
import type { ExaminerChain, Reported } from './rounds.ts';

export interface ExamineOptions {
  home: Home;
  /** A development chain, by a host that has joined none. */
  url?: string;
  host: string;
  port: number;
  signal: AbortSignal;
  onReady(port: number): void;
  report(event: Reported): void;
}

/**
 * The region's side of proofs, with everything it goes by read from the chain with proof, until `signal` is aborted. Throws
 * UserError `host-not-joined`, and what reading the chain and listening do.
 */
export async function examineRegion(options: ExamineOptions): Promise<void> {
  const { home, url, onReady } = options;
  const pinned = url === undefined ? (await loadHostRecord(home)).chain : await developmentChain(url);
  const verified = await openPinned(home, pinned);
  try {
    const { port, closed } = await startExaminer({ ...options, chain: await examinerChain(home, verified) });
    onReady(port);
    await closed;
  } finally {
    await verified.close();
  }
}

async function developmentChain(url: string): Promise<HostRecord['chain']> {
  const chain = await connectChain(url);
  try {
    const { genesis, development } = chain.identity;
    if (development) return { mode: 'dev', url, genesis, trust: 'local' };
    throw new ExternalError('chain-not-development', `The chain at ${url} is no development chain.`, {
      nextSteps: ['Join it first, with `logos provide --chain`; then leave the address away.'],
    });
  } finally {
    await chain.close();
  }
}

async function examinerChain(home: Home, verified: VerifiedChain): Promise<ExaminerChain> {
  const { artifactMirrors } = await readConfig(home);
  const artifacts = openArtifacts(home.artifacts, { mirrors: artifactMirrors });
  return {
    async rules() {
      verified.outdate();
      const section = await verified.section('compute-section-1');
      const [proofs, classes] = await Promise.all([
        configuredBytes(section, 'proof-rules', artifacts).then(parseProofRules),
        configuredBytes(section, 'resource-classes', artifacts).then(parseResourceClasses),
      ]);
      return { proofs, classes };
    },
    finalBlock: async () => (await verified.head()).hash,
    async admitted(account) {
      const member = await verified.member(account);
      return member?.standing === 'admitted' ? member.admission : undefined;
    },
  };
}

/** A line for people about what an examiner tells of. */
export function examinedText(event: Reported): string {
  switch (event.event) {
    case 'round':
      return `${event.account} ${event.result.kind}: ${event.result.verdict}, ${event.result.why}`;
    case 'joint':
      return `${event.machines.length} machines at ${event.address}: ${event.standing.state}, ${event.standing.why}`;
    case 'class':
      return `${event.account} is shown to be ${event.class ?? 'of no class'}, not ${event.was}: ${event.because}`;
    case 'refused':
      return `${event.account} was refused: ${event.why}`;
    case 'trouble':
      return `No round: ${event.why}`;
  }
}
