import { expect, it } from 'vitest';
import type { Verdict } from '../../../src/guard/index.ts';
import { toldIntegrity } from '../../../src/service/told-integrity.ts';
import type { Clock } from '../../../src/system/clock.ts';

const START = 1_800_000_000_000;

function host() {
  let now = START;
  let verdict: Verdict;
  const set = (
    integrity: Verdict['integrity'],
    targets: readonly string[] = [],
    ageMs = 0,
    expected = 'this',
  ): void => {
    const deviations = targets.map((target) => ({ target, expected, found: 'that' }));
    const checkedAt = new Date(now - ageMs).toISOString();
    verdict = { integrity, deviations, checkedAt, unchecked: [], checks: 1, ms: 1 };
  };
  const clock = { now: () => now } as Clock;
  const told = toldIntegrity(async () => verdict, clock);
  const pass = (ms: number): void => {
    now += ms;
  };
  return { set, told, pass };
}

it('a deviation is told of when it lasts, and no longer than it does', async () => {
  const { set, told, pass } = host();
  set('deviated', ['/etc/logos']);
  expect(await told()).toBe('unknown');
  pass(299_999);
  set('deviated', ['/etc/logos']);
  expect(await told()).toBe('unknown');
  pass(1);
  set('deviated', ['/etc/logos', 'firewall on chain']);
  expect(await told()).toBe('deviated');
  set('intact');
  expect(await told()).toBe('intact');
  set('deviated', ['/etc/logos']);
  expect(await told()).toBe('unknown');
});

it('rules of the chain that the owner has yet to apply exclude nobody', async () => {
  const { set, told, pass } = host();
  for (let look = 0; look < 20; look += 1) {
    set('deviated', ['host policy on chain', 'gatekeeper on chain']);
    expect(await told()).toBe('unknown');
    pass(60_000);
  }
});

it('files with other times and links exclude nobody, however long', async () => {
  const { set, told, pass } = host();
  for (let look = 0; look < 20; look += 1) {
    set('deviated', ['/etc/logos'], 0, 'no change (links)');
    expect(await told()).toBe('unknown');
    pass(60_000);
  }
});

it('an old verdict says nothing of now', async () => {
  const { set, told, pass } = host();
  set('deviated', ['/etc/logos']);
  await told();
  pass(600_000);
  set('deviated', ['/etc/logos'], 60_001);
  expect(await told()).toBe('unknown');
});
