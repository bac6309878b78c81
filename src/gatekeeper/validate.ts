import { Bug, ExitCode, type LogosError, toLogosError, UserError } from '../system/errors.ts';
import { type AdmittedRequest, isAdmittedRequest } from './access.ts';
import type { GatekeeperDefinition } from './definition.ts';
import type { NativeCommand } from './library/index.ts';
import type { Command } from './native/command.ts';
import { type CommandRules, readNative } from './native/read.ts';
import type { Demand } from './payload.ts';
import type { NativeRequest, RequestKind } from './request.ts';

/**
 * Whose checks a request must pass before it is translated. `drn`: none, a resource node's own; `dvci`: acts on layer 2 or 3 of
 * the infrastructure; `w3bi`: a customer's service; `deployment`: a change of the chain's contracts, configuration or code.
 */
export type Domain = 'drn' | 'dvci' | 'w3bi' | 'deployment';

/** A native command that its library was asked about: what it says, or why the library does not let it through. */
export type Reading = { readonly command: Command; readonly native: NativeCommand } | { readonly refused: LogosError };

/** What a domain's validator looks at. */
export interface Asked {
  readonly request: NativeRequest;
  readonly demand: Demand;
  /** What a native command says, typed. */
  readonly native?: NativeCommand;
}

/** Deeper checks of one domain. */
export interface DomainValidator {
  /** Longest time that it may take, in milliseconds: a validator that hangs refuses. */
  readonly limitMs: number;
  /** Throws UserError with exit code 3 for what must not be. `signal` is aborted when its time is up. */
  validate(asked: Asked, signal: AbortSignal): void | Promise<void>;
}

/** The validators of a gatekeeper. A request of a domain that has none is refused. */
export type Validators = Readonly<Partial<Record<Exclude<Domain, 'drn'>, DomainValidator>>>;

export interface ValidateOptions {
  readonly definition: GatekeeperDefinition;
  readonly validators?: Validators;
  /** The reference libraries, and the files that a native command names; without them it is refused. */
  readonly rules?: CommandRules;
}

class Validated {
  readonly #stage = 'validated';
  readonly admitted: AdmittedRequest;
  readonly domain: Domain;
  readonly reading?: Reading;

  constructor(admitted: AdmittedRequest, domain: Domain, reading?: Reading) {
    this.admitted = admitted;
    this.domain = domain;
    this.reading = reading;
    Object.freeze(this);
  }

  static is(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stage in value && value.#stage === 'validated';
  }
}

/** The third stage: an admitted request that passed the checks of its own domain. */
export type ValidatedRequest = Validated;

export function isValidatedRequest(value: unknown): value is ValidatedRequest {
  return Validated.is(value);
}

/**
 * Finds the domain of a request and has its validator look at it. A native command is read here, once, and what was read is
 * what the translator translates.
 * Throws UserError with exit code 3: what the validator refuses, `validator-missing`, `validator-timeout`, and `validator-failed`
 * for anything else that it throws.
 */
export async function validate(admitted: AdmittedRequest, options: ValidateOptions): Promise<ValidatedRequest> {
  if (!isAdmittedRequest(admitted)) throw new Bug('Only an AdmittedRequest can be validated.');
  const { request, demand } = admitted;
  const reading = readingOf(admitted, options);
  // What its library refuses has no meaning that could be checked, and the translator says so.
  const native = reading !== undefined && 'native' in reading ? reading.native : undefined;
  const domain = domainOf(demand.kind, native);
  if (domain !== 'drn') await askValidator(domain, options.validators?.[domain], { request, demand, native });
  return new Validated(admitted, domain, reading);
}

function readingOf({ request, demand }: AdmittedRequest, { definition, rules }: ValidateOptions): Reading | undefined {
  if (demand.kind !== 'run-command') return undefined;
  try {
    return readNative(request.id, demand.payload, definition.operations.commands, rules);
  } catch (thrown) {
    return { refused: toLogosError(thrown) };
  }
}

const DOMAIN_OF: Readonly<Record<Exclude<RequestKind, 'run-command'>, Domain>> = {
  join: 'drn',
  leave: 'drn',
  'claim-operation': 'drn',
  'complete-operation': 'drn',
  'request-operation': 'drn',
  'open-lease': 'w3bi',
  'settle-lease': 'w3bi',
  'cancel-lease': 'w3bi',
  'propose-deployment': 'deployment',
  'approve-deployment': 'deployment',
  'reject-deployment': 'deployment',
  'withdraw-deployment': 'deployment',
  'expire-deployment': 'deployment',
  'report-deployment': 'deployment',
};

/** Layers 0 and 1 are the host itself: its own gatekeeper speaks for it. */
export const FIRST_DVCI_LAYER = 2;

/** The domain of a request. `native`: what a native command says, where its library let it through. */
export function domainOf(kind: RequestKind, native?: Pick<NativeCommand, 'layer'>): Domain {
  if (kind !== 'run-command') return DOMAIN_OF[kind];
  return native !== undefined && native.layer >= FIRST_DVCI_LAYER ? 'dvci' : 'drn';
}

async function askValidator(domain: Domain, validator: DomainValidator | undefined, asked: Asked): Promise<void> {
  if (validator === undefined) {
    throw refusal('validator-missing', `Nothing here validates requests of the domain ${domain}.`, [
      'Send it through a main gatekeeper of the region.',
    ]);
  }
  const { limitMs } = validator;
  const over = new AbortController();
  const began = performance.now();
  const late = (): UserError =>
    refusal('validator-timeout', `The ${domain} validator did not decide within ${limitMs} ms.`, [
      'Check the chain with `logos status`, and send the request again.',
    ]);
  let timer: NodeJS.Timeout | undefined;
  try {
    const deciding = validator.validate(asked, over.signal);
    // One that looks at data alone has decided already.
    if (deciding !== undefined) {
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late()), limitMs);
      });
      await Promise.race([deciding, timeout]);
    }
  } catch (thrown) {
    if (thrown instanceof UserError && thrown.exitCode === ExitCode.refused) throw thrown;
    const { message } = toLogosError(thrown);
    const why = `The ${domain} validator could not decide, so the request is refused: ${message}`;
    throw refusal(
      'validator-failed',
      why,
      ['Check the chain with `logos status`, and send the request again.'],
      thrown,
    );
  } finally {
    clearTimeout(timer);
    over.abort();
  }
  // One that never let go of the thread took the timer with it.
  if (performance.now() - began > limitMs) throw late();
}

function refusal(code: string, message: string, nextSteps: string[], cause?: unknown): UserError {
  return new UserError(code, message, { nextSteps, exitCode: ExitCode.refused, cause });
}
