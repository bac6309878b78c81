import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deviation } from '../guard/index.ts';
import { sha256Hex } from '../system/canonical.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import { toLogosError } from '../system/errors.ts';
import { isErrno } from '../system/files.ts';
import type { Home } from '../system/home.ts';
import { askForRules } from './ask-rules.ts';
import { type Proven, readProven, saveProven } from './ngd/proven.ts';
import type { Wanted } from './ngd/wanted.ts';
import { appliedDigests } from './policy.ts';
import { compareRules, type InForce, type RulesAnswer, rulesDigest } from './rules.ts';

/** Between two readings: each is a process of a third of a second. */
const READ_EVERY_MS = 300_000;
/** The same while nobody answers. */
const READ_AGAIN_MS = 60_000;
/** Rules that changed have to be applied within this time. */
const GRACE_MS = 600_000;
/** Without an answer for longer than that nobody knows whether the rules are still the chain's. */
const SILENCE_MS = 3_600_000;
/** How long the first look waits for the first reading. */
const FIRST_MS = 9_000;

export interface ChainRulesOptions {
  readonly home: Home;
  readonly ask?: (home: Home) => Promise<RulesAnswer>;
  readonly clock?: Clock;
  /** Told of what is noteworthy and no deviation, each once. */
  tell(severity: 'info' | 'warning', text: string): void;
}

/**
 * Looks whether what is in force on this host is what the chain's final state says, independently of the gatekeeper and of
 * any node's word. What was proven last stays in force while nobody answers.
 */
export class ChainRules {
  readonly #options: ChainRulesOptions;
  readonly #clock: Clock;
  #rules: Proven | undefined;
  #since: number;
  #fault: Error | undefined;
  #silent = false;
  /** Whether this run had an answer of its own, which is not of an earlier block than what was kept. */
  #answered = false;
  #differsSince: number | undefined;
  #first: Promise<void> | undefined;
  #begun = false;
  #saved: Promise<void> = Promise.resolve();
  #missed = new Set<string>();

  constructor(options: ChainRulesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#since = this.#clock.now();
  }

  /** Reads again and again until `signal` is aborted. What an earlier run was shown holds until the first answer. */
  async follow(signal: AbortSignal): Promise<void> {
    this.#first = readProven(this.#options.home).then((proven) => {
      this.#rules = proven;
      return this.#read();
    });
    await this.#first;
    this.#begun = true;
    while (!signal.aborted) {
      await this.#clock.sleep(this.#silent ? READ_AGAIN_MS : READ_EVERY_MS, signal);
      if (!signal.aborted) await this.#read();
    }
    // Whoever forgets afterwards what was proven is not told it again.
    await this.#saved;
  }

  /** What the chain's final state makes of this host, by the last reading; `undefined` before the first. */
  wanted(): Wanted | undefined {
    return this.#rules?.wanted;
  }

  /** The block that was proven last, and how old that proof is, in milliseconds. */
  proven(): { height: number; ageMs: number } | undefined {
    const known = this.#rules;
    return known && { height: known.rules.height, ageMs: this.#clock.now() - known.at };
  }

  /** What deviates by the last reading. Throws when somebody gave answers that are not the chain's, or nobody did for long. */
  async deviations(): Promise<Deviation[]> {
    if (!this.#begun) await Promise.race([this.#first, this.#clock.sleep(FIRST_MS)]);
    if (this.#fault !== undefined) throw this.#fault;
    const known = this.#rules;
    // A proof of the future was made while the clock was wrong: how old it is, nobody knows.
    const age = Math.abs(this.#clock.now() - (known?.at ?? this.#since));
    if (age > SILENCE_MS) {
      const what = known === undefined ? 'ever' : `since block ${known.rules.height}`;
      throw new Error(`nothing was proven ${what}, for ${Math.round(age / 60_000)} minutes`);
    }
    if (known === undefined) return [];
    const found = compareRules(known.rules, await inForce(this.#options.home));
    const digest = rulesDigest(known.rules);
    if (found.length === 0) {
      this.#differsSince = undefined;
      if (known.held !== digest) {
        this.#rules = { ...known, held: digest };
        this.#save();
      }
      return [];
    }
    // What an earlier run kept may be of rules that were replaced since, as they should be.
    // The chain says what it said when all of it was in force here: it is this host that changed.
    if (this.#answered && known.held === digest)
      return found.map((one) => ({ ...one, target: `${one.target}, in force before` }));
    if (this.#differsSince === undefined) {
      this.#differsSince = this.#clock.now();
      this.#options.tell(
        'warning',
        `The chain's rules changed in or before block ${known.rules.height}: run \`logos provide\`.`,
      );
    }
    return this.#clock.now() - this.#differsSince > GRACE_MS ? found : [];
  }

  /** What could not be worked out this time was right the last time; nobody is to think that it was looked at, though. */
  #wantedBy({ wanted }: Extract<RulesAnswer, { rules: unknown }>): Wanted | undefined {
    const before = this.#rules?.wanted;
    if (wanted === undefined) return before;
    for (const what of wanted.missing) {
      if (this.#missed.has(what)) continue;
      this.#options.tell('warning', `The record of what was applied has to do where the chain can't be read: ${what}.`);
    }
    this.#missed = new Set(wanted.missing);
    if (before === undefined) return wanted;
    const found = Object.entries(wanted).filter(([, value]) => value !== undefined);
    const sysctls = wanted.policy === undefined ? before.sysctls : wanted.sysctls;
    return { ...before, ...(Object.fromEntries(found) as Wanted), sysctls };
  }

  /** One after the other, the latest last. A full disk is no reason to doubt what was proven. */
  #save(): void {
    const rules = this.#rules;
    if (rules === undefined) return;
    this.#saved = this.#saved.then(() => saveProven(this.#options.home, rules)).catch(() => {});
  }

  #inForce(): string {
    const known = this.proven();
    return known === undefined
      ? 'what was applied'
      : `those of block ${known.height}, proven ${Math.round(known.ageMs / 60_000)} minutes ago,`;
  }

  async #read(): Promise<void> {
    const { home, tell, ask = askForRules } = this.#options;
    const answer = await ask(home).catch((thrown): RulesAnswer => {
      const { code, message } = toLogosError(thrown);
      return { failed: { code, message, silent: true } };
    });
    if ('rules' in answer) {
      // A node that lags behind says nothing new.
      if (answer.rules.height < (this.#rules?.rules.height ?? 0)) return;
      this.#answered = true;
      const wanted = this.#wantedBy(answer);
      this.#rules = { rules: answer.rules, at: this.#clock.now(), wanted, held: this.#rules?.held };
      this.#save();
      if (this.#silent) tell('info', 'The chain answers again, with proof.');
      this.#silent = false;
      this.#fault = undefined;
      return;
    }
    const { code, message, silent } = answer.failed;
    if (!silent) {
      this.#fault = new Error(`[${code}] ${message}`);
      return;
    }
    // Who was caught lying is not cleared by saying nothing.
    if (!this.#silent) tell('warning', `The chain's rules can't be read, ${this.#inForce()} stay in force: ${message}`);
    this.#silent = true;
  }
}

/** What this host has: from the record of what was applied, and from the definition that its gatekeeper loads. */
export async function inForce(home: Home): Promise<InForce> {
  return {
    ...(await appliedDigests(home)),
    gatekeeper: await digestOfFile(join(home.gatekeeper, 'current', 'definition.json')),
  };
}

async function digestOfFile(path: string): Promise<string | undefined> {
  try {
    return sha256Hex(await readFile(path));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
