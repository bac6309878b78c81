import type { HostSigner } from '../chain/index.ts';
import type { Clock } from '../system/clock.ts';
import { Bug, toLogosError } from '../system/errors.ts';
import { type AccessContext, type AccessValidator, type AdmittedRequest, accessValidator } from './access.ts';
import { backOff } from './backoff.ts';
import type { GatekeeperDefinition, HostStanding } from './definition.ts';
import { type DesiredDvm, desiredDvms } from './desired.ts';
import { executor } from './executor.ts';
import { type LibrarySet, librarySet } from './library/index.ts';
import type { GatekeeperLog } from './log.ts';
import { runLoop } from './loop.ts';
import { type CommandInput, intake } from './native/intake.ts';
import { type JudgeOptions, judge, type Verdict } from './native/judge.ts';
import type { CommandRules } from './native/read.ts';
import type { HostEffects } from './operation-runner.ts';
import type { OperationRecord } from './operation-store.ts';
import { type OperationsReport, operationsPass } from './operations-pass.ts';
import { gatherPrerequisites, type Prerequisites } from './prerequisites.ts';
import { type Receipt, type Stage, stoppedAt } from './receipt.ts';
import { eventOf, isUndecided, type Passage, recordOf, round, timed, unreachable } from './record.ts';
import { compare, type Replay, replayable } from './replay.ts';
import { isNativeRequest, type NativeRequest, nativeRequest, type RequestInput, type Scope } from './request.ts';
import type { RequestRecord } from './request-log.ts';
import { resumeAll } from './resume.ts';
import type { GatekeeperStore } from './store.ts';
import type { CalledChain } from './submit.ts';
import { translate } from './translator.ts';
import { type Validators, validate } from './validate.ts';

export interface ClientGatekeeperOptions {
  readonly definition: GatekeeperDefinition;
  readonly chain: CalledChain;
  readonly signer: HostSigner;
  readonly effects: HostEffects;
  readonly store: GatekeeperStore;
  /** The reference libraries that the chain names now. Default: none, so that native commands are refused. */
  libraries?(): Promise<LibrarySet>;
  /** The deeper checks of each domain. Default: none, so that every request but a resource node's own is refused. */
  readonly validators?: Validators;
  /** What the definition's rules may ask of this host and of who asks. Without it such a rule refuses. */
  readonly prerequisites?: Prerequisites;
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
  /** The same for a request of any kind. The files of a native command are those that were kept of it. */
  judgeRequest(input: RequestInput): Promise<Verdict>;
  /**
   * Takes a request that is kept, by its whole id, through today's rules, and does nothing by it. Throws UserError
   * `request-unknown`, `request-not-kept`.
   */
  replay(id: string): Promise<Replay>;
  /** How far an operation is on this host. */
  operation(id: bigint): Promise<OperationRecord | undefined>;
  /** Sends what waits in the outbox again. */
  resume(signal?: AbortSignal): Promise<Receipt[]>;
  /**
   * One look at what the chain asks of this host, each operation taken as far as it goes; a native command that takes long goes
   * on beside. Throws when the chain is gone.
   */
  processOperations(signal?: AbortSignal): Promise<OperationsReport>;
  /** DVMs that are to run by order of the chain. */
  desiredDvms(): Promise<DesiredDvm[]>;
  /**
   * Starts those of them that don't run, as after a reboot; none when the chain no longer lists this host as admitted.
   * Gives the names of those that could not be started.
   */
  restoreDvms(signal?: AbortSignal): Promise<string[]>;
  /**
   * Works until `signal` is aborted: on every new head and after each interval, slower while the chain is gone. Ends when the
   * commands have that ran then.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Waits until no native command runs here any more. The store must not be closed before. */
  idle(): Promise<void>;
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

  const askStanding = async (): Promise<HostStanding> => {
    const standing = (await chain.member(signer.address))?.standing ?? 'none';
    known = { standing, at: clock.now() };
    return standing;
  };

  let asking: Promise<HostStanding> | undefined;
  /** Requests that come together are told together. */
  const readStanding = (): Promise<HostStanding> => {
    asking ??= askStanding().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  /** Asked anew for people; operations come one after the other, and the contract checks each of them anyway. */
  const standingFor = async (request: NativeRequest, signal?: AbortSignal): Promise<HostStanding> => {
    const fresh = known !== undefined && clock.now() - known.at < STANDING_HOLDS_MS;
    if (fresh && known !== undefined && request.origin.source === 'chain') return known.standing;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readStanding();
      } catch (thrown) {
        if (attempt >= definition.retry.attempts || signal?.aborted) throw unreachable(thrown, toLogosError(thrown));
        await clock.sleep(backOff(attempt, definition.retry), signal);
      }
    }
  };

  const prerequisites = (request: NativeRequest) =>
    gatherPrerequisites(request, definition, signer.address, options.prerequisites);

  const through = async (request: NativeRequest, passage: Passage, signal?: AbortSignal): Promise<Receipt> => {
    const { outbox } = store;
    let stage: Exclude<Stage, 'execute'> = 'access';
    let facts: Pick<AccessContext, 'standing' | 'registered' | 'compliance' | 'roles'>;
    try {
      facts = await timed(passage, 'access', async () => ({
        standing: await standingFor(request, signal),
        ...(await prerequisites(request)),
      }));
    } catch (thrown) {
      return stoppedAt(request, stage, toLogosError(thrown), outbox.has(request.id));
    }
    try {
      const resumed = outbox.has(request.id);
      const context = { ...facts, ...scope, now: clock.now(), pending: outbox.size, resumed };
      const admitted = await timed(passage, 'access', () => access.admit(request, context));
      stage = 'validate';
      const validated = await timed(passage, 'validate', async () => {
        const rules = await rulesFor(admitted, store, libraries);
        return validate(admitted, { definition, rules, validators: options.validators });
      });
      passage.domain = validated.domain;
      stage = 'translate';
      const call = await timed(passage, 'translate', () => translate(validated, definition));
      if (call.command !== undefined) await store.commands.keepCommand(call.command);
      return await timed(passage, 'execute', () => send.execute(call, signal));
    } catch (thrown) {
      const error = toLogosError(thrown);
      const waits = outbox.has(request.id);
      if (waits && isUndecided(error)) return stoppedAt(request, stage, error, true);
      // Today's rules refuse what waited: it must not be sent by a later start either.
      if (waits) await outbox.remove(request.id);
      return stoppedAt(request, stage, error, false);
    }
  };

  const handle = async (request: NativeRequest, signal?: AbortSignal): Promise<Receipt> => {
    if (!isNativeRequest(request)) throw new Bug('The gatekeeper takes a NativeRequest only.');
    const passage: Passage = { timings: {} };
    const began = performance.now();
    const receipt = await through(request, passage, signal);
    const ms = round(performance.now() - began);
    await store.requests.append(recordOf(request, receipt, passage, ms, clock.now()));
    // What changes the standing must not be judged by the one before.
    if (receipt.kind === 'join' || receipt.kind === 'leave' || receipt.outcome === 'refused') known = undefined;
    // What the chain asked for is told by operation, once, however often it is tried.
    if (receipt.outcome !== 'accepted' && request.origin.source !== 'chain') log(eventOf(receipt));
    return receipt;
  };

  /** Those that are on their way by themselves are not waited for. */
  const resume = async (signal?: AbortSignal): Promise<Receipt[]> => {
    const waiting = (await store.outbox.waiting(scope)).filter(({ id }) => !send.sends(id));
    return resumeAll(waiting, (waited) => handle(waited, signal), signal);
  };

  const request = (input: RequestInput): NativeRequest => nativeRequest(input, scope);

  const judgeAs = async (input: RequestInput, rules: JudgeOptions['rules']): Promise<Verdict> => {
    const facts = { standing: await readStanding(), ...(await prerequisites(request(input))) };
    const { validators } = options;
    return judge(input, { definition, scope, ownerUid, context: { ...facts, now: clock.now() }, rules, validators });
  };

  const judgeRequest = (input: RequestInput): Promise<Verdict> =>
    judgeAs(input, (admitted) => rulesFor(admitted, store, libraries));

  const { pass, idle } = operationsPass({
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
      return judgeAs(input, () => rules);
    },
    judgeRequest,
    async replay(id) {
      const { input, before } = replayable(store.requests.attempts(id).filter((record) => record.id === id));
      return compare(before, await judgeRequest(input));
    },
    operation: (id) => store.operations.load(id),
    resume,
    processOperations: pass,
    desiredDvms: desired,
    restoreDvms,
    async run(signal) {
      await runLoop({ chain, clock, log, definition, pass, restoreDvms }, signal);
      await idle();
    },
    idle,
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
