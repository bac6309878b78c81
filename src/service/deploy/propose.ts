import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openArtifacts } from '../../chain/index.ts';
import { type Closure, refuseFindings } from '../../gatekeeper/index.ts';
import { ExternalError, UserError } from '../../system/errors.ts';
import type { Home } from '../../system/home.ts';
import { sendTyped } from '../api/client.ts';
import type { ReceiptAnswer } from '../api/request-routes.ts';
import { type DeployPlan, planDeployment } from './plan.ts';
import { openDeployChain } from './rules.ts';

/** A week of blocks for approvals. */
const WAIT_BLOCKS = 201_600;

/**
 * Plans, puts the archive into the artefact store, pinned, and has the gatekeeper propose it. A directory whose closure the
 * target has already is not proposed again. Throws UserError `deployment-refused`, `deployment-same`, `host-not-joined`, and what
 * the gatekeeper answers.
 */
export async function proposeDeployment(
  home: Home,
  directory: string,
  { waitBlocks = WAIT_BLOCKS }: { waitBlocks?: number } = {},
): Promise<{ plan: DeployPlan; closure: Closure; receipt: ReceiptAnswer }> {
  const chain = await openDeployChain(home);
  if (chain === undefined) {
    throw new UserError('host-not-joined', `This host (${home.root}) has not joined a chain.`, {
      nextSteps: ['Run `logos provide`.'],
    });
  }
  try {
    const plan = await planDeployment(home, directory, chain);
    refuseFindings(plan.findings);
    const { closure, current } = plan;
    if (closure === undefined) throw new TypeError('a plan without findings has a closure');
    const { target } = closure.declaration;
    if (current?.change.closure === closure.digest) {
      throw new UserError('deployment-same', `${target} has this very closure already.`, {
        nextSteps: ['Raise the version in deployment.yaml when you have changed something.'],
      });
    }
    const size = await keep(home, closure);
    const payload = { target, closure: closure.digest, size, waitBlocks };
    const replaces = current?.change.closure;
    const receipt = await ask(home, 'propose-deployment', replaces === undefined ? payload : { ...payload, replaces });
    return { plan, closure, receipt };
  } finally {
    await chain.close();
  }
}

/** What can be done with a proposal, and the request that does it. */
const DECISIONS = {
  approve: 'approve-deployment',
  reject: 'reject-deployment',
  withdraw: 'withdraw-deployment',
} as const;
export type Decision = keyof typeof DECISIONS;

/** Has the gatekeeper decide about a proposal; an approval names the closure that was looked at. Throws as above. */
export function decideDeployment(home: Home, decision: Decision, id: string, closure?: string): Promise<ReceiptAnswer> {
  const payload: Record<string, string> =
    decision === 'approve' ? { proposal: id, closure: closure ?? '' } : { proposal: id };
  return ask(home, DECISIONS[decision], payload);
}

/** Puts a closure where `logos artifacts serve` and this host's own gatekeeper find it. Gives its size. */
async function keep(home: Home, { archive, digest }: Closure): Promise<number> {
  const store = openArtifacts(home.artifacts);
  // add() takes a file, and has it in the store whole or not at all.
  const directory = await mkdtemp(join(home.root, 'closure-'));
  try {
    const file = join(directory, 'closure.tar');
    await writeFile(file, archive, { mode: 0o600 });
    const reference = await store.add(file);
    await store.pin(digest);
    return reference.size;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function ask(home: Home, kind: string, payload: Record<string, string | number>): Promise<ReceiptAnswer> {
  const answer = await sendTyped(home, kind, { payload, nonce: randomUUID(), dryRun: false });
  if (!('receipt' in answer)) throw new TypeError('the gatekeeper answered a request with a verdict');
  const { receipt } = answer;
  if (receipt.outcome !== 'refused' && receipt.outcome !== 'failed') return receipt;
  const { code, message, nextSteps } = receipt.error ?? {
    code: 'request-failed',
    message: 'It was refused.',
    nextSteps: [],
  };
  const options = { nextSteps: [...nextSteps], exitCode: receipt.outcome === 'refused' ? (3 as const) : (1 as const) };
  throw new ExternalError(code, message, options);
}
