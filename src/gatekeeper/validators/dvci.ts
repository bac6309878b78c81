import { Bug, ExitCode, UserError } from '../../system/errors.ts';
import type { NativeCommand } from '../library/index.ts';
import { isAccepted } from '../native/accepted.ts';
import type { DomainValidator } from '../validate.ts';
import { type Condition, isId, isLike, meets } from './condition.ts';
import type { DvciRules } from './dvci-rules.ts';

/** Time to read rules that are not at hand, in milliseconds. */
const LIMIT_MS = 10_000;

/**
 * The DVCI validator: commands on layers 2 and 3, by the rules that `rules` gives each time. It refuses when they can't be had.
 */
export function dvciValidator(rules: () => DvciRules | Promise<DvciRules>): DomainValidator {
  return {
    limitMs: LIMIT_MS,
    validate({ native }) {
      if (native === undefined) throw new Bug('The DVCI validator looks at native commands only.');
      const found = rules();
      if (!(found instanceof Promise)) return checkCommand(native, found);
      return found.then((read) => checkCommand(native, read));
    },
  };
}

/** Throws UserError (exit code 3) `resource-protected`, `resource-unnamed` or `rule-broken`, with the rule's reason. */
export function checkCommand(native: NativeCommand, rules: DvciRules): void {
  const operation = native.operation.replaceAll('.', '/');
  for (const { keys, operations, reason } of rules.protected) {
    if (!isAccepted(operation, operations)) continue;
    const touched = native.keys.find((key) => isIdOf(key) || keys.some((pattern) => isLike(key, pattern)));
    if (touched !== undefined && isIdOf(touched)) {
      throw refusal('resource-unnamed', `${operation} names ${touched} by an id, which may be protected: ${reason}`, [
        'Name it by its name.',
      ]);
    }
    if (touched !== undefined) {
      throw refusal('resource-protected', `${operation} would change ${touched}: ${reason}`, [
        'Leave it alone, or ask the region to change its rules (`dvci-rules`).',
      ]);
    }
  }
  for (const { id, operations, when, must, reason } of rules.rules) {
    if (!isAccepted(operation, operations) || !when.every((condition) => meets(condition, native.parameters))) continue;
    const broken = must.find((condition) => !meets(condition, native.parameters));
    if (broken !== undefined) {
      throw refusal('rule-broken', `${operation} breaks the rule ${id}: ${reason} (${said(broken)})`, [
        'Change the command, or ask the region to change its rules (`dvci-rules`).',
      ]);
    }
  }
}

function isIdOf(key: string): boolean {
  return isId(key.slice(key.lastIndexOf('.') + 1));
}

/** The condition, never the value: it may be secret. */
function said(condition: Condition): string {
  const { parameter, is } = condition;
  if ('values' in condition) return `${parameter} is ${is} ${condition.values.slice(0, 5).join(', ')}`;
  return 'value' in condition ? `${parameter} is ${is} ${condition.value}` : `${parameter} is ${is}`;
}

function refusal(code: string, message: string, nextSteps: string[]): UserError {
  return new UserError(code, message, { nextSteps, exitCode: ExitCode.refused });
}
