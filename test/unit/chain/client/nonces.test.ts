import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Nonce, Nonces } from '../../../../src/chain/client/nonces.ts';

const ALICE = 'alice';

/** What a chain and the pool of its node know of one account. */
class Account {
  /** Numbers that are in a block. */
  included = 0;
  /** Numbers in the pool. */
  readonly pool = new Set<number>();

  /** As `system_accountNextIndex` does: the first that neither has. */
  readonly next = async (): Promise<number> => {
    let next = this.included;
    while (this.pool.has(next)) next += 1;
    return next;
  };

  block(): void {
    while (this.pool.delete(this.included)) this.included += 1;
  }
}

describe('numbers of transactions', () => {
  it('are in order for those that come at once, though the chain has seen none of them', async () => {
    const [nonces, account] = [new Nonces(), new Account()];
    const taken = await Promise.all(Array.from({ length: 5 }, () => nonces.take(ALICE, account.next)));
    expect(taken.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
    expect((await nonces.take('bob', account.next)).value).toBe(0);
  });

  it('pass over those that another process took', async () => {
    const [nonces, account] = [new Nonces(), new Account()];
    const first = await nonces.take(ALICE, account.next);
    account.pool.add(first.value).add(1).add(2);
    expect((await nonces.take(ALICE, account.next)).value).toBe(3);
    account.block();
    expect((await nonces.take(ALICE, account.next)).value).toBe(4);
  });

  it('fill the gap that a dropped transaction left', async () => {
    const [nonces, account] = [new Nonces(), new Account()];
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => nonces.take(ALICE, account.next)));
    account.pool.add(b?.value ?? 0).add(c?.value ?? 0);
    a?.release();
    expect((await nonces.take(ALICE, account.next)).value).toBe(0);
    expect((await nonces.take(ALICE, account.next)).value).toBe(3);
  });

  it('go on after the chain could not be asked', async () => {
    const [nonces, account] = [new Nonces(), new Account()];
    await expect(nonces.take(ALICE, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect((await nonces.take(ALICE, account.next)).value).toBe(0);
  });

  it('are never given twice at a time, whatever else happens to the account', async () => {
    const steps = fc.array(fc.constantFrom('take', 'send', 'drop', 'other', 'block'), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const life = new Life();
        for (const step of script) await life[step]();
      }),
      { numRuns: 300 },
    );
  });
});

/** An account whose transactions are sent, dropped and put into blocks, while another process uses it too. */
class Life {
  readonly #nonces = new Nonces();
  readonly #account = new Account();
  #held: Nonce[] = [];

  async take(): Promise<void> {
    const nonce = await this.#nonces.take(ALICE, this.#account.next);
    expect(this.#held.map(({ value }) => value)).not.toContain(nonce.value);
    expect(nonce.value).toBeGreaterThanOrEqual(this.#account.included);
    this.#held.push(nonce);
  }

  send(): void {
    for (const { value } of this.#held) this.#account.pool.add(value);
  }

  drop(): void {
    const dropped = this.#held.shift();
    dropped?.release();
    if (dropped !== undefined) this.#account.pool.delete(dropped.value);
  }

  async other(): Promise<void> {
    this.#account.pool.add(await this.#account.next());
  }

  block(): void {
    this.#account.block();
    const ended = this.#held.filter(({ value }) => value < this.#account.included);
    this.#held = this.#held.filter((nonce) => !ended.includes(nonce));
    for (const nonce of ended) nonce.release();
  }
}
