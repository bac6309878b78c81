import { toLogosError } from '../system/errors.ts';
import { type Exec, localExec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { ownCommand } from '../system/process.ts';
import { type RulesAnswer, rulesAnswer } from './rules.ts';

/** Milliseconds: a second of CPU, which may be minutes where others take all of it. */
const TIMEOUT_MS = 180_000;

/**
 * Lets a process of its own read the chain's rules with proof: NGd stays small, and what a node sends is read by a process
 * that holds nothing. Never throws.
 */
export async function askForRules(home: Home, exec: Exec = localExec): Promise<RulesAnswer> {
  const [command = process.execPath, ...args] = [...ownCommand(), 'internal', 'rules', '--json'];
  try {
    const env = { LOGOS_HOME: home.root, LOGOS_CACHE: home.cache };
    const { stdout } = await exec(command, args, { env, timeout: TIMEOUT_MS });
    return rulesAnswer.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
  } catch (thrown) {
    const { code, message } = toLogosError(thrown);
    return { failed: { code, message, silent: true } };
  }
}
