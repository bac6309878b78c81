import { reportOf, toLogosError } from '../../system/errors.ts';
import type { Json } from '../../system/journal.ts';
import { type AccessContext, type AdmittedRequest, accessValidator } from '../access.ts';
import type { GatekeeperDefinition } from '../definition.ts';
import type { Stage } from '../receipt.ts';
import { nativeRequest, type RequestInput, type Scope } from '../request.ts';
import { translate } from '../translator.ts';
import { type Validators, validate } from '../validate.ts';
import type { CommandRules } from './read.ts';

/** What became of a request that was taken through every stage and not sent. */
export interface Verdict {
  readonly verdict: 'accept' | 'refuse';
  /** The stage that refused it, or the last before the executor. */
  readonly stage: Exclude<Stage, 'execute'>;
  /** Why it was refused, as docs/errors.md explains it; `accepted`. */
  readonly code: string;
  readonly reason: string;
  readonly nextSteps: readonly string[];
  /** The request's id. */
  readonly request?: string;
  /** What the contract would be told. */
  readonly call?: { readonly section: string; readonly message: string; readonly arguments: Json };
}

type RulesOfCommand = CommandRules | undefined;

export interface JudgeOptions {
  readonly definition: GatekeeperDefinition;
  readonly scope: Scope;
  readonly ownerUid: number;
  readonly context: Pick<AccessContext, 'standing' | 'now' | 'registered' | 'compliance' | 'roles'>;
  /** What a native command is read by, asked for when it was admitted. */
  readonly rules: (admitted: AdmittedRequest) => RulesOfCommand | Promise<RulesOfCommand>;
  readonly validators?: Validators;
}

/** Takes a request as far as the signed call, and neither sends, counts nor keeps it. Never throws for a request that is bad. */
export async function judge(
  input: RequestInput,
  { definition, scope, ownerUid, context, rules, validators }: JudgeOptions,
): Promise<Verdict> {
  let stage: Verdict['stage'] = 'access';
  let id: string | undefined;
  try {
    const request = nativeRequest(input, scope);
    id = request.id;
    const access = accessValidator(definition, ownerUid);
    const admitted = access.admit(request, { ...context, ...scope, pending: 0, resumed: true });
    stage = 'validate';
    const validated = await validate(admitted, { definition, rules: await rules(admitted), validators });
    stage = 'translate';
    const { section, content } = translate(validated, definition);
    const call = { section, message: content.message, arguments: plain(content.arguments) };
    return {
      verdict: 'accept',
      stage,
      code: 'accepted',
      reason: 'Every stage lets it through.',
      nextSteps: [],
      request: id,
      call,
    };
  } catch (thrown) {
    const { code, message, nextSteps } = reportOf(toLogosError(thrown));
    return { verdict: 'refuse', stage, code, reason: message, nextSteps, request: id };
  }
}

/** Operation ids are larger than JSON's numbers. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part))) as Json;
}
