import { expect, test } from 'vitest';
import type { MachineRecord, MachineRegister, MachineRules } from '../../../../src/chain/index.ts';
import { keepHeartbeats, type Watched } from '../../../../src/gatekeeper/oversight/heartbeat.ts';
import { answerDigest, readReport } from '../../../../src/gatekeeper/oversight/report.ts';
import { systemClock } from '../../../../src/system/clock.ts';

const ACCOUNT = '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY';
const RULES: MachineRules = {
  heartbeatTerm: 600,
  heartbeatGap: 20,
  suspendAt: 2,
  excludeAt: 10,
  readmitAfter: 3,
  fatal: ['deviates'],
  collateral: 100_000_000_000_000n,
};
const RECEIPT = { transaction: '0x00', block: '0x00', height: 1 } as const;
const SEED = `0x${'07'.repeat(32)}` as const;

/** A chain that is at a height, and notes what it is told. */
class ToldChain {
  readonly told: string[] = [];
  record: MachineRecord | undefined;
  rulesNow: MachineRules | undefined = RULES;
  funds = 1_000_000_000_000_000n;
  height = 100;
  readonly #listeners = new Set<(head: { height: number; hash: `0x${string}`; finalized: number }) => void>();

  head = async () => ({ height: this.height, hash: '0x00' as const, finalized: this.height });
  balance = async () => this.funds;
  onHead = (listener: (head: { height: number; hash: `0x${string}`; finalized: number }) => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get listeners(): number {
    return this.#listeners.size;
  }

  reach(height: number): void {
    this.height = height;
    for (const listener of this.#listeners) listener({ height, hash: '0x00', finalized: height });
  }

  register(): MachineRegister {
    const note = async (what: string) => {
      this.told.push(what);
      return RECEIPT;
    };
    return {
      rules: async () => this.rulesNow,
      find: async () => this.record,
      all: async () => [],
      isMain: async () => false,
      join: async () => {
        this.record = member();
        return note('join');
      },
      heartbeat: (_, report) => {
        if (this.record) this.record = { ...this.record, machine: { ...this.record.machine, seen: this.height } };
        return note(`heartbeat ${readReport(ACCOUNT, report)}`);
      },
      respond: (_, answer) => note(`respond ${answer === answerDigest(ACCOUNT, SEED, 'intact') ? 'intact' : 'wrong'}`),
      bindGuard: () => note('bind-guard'),
      machineOf: async () => undefined,
      attest: () => note('attest'),
      setManifest: () => note('set-manifest'),
      leave: () => note('leave'),
      challenge: () => note('challenge'),
      judge: () => note('judge'),
      report: () => note('report'),
      exclude: () => note('exclude'),
    };
  }
}

function member(part: Partial<MachineRecord['machine']> = {}): MachineRecord {
  const machine = {
    account: ACCOUNT,
    region: 'local',
    state: 'active' as const,
    since: 1,
    seen: 100,
    due: 700,
    report: SEED,
    strikes: 0,
    clean: 0,
    ...part,
  };
  return { machine, reported: [] };
}

/** Runs the loop; `settle` waits until it has looked once more. */
function running(chain: ToldChain, committed = true) {
  const stop = new AbortController();
  const said: string[] = [];
  const seen: Watched[] = [];
  const done = keepHeartbeats(
    {
      machines: chain.register(),
      chain,
      signer: { address: ACCOUNT },
      integrity: async () => 'intact',
      isCommitted: async () => committed,
      clock: systemClock,
      log: ({ code }) => void said.push(code),
    },
    stop.signal,
    (watched) => void seen.push(watched),
  );
  const settle = async (looks: number): Promise<void> => {
    await expect.poll(() => seen.length).toBe(looks);
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
    expect(chain.listeners).toBe(0);
  };
  return { said, settle, end, done };
}

test('a chain without such rules gets no heartbeats, and is told of once', async () => {
  const chain = new ToldChain();
  chain.rulesNow = undefined;
  const { done, said } = running(chain);
  await done;
  expect([chain.told, said, chain.listeners]).toEqual([[], ['chain-without-oversight'], 0]);
});

test('a host whose owner did not commit it is no member, whatever it could pay', async () => {
  const chain = new ToldChain();
  const { said, settle, end } = running(chain, false);
  await settle(1);
  await end();
  expect([chain.told, said]).toEqual([[], ['machine-not-committed']]);
});

test('a host that cannot pay the collateral is no member, which is said once', async () => {
  const chain = new ToldChain();
  chain.funds = RULES.collateral;
  const { said, settle, end } = running(chain);
  await settle(1);
  chain.reach(120);
  await settle(2);
  await end();
  expect([chain.told, said]).toEqual([[], ['collateral-missing']]);
});

test('a machine joins, and is heard of a few times in each term', async () => {
  const chain = new ToldChain();
  const { settle, end } = running(chain);
  await settle(1);
  for (const [index, height] of [120, 299, 319, 340, 400].entries()) {
    chain.reach(height);
    await settle(index + 2);
  }
  await end();
  expect(chain.told).toEqual(['join', 'heartbeat intact']);
  expect(chain.record?.machine.seen).toBe(319);
});

test('a suspended machine is heard of as soon as the chain takes it, and says why it is suspended', async () => {
  const chain = new ToldChain();
  const because = { rule: 'strikes', fault: 'silent', strikes: 2, limit: 2 } as const;
  chain.record = { ...member({ state: 'suspended', seen: 80 }), ruling: { decision: 'suspended', because, at: 80 } };
  const { said, settle, end } = running(chain);
  await settle(1);
  chain.reach(120);
  await settle(2);
  await end();
  expect(chain.told).toEqual(['heartbeat intact', 'heartbeat intact']);
  expect(said).toEqual(['suspended-80']);
});

test('a challenge is answered once; one that is over, or that an excluded machine has, is not', async () => {
  const chain = new ToldChain();
  chain.record = { ...member(), challenge: { seed: SEED, deadline: 130 } };
  const first = running(chain);
  await first.settle(1);
  await first.end();
  expect(chain.told).toEqual(['respond intact']);
  chain.record = { ...member(), challenge: { seed: SEED, deadline: 100 } };
  const second = running(chain);
  await second.settle(1);
  await second.end();
  chain.record = { ...member({ state: 'excluded' }), challenge: { seed: SEED, deadline: 130 } };
  const third = running(chain);
  await third.settle(1);
  await third.end();
  expect(chain.told).toEqual(['respond intact']);
});
