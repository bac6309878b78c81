import type { HostSigner, LogosChain } from '../chain/index.ts';
import type { Clock } from '../system/clock.ts';
import { Bug, ExternalError, type LogosError, toLogosError } from '../system/errors.ts';
import { type AccessValidator, type AdmittedRequest, accessValidator } from './access.ts';
import { backOff } from './backoff.ts';
import type { GatekeeperDefinition, HostStanding } from './definition.ts';
import { type DesiredDvm, desiredDvms } from './desired.ts';
import { executor } from './executor.ts';
import { type LibrarySet, librarySet } from './library/index.ts';
import type { GatekeeperLog } from './log.ts';
import { runLoop } from './loop.ts';
import { type CommandInput, intake } from './native/intake.ts';
import { judge, type Verdict } from './native/judge.ts';
import type { CommandRules } from './native/read.ts';
import type { HostEffects } from './operation-runner.ts';
import type { OperationRecord } from './operation-store.ts';
import { type OperationsReport, operationsPass } from './operations-pass.ts';
import { type Receipt, type Stage, stoppedAt } from './receipt.ts';
import { isNativeRequest, type NativeRequest, nativeRequest, type RequestInput, type Scope } from './request.ts';
import type { RequestRecord } from './request-log.ts';
import type { GatekeeperStore } from './store.ts';
import { translate } from './translator.ts';

export interface ClientGatekeeperOptions {
  readonly definition: GatekeeperDefinition;
  readonly chain: LogosChain;
  readonly signer: HostSigner;
  readonly effects: HostEffects;
  readonly store: GatekeeperStore;
  /** The reference libraries that the chain names now. Default: none, so that native commands are refused. */
  libraries?(): Promise<LibrarySet>;
  readonly clock: Clock;
  readonly log: GatekeeperLog;
  /** The user that the gatekeeper runs as. Default: this process's. */
  readonly ownerUid?: number;
}

/** Requests of this host so far, and those that wait for the chain now. */
export interface GatekeeperCounters {
  readonly accepted: number;
  readonly refused: number;
  readonly failed: number;
  readonly pending: number;
}

export interface ClientGatekeeper {
  /** Makes a request of this host for this chain. Throws UserError `request-malformed`. */
  request(input: RequestInput): NativeRequest;
  /** Takes a request through all stages. Refusals are receipts, not errors. */
  handle(request: NativeRequest, signal?: AbortSignal): Promise<Receipt>;
  /** Takes a native command through all stages, as an operation of this host. */
  command(input: CommandInput, signal?: AbortSignal): Promise<Receipt>;
  /** Takes a native command as far as the signed call, and does nothing by it. */
  judge(input: CommandInput): Promise<Verdict>;
  /** How far an operation is on this host. */
  operation(id: bigint): Promise<OperationRecord | undefined>;
  /** Sends what waits in the outbox again. */
  resume(signal?: AbortSignal): Promise<Receipt[]>;
  /** One look at what the chain asks of this host, each operation taken as far as it goes. Throws when the chain is gone. */
  processOperations(signal?: AbortSignal): Promise<OperationsReport>;
  /** DVMs that are to run by order of the chain. */
  desiredDvms(): Promise<DesiredDvm[]>;
  /**
   * Starts those of them that don't run, as after a reboot; none when the chain no longer lists this host as admitted.
   * Gives the names of those that could not be started.
   */
  restoreDvms(signal?: AbortSignal): Promise<string[]>;
  /** Works until `signal` is aborted: on every new head and after each interval, slower while the chain is gone. */
  run(signal: AbortSignal): Promise<void>;
  counters(): GatekeeperCounters;
  /** The newest requests, newest first. */
  recent(count?: number): RequestRecord[];
}

/** How long what the chain said of this host's standing holds, in milliseconds. */
const STANDING_HOLDS_MS = 60_000;

/** The client gatekeeper (NG) of one host: every word between it and the chain goes through here. */
export function createClientGatekeeper(options: ClientGatekeeperOptions): ClientGatekeeper {
  const { definition, chain, signer, store, clock, log } = options;
  const scope: Scope = { account: signer.address, genesis: chain.identity.genesis };
  const ownerUid = options.ownerUid ?? process.getuid?.() ?? 0;
  const access: AccessValidator = accessValidator(definition, ownerUid);
  const send = executor({ chain, signer, outbox: store.outbox, retry: definition.retry, clock });
  const libraries = async (): Promise<LibrarySet> => (await options.libraries?.()) ?? librarySet([]);
  let known: { standing: HostStanding; at: number } | undefined;

  const readStanding = async (): Promise<HostStanding> => {
    const standing = (await chain.member(signer.address))?.standing ?? 'none';
    known = { standing, at: clock.now() };
    return standing;
  };

  /** Asked anew for people; operations come one after the other, and the contract checks each of them anyway. */
  const standingFor = async (request: NativeRequest, signal?: AbortSignal): Promise<HostStanding> => {
    const fresh = known !== undefined && clock.now() - known.at < STANDING_HOLDS_MS;
    if (fresh && known !== undefined && request.origin.source === 'chain') return known.standing;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readStanding();
      } catch (thrown) {
        if (attempt >= definition.retry.attempts || signal?.aborted) throw unreachable(thrown);
        await clock.sleep(backOff(attempt, definition.retry), signal);
      }
    }
  };

  const through = async (request: NativeRequest, timings: Timings, signal?: AbortSignal): Promise<Receipt> => {
    const { outbox } = store;
    let stage: Exclude<Stage, 'execute'> = 'access';
    let standing: HostStanding;
    try {
      standing = await timed(timings, 'access', () => standingFor(request, signal));
    } catch (thrown) {
      return stoppedAt(request, stage, toLogosError(thrown), outbox.has(request.id));
    }
    try {
      const resumed = outbox.has(request.id);
      const context = { standing, account: signer.address, now: clock.now(), pending: outbox.size, resumed };
      const admitted = await timed(timings, 'access', () => access.admit(request, context));
      stage = 'translate';
      const rules = await timed(timings, 'translate', () => rulesFor(admitted, store, libraries));
      const call = await timed(timings, 'translate', () => translate(admitted, definition, rules));
      if (call.command !== undefined) await store.commands.keepCommand(call.command);
      return await timed(timings, 'execute', () => send.execute(call, signal));
    } catch (thrown) {
      // Today's rules refuse what waited: it must not be sent by a later start either.
      if (outbox.has(request.id)) await outbox.remove(request.id);
      return stoppedAt(request, stage, toLogosError(thrown), false);
    }
  };

  const handle = async (request: NativeRequest, signal?: AbortSignal): Promise<Receipt> => {
    if (!isNativeRequest(request)) throw new Bug('The gatekeeper takes a NativeRequest only.');
    const timings: Timings = {};
    const began = performance.now();
    const receipt = await through(request, timings, signal);
    const ms = round(performance.now() - began);
    await store.requests.append(recordOf(request, receipt, timings, ms, clock.now()));
    // What changes the standing must not be judged by the one before.
    if (receipt.kind === 'join' || receipt.kind === 'leave' || receipt.outcome === 'refused') known = undefined;
    // What the chain asked for is told by operation, once, however often it is tried.
    if (receipt.outcome !== 'accepted' && request.origin.source !== 'chain') log(eventOf(receipt));
    return receipt;
  };

  const resume = async (signal?: AbortSignal): Promise<Receipt[]> => {
    const receipts: Receipt[] = [];
    for (const request of await store.outbox.waiting(scope)) {
      if (signal?.aborted) break;
      receipts.push(await handle(request, signal));
    }
    return receipts;
  };

  const request = (input: RequestInput): NativeRequest => nativeRequest(input, scope);

  const pass = operationsPass({
    ...options,
    handle: (input, signal) => handle(request(input), signal),
    resume,
    standing: async () =>
      known !== undefined && clock.now() - known.at < STANDING_HOLDS_MS ? known.standing : readStanding(),
  });

  const desired = async (): Promise<DesiredDvm[]> => desiredDvms(await store.operations.list(scope.genesis));

  const restoreDvms = async (signal?: AbortSignal): Promise<string[]> => {
    const missing: string[] = [];
    // While the chain can't be asked, what it said last holds: its orders are kept even then.
    const standing = await readStanding().catch(() => 'admitted');
    if (standing !== 'admitted') return [];
    for (const { name, operation } of await desired()) {
      if (signal?.aborted) break;
      try {
        await options.effects.startDvm({ ...operation, state: 'done' }, signal);
      } catch (thrown) {
        const error = toLogosError(thrown);
        missing.push(name);
        log({ level: 'error', code: 'dvm-not-restored', message: `${name} can't be brought back: ${error.message}` });
      }
    }
    return missing;
  };

  return {
    request,
    handle,
    async command(command, signal) {
      const { input, rules } = intake(command, signer.address, await libraries());
      for (const bytes of rules.documents.values()) await store.commands.keep(bytes);
      return handle(request(input), signal);
    },
    async judge(command) {
      const { input, rules } = intake(command, signer.address, await libraries());
      const context = { standing: await readStanding(), now: clock.now() };
      return judge(input, { definition, scope, ownerUid, context, rules });
    },
    operation: (id) => store.operations.load(id),
    resume,
    processOperations: pass,
    desiredDvms: desired,
    restoreDvms,
    run: (signal) => runLoop({ chain, clock, log, definition, pass, restoreDvms }, signal),
    counters: () => ({ ...store.requests.totals(), pending: store.outbox.size }),
    recent: (count = 20) => store.requests.recent(count),
  };
}

/** What a native command is read by: the libraries, and the files that came with it. */
async function rulesFor(
  { demand }: AdmittedRequest,
  store: GatekeeperStore,
  libraries: () => Promise<LibrarySet>,
): Promise<CommandRules | undefined> {
  if (demand.kind !== 'run-command') return undefined;
  const documents = new Map<string, Uint8Array>();
  for (const { path, digest } of demand.payload.documents) documents.set(path, await store.commands.bytes(digest));
  return { libraries: await libraries(), documents };
}

type Timings = Partial<Record<Stage, number>>;

async function timed<T>(timings: Timings, stage: Stage, work: () => T | Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await work();
  } finally {
    timings[stage] = round((timings[stage] ?? 0) + performance.now() - began);
  }
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function recordOf(request: NativeRequest, receipt: Receipt, timings: Timings, ms: number, now: number): RequestRecord {
  return {
    id: receipt.id,
    kind: receipt.kind,
    source: request.origin.source,
    stage: receipt.stage,
    outcome: receipt.outcome,
    code: receipt.error?.code,
    reason: receipt.error?.message,
    transaction: receipt.transaction?.transaction,
    height: receipt.transaction?.height,
    timings,
    ms,
    at: new Date(now).toISOString(),
  };
}

function eventOf(receipt: Receipt): Parameters<GatekeeperLog>[0] {
  const message = `${receipt.kind} is ${receipt.outcome}: ${receipt.error?.message ?? ''}`;
  const level = receipt.outcome === 'failed' ? 'error' : 'warning';
  return { level, code: receipt.error?.code ?? receipt.outcome, message, detail: { request: receipt.id } };
}

function unreachable(thrown: unknown): LogosError {
  const error = toLogosError(thrown);
  if (!(error instanceof Bug)) return error;
  return new ExternalError('chain-unreachable', `The chain can't be reached: ${error.message}`, {
    cause: thrown,
    nextSteps: ['Check the chain with `logos status`, and send the request again.'],
  });
}
