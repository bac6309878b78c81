import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Intake, type Source } from '../../../../src/chain/dev/intake.ts';
import { Turns } from '../../../../src/chain/dev/turns.ts';

class Tap implements Source {
  paused = false;
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

describe('turns', () => {
  test('are taken round and round, however much one of them asks', async () => {
    const turns = new Turns<string>();
    const order: string[] = [];
    const ask = (owner: string) => turns.take(owner).then(() => order.push(owner));
    const all = [...Array.from({ length: 5 }, () => ask('much')), ask('little'), ask('other')];
    await Promise.all(all);
    expect(order).toEqual(['much', 'little', 'other', 'much', 'much', 'much', 'much']);
  });

  test('of who has gone are nobody’s', async () => {
    const turns = new Turns<string>();
    let taken = false;
    turns.take('gone').then(() => {
      taken = true;
    });
    turns.forget('gone');
    await turns.take('there');
    await delay(10);
    expect(taken).toBe(false);
  });
});

describe('what waits', () => {
  test('is within the limits, and whoever was held back goes on in the end', () => {
    const limits = { each: 50_000, total: 120_000 };
    const message = fc.record({ source: fc.nat(3), bytes: fc.nat(40_000), end: fc.boolean() });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
        const intake = new Intake(limits);
        const taps = Array.from({ length: 4 }, () => new Tap());
        const open: (() => void)[] = [];
        const each = new Map<Tap, number>();
        for (const { source, bytes, end } of messages) {
          const tap = taps[source] as Tap;
          if (end) open.shift()?.();
          // Who is held back sends nothing.
          if (tap.paused) continue;
          expect(each.get(tap) ?? 0).toBeLessThanOrEqual(limits.each);
          const done = intake.add(tap, bytes);
          const cost = bytes + 4_096;
          each.set(tap, (each.get(tap) ?? 0) + cost);
          open.push(() => {
            each.set(tap, (each.get(tap) ?? 0) - cost);
            done();
          });
        }
        for (const done of open) done();
        expect(taps.map(({ paused }) => paused)).toEqual([false, false, false, false]);
      }),
    );
  });

  test('counts no more for who has gone', () => {
    const intake = new Intake({ each: 10_000, total: 10_000 });
    const [gone, there] = [new Tap(), new Tap()];
    const done = intake.add(gone, 20_000);
    intake.add(there, 1);
    expect([gone.paused, there.paused]).toEqual([true, true]);
    intake.forget(gone);
    expect(there.paused).toBe(false);
    done();
    intake.add(there, 1);
    expect(there.paused).toBe(false);
  });
});
