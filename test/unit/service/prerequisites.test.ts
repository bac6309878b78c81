import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Access, ConnectedChain } from '../../../src/chain/index.ts';
import { type Verdict, verdictPath } from '../../../src/guard/index.ts';
import { rememberPolicy } from '../../../src/service/policy.ts';
import { hostCompliance, hostPrerequisites } from '../../../src/service/prerequisites.ts';
import type { Home } from '../../../src/system/home.ts';
import { ALICE, BOB, MemoryChain } from '../gatekeeper/memory-chain.ts';
import { temporaryHome } from '../gatekeeper/world.ts';

const policy = Buffer.from('{"format":"host-policy"}');
const firewall = Buffer.from('{"format":"host-firewall"}');

function chainWith(values: Record<string, Uint8Array>): MemoryChain {
  const chain = new MemoryChain();
  for (const [key, value] of Object.entries(values)) chain.values.set(key, value);
  return chain;
}

async function guarded(home: Home, integrity: Verdict['integrity'], ageMs = 0): Promise<void> {
  const deviations = integrity === 'deviated' ? [{ target: '/usr/bin/logos', expected: 'a', found: 'b' }] : [];
  const checkedAt = new Date(Date.now() - ageMs).toISOString();
  const verdict: Verdict = { integrity, deviations, unchecked: [], checkedAt, checks: 3, ms: 1 };
  await mkdir(dirname(verdictPath(home)), { recursive: true });
  await writeFile(verdictPath(home), JSON.stringify(verdict));
}

describe('whether a host complies', () => {
  const applied = async (): Promise<Home> => {
    const home = await temporaryHome();
    await rememberPolicy(home, { policy, firewall }, { cpuCores: 1, memoryMiB: 1_024 } as never);
    return home;
  };
  const now = { 'host-policy': policy, 'host-firewall': firewall };
  const changed = Buffer.from('{"format":"host-policy","version":2}');

  it('is told by what it applied and by the integrity daemon', async () => {
    const home = await applied();
    await guarded(home, 'intact');
    expect(await hostCompliance(home, chainWith(now))).toEqual({ compliant: true });
  });

  it.each([
    ['a newer policy', { ...now, 'host-policy': changed }, /host policy on chain is not the one/],
    ['a newer firewall', { ...now, 'host-firewall': changed }, /host firewall on chain/],
    ['a firewall no more', { 'host-policy': policy }, /host firewall on chain/],
  ])('is not, when the chain says %s', async (_, values, reason) => {
    const home = await applied();
    await guarded(home, 'intact');
    expect(await hostCompliance(home, chainWith(values))).toMatchObject({
      compliant: false,
      reason: expect.stringMatching(reason),
    });
  });

  it('is not, where nothing was applied', async () => {
    const home = await temporaryHome();
    await guarded(home, 'intact');
    expect(await hostCompliance(home, chainWith(now))).toMatchObject({ compliant: false });
  });

  it('is not, when something deviates, when nobody looked, and when that was long ago', async () => {
    const home = await applied();
    expect(await hostCompliance(home, chainWith(now))).toMatchObject({ compliant: false });
    await guarded(home, 'deviated', 3_600_000);
    expect(await hostCompliance(home, chainWith(now))).toMatchObject({
      compliant: false,
      reason: expect.stringContaining('/usr/bin/logos'),
    });
    await guarded(home, 'intact', 3_600_000);
    expect(await hostCompliance(home, chainWith(now))).toMatchObject({ compliant: false });
    await guarded(home, 'intact');
    expect(await hostCompliance(home, chainWith(now))).toEqual({ compliant: true });
  });

  it('can not be told while the chain is gone', async () => {
    const chain = chainWith(now);
    chain.offline = true;
    await expect(hostCompliance(await applied(), chain)).rejects.toThrow();
  });
});

describe('whether an account has a role', () => {
  const chain = (members: { account: string; access: Access }[]) =>
    Object.assign(new MemoryChain(), {
      privacy: { members: async () => members } as unknown as ConnectedChain['privacy'],
    });

  it('is told by the privacy contract, with as much access as is asked for', async () => {
    const home = await temporaryHome();
    const has = (members: { account: string; access: Access }[], access: Access) =>
      hostPrerequisites(home, chain(members), BOB).hasRole(BOB, 'operators', access);
    expect(await has([{ account: BOB, access: 'writer' }], 'reader')).toBe(true);
    expect(await has([{ account: BOB, access: 'writer' }], 'writer')).toBe(true);
    expect(await has([{ account: BOB, access: 'writer' }], 'keeper')).toBe(false);
    expect(await has([{ account: ALICE, access: 'keeper' }], 'reader')).toBe(false);
    expect(await has([], 'reader')).toBe(false);
    expect(await hostPrerequisites(home, new MemoryChain(), BOB).hasRole(BOB, 'operators', 'reader')).toBe(false);
  });
});
