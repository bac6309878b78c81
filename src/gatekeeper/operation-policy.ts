import type { Operation } from '../chain/index.ts';
import type { GatekeeperDefinition } from './definition.ts';
import { isAccepted } from './native/accepted.ts';
import { labelSchema, MAX_REASON_BYTES, templateSchema } from './payload.ts';

/** Why an operation is not done, in words that go on chain. */
export interface OperationRefusal {
  readonly code: string;
  readonly reason: string;
}

export interface OperationFacts {
  readonly templateKnown: boolean;
  /** DVMs that run by order of the chain, by name. */
  readonly desired: readonly string[];
}

/**
 * Whether the definition lets this host do an operation: `operation-not-accepted`, `command-not-accepted`, `dvm-name-unsafe`,
 * `template-name-unsafe`, `template-unknown`, `too-many-dvms`; `undefined` when it may.
 */
export function refuseOperation(
  operation: Operation,
  rules: GatekeeperDefinition['operations'],
  facts: OperationFacts,
): OperationRefusal | undefined {
  const { kind } = operation;
  if (!rules.accept.includes(kind.kind)) {
    return { code: 'operation-not-accepted', reason: `the gatekeeper doesn't accept ${kind.kind}` };
  }
  if (kind.kind === 'run') return refuseCommand(kind.operation, rules.commands);
  if (!labelSchema.safeParse(kind.name).success) {
    return { code: 'dvm-name-unsafe', reason: 'the name is not a label of a-z, 0-9 and hyphens' };
  }
  if (kind.kind === 'stop-dvm') return undefined;
  if (!templateSchema.safeParse(kind.template).success) {
    return { code: 'template-name-unsafe', reason: 'the template name is not a plain path' };
  }
  if (!facts.templateKnown) {
    return { code: 'template-unknown', reason: `there is no template ${kind.template} on chain` };
  }
  if (!facts.desired.includes(kind.name) && facts.desired.length >= rules.maximumDvms) {
    return { code: 'too-many-dvms', reason: `this host takes ${rules.maximumDvms} DVMs at most` };
  }
  return undefined;
}

function refuseCommand(operation: string, allowed: readonly string[]): OperationRefusal | undefined {
  if (isAccepted(operation, allowed)) return undefined;
  return { code: 'command-not-accepted', reason: `the gatekeeper doesn't accept the command ${operation}` };
}

/** A reason that the contract takes: one line, at most 256 bytes of UTF-8, cut between characters. */
export function reasonText(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim().toWellFormed();
  const bytes = Buffer.from(line);
  if (bytes.length <= MAX_REASON_BYTES) return line;
  // A character that the cut went through decodes to U+FFFD.
  const cut = new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES - 3));
  return `${cut.replace(/\uFFFD+$/u, '')}…`;
}
