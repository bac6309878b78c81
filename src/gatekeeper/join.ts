import { randomUUID } from 'node:crypto';
import type { Admission, ArtifactReference, HostSigner, LogosChain, Member } from '../chain/index.ts';
import { canonicalJson } from '../system/canonical.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import { Bug, ExitCode, ExternalError, UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import type { Journal, Json } from '../system/journal.ts';
import { bootstrapDefinition } from './definition.ts';
import { type DeployedGatekeeper, deployGatekeeper, isSameAdmission, proveAdmission } from './deployment.ts';
import { type ClientGatekeeper, createClientGatekeeper } from './gatekeeper.ts';
import type { GatekeeperLog } from './log.ts';
import type { HostEffects } from './operation-runner.ts';
import type { Receipt } from './receipt.ts';
import type { NativeRequest } from './request.ts';
import { type GatekeeperStore, openGatekeeperStore } from './store.ts';

/** Where the definition is: section and key. */
const SECTION = 'network-section-1';
const KEY = 'client-gatekeeper';

export interface JoinOptions {
  readonly home: Pick<Home, 'gatekeeper'>;
  readonly chain: LogosChain;
  readonly signer: HostSigner;
  readonly artifacts: { fetch(reference: ArtifactReference): Promise<Uint8Array> };
  readonly admission: Admission;
  readonly journal: Journal;
  /** This program's version. */
  readonly programVersion: string;
  readonly clock?: Clock;
  readonly log?: GatekeeperLog;
  /** Who asks. Default: the user of this process. */
  readonly uid?: number;
  readonly signal?: AbortSignal;
}

export interface Joined {
  readonly member: Member;
  /** Absent when the chain listed this host with this very admission already. */
  readonly receipt?: Receipt;
  readonly gatekeeper: DeployedGatekeeper;
}

/**
 * Joins the region: under the built-in bootstrap definition, a `join` request goes through all stages; only when the
 * chain lists the host as admitted is the gatekeeper definition taken from the chain and deployed. Killed at any line and
 * called again, it goes on with the same request.
 *
 * Throws UserError `join-refused` (exit code 3), `host-not-admitted`, `program-too-old`; ExternalError `join-pending`,
 * `gatekeeper-not-on-chain`, `gatekeeper-definition-invalid`; and what the chain and the artefact store throw.
 */
export async function joinRegion(options: JoinOptions): Promise<Joined> {
  const { chain, signer, admission } = options;
  const before = await chain.member(signer.address);
  const listed = before?.standing === 'admitted' && isSameAdmission(before.admission, admission);
  const receipt = listed ? undefined : await sendJoin(options);
  const proof = await proveAdmission(chain, signer.address, admission);
  const bytes = await fetchDefinition(options);
  const { programVersion } = options;
  const gatekeeper = await deployGatekeeper(options.home, bytes, options.journal, proof, { programVersion });
  return { member: proof.member, receipt, gatekeeper };
}

/** The bytes of the definition that the chain names now. Throws ExternalError `gatekeeper-not-on-chain`. */
export async function fetchDefinition(options: Pick<JoinOptions, 'chain' | 'artifacts'>): Promise<Uint8Array> {
  const entry = (await options.chain.configuration(SECTION)).entries.get(KEY);
  if (entry === undefined) {
    throw new ExternalError('gatekeeper-not-on-chain', `The chain has no ${KEY} in ${SECTION}.`, {
      nextSteps: ["Ask the region's operator to put the client gatekeeper on chain, and run the same command again."],
    });
  }
  return entry.value.kind === 'inline' ? entry.value.bytes : options.artifacts.fetch(entry.value);
}

async function sendJoin(options: JoinOptions): Promise<Receipt> {
  const { chain, signer, clock = systemClock, log = () => {} } = options;
  const store = await openGatekeeperStore(options.home);
  const definition = bootstrapDefinition();
  const gatekeeper = createClientGatekeeper({ definition, chain, signer, effects: NO_EFFECTS, store, clock, log });
  const receipt = await joinRequest(gatekeeper, store, options)
    .then((request) => gatekeeper.handle(request, options.signal))
    .finally(() => store.close());
  if (receipt.outcome === 'accepted') return receipt;
  const { message = '', nextSteps = [], code = '' } = receipt.error ?? {};
  if (receipt.outcome === 'pending') {
    throw new ExternalError('join-pending', `The chain did not answer the request to join: ${message}`, {
      nextSteps: ['Check that the chain is reachable, and run the same command again: it goes on with this request.'],
    });
  }
  throw new UserError('join-refused', `The region did not admit this host (${code}): ${message}`, {
    nextSteps,
    exitCode: ExitCode.refused,
  });
}

/**
 * The join that waits already, if it says the same; else a new one with a number of its own, since a host that left may
 * come back saying what it said before, which the contract would answer from memory.
 */
async function joinRequest(
  gatekeeper: ClientGatekeeper,
  store: GatekeeperStore,
  options: JoinOptions,
): Promise<NativeRequest> {
  const { admission, chain, signer } = options;
  const { class: name, path, inventory, gatekeeper: version } = admission;
  const payload: Json = { class: name, path, inventory, gatekeeper: version };
  let found: NativeRequest | undefined;
  for (const request of await store.outbox.waiting({ account: signer.address, genesis: chain.identity.genesis })) {
    if (request.kind !== 'join') continue;
    if (canonicalJson(request.payload) === canonicalJson(payload)) found = request;
    // Sent later, an older one would undo what this one says.
    else await store.outbox.remove(request.id);
  }
  const uid = options.uid ?? process.getuid?.() ?? 0;
  return (
    found ?? gatekeeper.request({ kind: 'join', payload, origin: { source: 'command', uid }, nonce: randomUUID() })
  );
}

const NO_EFFECTS: HostEffects = {
  startDvm: () => Promise.reject(new Bug('A host that has not joined starts no DVM.')),
  stopDvm: () => Promise.reject(new Bug('A host that has not joined stops no DVM.')),
  run: () => Promise.reject(new Bug('A host that has not joined runs no command.')),
  knowsTemplate: () => Promise.resolve(false),
};
