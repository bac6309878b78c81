import { type Admission, type ArtifactStore, type HostSigner, hostKey, type LogosChain } from '../../chain/index.ts';
import { fetchDefinition, joinRegion, parseGatekeeperDefinition } from '../../gatekeeper/index.ts';
import { UserError } from '../../system/errors.ts';
import { PROGRAM_VERSION } from '../../system/version.ts';
import type { Session } from './session.ts';
import type { Step } from './steps.ts';

const UNIT = 1_000_000_000_000n;
/** Planck under which an account can't pay for joining and a day of operations. */
const ENOUGH = 100n * UNIT;
/** What a development chain gives a new host. */
const ENDOWMENT = 10_000n * UNIT;

export interface JoinResult {
  account: string;
  /** Version and digest of the client gatekeeper that was deployed. */
  gatekeeper: { version: string; digest: string; path: string };
  /** Absent when the chain listed this host with this admission already. */
  transaction?: string;
  height?: number;
}

export interface JoinInput {
  session: Session;
  chain: LogosChain;
  artifacts: ArtifactStore;
  admission: Omit<Admission, 'gatekeeper'>;
}

export function joinStep(input: JoinInput): Step<JoinResult> {
  return {
    run: () => join(input),
    detail: (result) => ({
      ...result,
      summary: `admitted as ${result.account}, gatekeeper ${result.gatekeeper.version}`,
    }),
  };
}

async function join({ session, chain, artifacts, admission }: JoinInput): Promise<JoinResult> {
  const { home, journal, signal } = session;
  const signer = await hostKey(home.keys, { create: true });
  await ensureFunds(chain, signer);
  const { version } = parseGatekeeperDefinition(await fetchDefinition({ chain, artifacts }), {
    programVersion: PROGRAM_VERSION,
  });
  const { receipt, gatekeeper } = await joinRegion({
    home,
    chain,
    signer,
    artifacts,
    admission: { ...admission, gatekeeper: version },
    journal,
    programVersion: PROGRAM_VERSION,
    signal,
  });
  return {
    account: signer.address,
    gatekeeper: { version: gatekeeper.definition.version, digest: gatekeeper.digest, path: gatekeeper.path },
    transaction: receipt?.transaction?.transaction,
    height: receipt?.transaction?.height,
  };
}

async function ensureFunds(chain: LogosChain, signer: HostSigner): Promise<void> {
  if ((await chain.balance(signer.address)) >= ENOUGH) return;
  if (chain.identity.development) {
    await chain.fund(signer.address, ENDOWMENT);
    return;
  }
  throw new UserError(
    'account-unfunded',
    `The account of this host, ${signer.address}, can't pay for its transactions.`,
    {
      nextSteps: [`Send ${ENOUGH / UNIT} LOGOS to ${signer.address}, then run the same command again.`],
    },
  );
}
