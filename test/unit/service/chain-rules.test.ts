import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigurationEntry, VerifiedChain, VerifiedHead } from '../../../src/chain/index.ts';
import { isSilence } from '../../../src/chain/index.ts';
import { askForRules } from '../../../src/service/ask-rules.ts';
import { ChainRules } from '../../../src/service/chain-rules.ts';
import { forgetProven } from '../../../src/service/ngd/proven.ts';
import { rememberPolicy } from '../../../src/service/policy.ts';
import { compareRules, type RulesAnswer, readRules } from '../../../src/service/rules.ts';
import { sha256Hex } from '../../../src/system/canonical.ts';
import type { Clock } from '../../../src/system/clock.ts';
import { ExternalError, type LogosError } from '../../../src/system/errors.ts';
import { type Home, homeFrom } from '../../../src/system/home.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

let home: Home;
beforeEach(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-rules-')) });
  await rememberPolicy(
    home,
    { policy: text('policy 1'), firewall: text('firewall 1') },
    { cpuCores: 1, memoryMiB: 512 },
  );
  await mkdir(join(home.gatekeeper, 'current'), { recursive: true });
  await writeFile(join(home.gatekeeper, 'current', 'definition.json'), 'gatekeeper 1');
});
afterEach(() => rm(home.root, { recursive: true, force: true }));

/** Time that goes on only when the test says so; whoever sleeps waits for that. */
class HeldClock implements Clock {
  #now = 1_000_000;
  #sleeping = new Set<{ until: number; wake: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { until: this.#now + ms, wake: resolve };
      this.#sleeping.add(sleeper);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of [...this.#sleeping]) {
      if (sleeper.until > this.#now) continue;
      this.#sleeping.delete(sleeper);
      sleeper.wake();
    }
    // Files are read in between.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const entry = (key: string, value: ConfigurationEntry['value']): ConfigurationEntry => ({
  key,
  value,
  mediaType: 'application/json',
  version: 1,
});

/** What was proven of a chain, or what a node was caught at. */
class Proven {
  values: Record<string, ConfigurationEntry['value']> = {
    'host-policy': { kind: 'inline', bytes: text('policy 1') },
    'host-firewall': { kind: 'artifact', digest: sha256Hex(text('firewall 1')), size: 10 },
    'client-gatekeeper': { kind: 'inline', bytes: text('gatekeeper 1') },
  };
  error: LogosError | undefined;
  reads = 0;
  height = 7;

  readonly chain = {
    entries: async (_section: string, keys: readonly string[]) => {
      this.reads += 1;
      if (this.error !== undefined) throw this.error;
      const found = keys.map((key) => {
        const value = this.values[key];
        return value === undefined ? undefined : entry(key, value);
      });
      return { head: { height: this.height } as VerifiedHead, entries: found };
    },
  } as unknown as VerifiedChain;

  /** As the child process answers. */
  async answer(): Promise<RulesAnswer> {
    try {
      return { rules: await readRules(this.chain) };
    } catch (thrown) {
      const { code, message } = thrown as LogosError;
      return { failed: { code, message, silent: isSilence(thrown) || code === 'head-stale' } };
    }
  }
}

describe('the rules of the chain', () => {
  const abort: AbortController[] = [];
  afterEach(() => {
    for (const one of abort.splice(0)) one.abort();
  });

  function follow(prepare: (proven: Proven) => void = () => {}) {
    const [proven, clock, told] = [new Proven(), new HeldClock(), [] as string[]];
    prepare(proven);
    const tell = (_severity: string, said: string) => told.push(said);
    const rules = new ChainRules({ home, clock, ask: () => proven.answer(), tell });
    const controller = new AbortController();
    abort.push(controller);
    const ended = rules.follow(controller.signal);
    const stop = () => {
      controller.abort();
      return ended;
    };
    return { proven, clock, told, rules, stop };
  }
  const MINUTE = 60_000;
  /** Until the next reading. */
  const NEXT = 5 * MINUTE;

  it('are kept while what was applied is what is proven, by value or by hash', async () => {
    const { rules, proven, clock } = follow();
    expect(await rules.deviations()).toEqual([]);
    const { reads } = proven;
    await rules.deviations();
    expect(proven.reads).toBe(reads);
    await clock.pass(NEXT);
    expect(proven.reads).toBeGreaterThan(reads);
  });

  it('deviate ten minutes after they changed, and say to what', async () => {
    const { rules, proven, clock, told } = follow();
    await rules.deviations();
    proven.values['host-policy'] = { kind: 'inline', bytes: text('policy 2') };
    await clock.pass(NEXT);
    expect(await rules.deviations()).toEqual([]);
    expect(told).toEqual([expect.stringContaining('run `logos provide`')]);
    await clock.pass(11 * MINUTE);
    expect(await rules.deviations()).toEqual([
      {
        target: 'host policy on chain',
        expected: `SHA-256 ${sha256Hex(text('policy 2'))}, by block 7`,
        found: `SHA-256 ${sha256Hex(text('policy 1'))}`,
      },
    ]);
    await rememberPolicy(
      home,
      { policy: text('policy 2'), firewall: text('firewall 1') },
      { cpuCores: 1, memoryMiB: 512 },
    );
    expect(await rules.deviations()).toEqual([]);
  });

  it('find a gatekeeper that is not the one that the chain names', async () => {
    await writeFile(join(home.gatekeeper, 'current', 'definition.json'), 'gatekeeper of a stranger');
    const { rules, clock } = follow();
    await rules.deviations();
    await clock.pass(11 * MINUTE);
    expect((await rules.deviations()).map(({ target }) => target)).toEqual(['gatekeeper on chain']);
  });

  it('find at once what was in force before, also after a restart: then the host changed and not the chain', async () => {
    const { rules } = follow();
    expect(await rules.deviations()).toEqual([]);
    await writeFile(join(home.gatekeeper, 'current', 'definition.json'), 'gatekeeper of a stranger');
    const wanted = [expect.objectContaining({ target: 'gatekeeper on chain, in force before' })];
    expect(await rules.deviations()).toEqual(wanted);
    const kept = () => readFile(join(home.guard, 'proven.json'), 'utf8').catch(() => '');
    await expect.poll(kept).toContain('"held"');
    expect(await follow().rules.deviations()).toEqual(wanted);
  });

  it('stay in force while the chain can not be reached for ten minutes, and the clock is set meanwhile', async () => {
    const { rules, proven, clock, told } = follow();
    expect(await rules.deviations()).toEqual([]);
    proven.error = new ExternalError('endpoint-unusable', 'nobody answers');
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.pass(MINUTE);
      expect(await rules.deviations()).toEqual([]);
    }
    expect(told).toEqual([expect.stringContaining("can't be read")]);
    // Steps of NTP, in both directions.
    for (const step of [-20 * MINUTE, 25 * MINUTE]) {
      await clock.pass(step);
      expect(await rules.deviations()).toEqual([]);
    }
    // Enforcement goes on: what was in force is held to.
    await writeFile(join(home.gatekeeper, 'current', 'definition.json'), 'gatekeeper of another');
    expect(await rules.deviations()).toMatchObject([{ target: 'gatekeeper on chain, in force before' }]);
    proven.error = undefined;
    await writeFile(join(home.gatekeeper, 'current', 'definition.json'), 'gatekeeper 1');
    await clock.pass(NEXT);
    expect(await rules.deviations()).toEqual([]);
  });

  it('go by what an earlier run kept only once this run was answered, and not by a node that lags behind', async () => {
    expect(await follow().rules.deviations()).toEqual([]);
    await expect.poll(() => readFile(join(home.guard, 'proven.json'), 'utf8').catch(() => '')).toContain('"held"');
    // The owner applied what the chain says since.
    await rememberPolicy(home, { policy: text('policy 2') }, { cpuCores: 1, memoryMiB: 512 });
    const late = follow((proven) => {
      proven.height = 6;
    });
    expect(await late.rules.deviations()).toEqual([]);
    const silent = follow((proven) => {
      proven.error = new ExternalError('endpoint-unusable', 'Nothing answers.');
    });
    expect(await silent.rules.deviations()).toEqual([]);
    const last = follow();
    expect((await last.rules.deviations())[0]?.target).toBe('host policy on chain, in force before');
    await Promise.all([late.stop(), silent.stop(), last.stop()]);
    await forgetProven(home);
    expect(await follow().rules.deviations()).toEqual([]);
  });

  it.each(['proof-invalid', 'finality-invalid', 'finality-conflict', 'endpoint-other-chain'])(
    'are not known to hold while a node is caught lying: %s',
    async (code) => {
      const { rules, proven, clock } = follow();
      await rules.deviations();
      proven.error = new ExternalError(code, 'It lies.');
      await clock.pass(NEXT);
      await expect(rules.deviations()).rejects.toThrow(`[${code}] It lies.`);
      // To fall silent afterwards does not help it.
      proven.error = new ExternalError('endpoint-unusable', 'Nothing answers.');
      await clock.pass(NEXT);
      await expect(rules.deviations()).rejects.toThrow(code);
      proven.error = undefined;
      await clock.pass(NEXT);
      expect(await rules.deviations()).toEqual([]);
    },
  );

  it.each(['endpoint-unusable', 'head-stale'])('stay in force for an hour without an answer: %s', async (code) => {
    const { rules, proven, clock, told } = follow();
    await rules.deviations();
    proven.error = new ExternalError(code, 'No news.');
    for (let minutes = 0; minutes < 60; minutes += 5) await clock.pass(NEXT);
    expect(await rules.deviations()).toEqual([]);
    expect(told).toHaveLength(1);
    await clock.pass(NEXT);
    await expect(rules.deviations()).rejects.toThrow('since block 7');
  });

  it('name what is wanted and what there is, each by itself', () => {
    expect(compareRules({ policy: 'a', height: 3 }, { policy: 'a' })).toEqual([]);
    expect(compareRules({ policy: 'a', firewall: 'b', height: 3 }, { gatekeeper: 'c' })).toEqual([
      { target: 'host policy on chain', expected: 'SHA-256 a, by block 3', found: 'none' },
      { target: 'firewall on chain', expected: 'SHA-256 b, by block 3', found: 'none' },
      { target: 'gatekeeper on chain', expected: 'none, by block 3', found: 'SHA-256 c' },
    ]);
  });
});

describe('the process that reads the rules', () => {
  it('is one whose answer counts only if it is one', async () => {
    const printed = (stdout: string) => askForRules(home, async () => ({ exitCode: 0, stdout, stderr: '' }));
    const rules = { policy: 'ab'.repeat(32), height: 3 };
    const line = JSON.stringify({ event: 'result', ok: true, rules });
    expect(await printed(`{"event":"note"}\n${line}\n`)).toEqual({ rules });
    const failed = { code: 'proof-invalid', message: 'a lie', silent: false };
    expect(await printed(JSON.stringify({ event: 'result', ok: true, failed }))).toEqual({ failed });
    for (const other of [
      '',
      'hello',
      '{}',
      '{"event":"result","ok":true}',
      line.replace('"height":3', '"height":-1'),
    ]) {
      expect(await printed(other)).toMatchObject({ failed: { silent: true } });
    }
    const killed = await askForRules(home, async () => {
      throw new ExternalError('command-timeout', 'It did not end in time.');
    });
    expect(killed).toMatchObject({ failed: { code: 'command-timeout', silent: true } });
  });
});
