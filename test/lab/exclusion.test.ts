import { appendFile, readdir, readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { type GuardedHost, startGuardedHost } from '../../lab/guarded-host.ts';
import { libvirtLabNeeds } from '../../lab/libvirt.ts';
import { Connection } from '../../src/chain/client/connection.ts';
import { TransactionQueue } from '../../src/chain/client/transactions.ts';
import {
  type ConnectedChain,
  connectChain,
  type HostSigner,
  openArtifacts,
  openVerifiedChain,
  type VerifiedChain,
} from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import { instanceName } from '../../src/hardening/index.ts';
import { overseeRegion } from '../../src/service/main-duties.ts';
import { bindGuard } from '../../src/service/ngd/bind-guard.ts';
import { readCut } from '../../src/service/ngd/cut.ts';
import { localExec } from '../../src/system/exec.ts';

async function after(what: string, ms: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what} is missing after ${ms} ms`);
    await delay(20);
  }
}

/** Blocks of the chain, milliseconds. */
const BLOCK_MS = 1_000;
const RULES = { heartbeatTerm: 600, suspendAt: 2, excludeAt: 10, readmitAfter: 2, fatal: ['Deviates'] };
const lacks = libvirtLabNeeds();

describe.skipIf(lacks)(`exclusion${lacks ? `: ${lacks}` : ''}`, () => {
  const stop = new AbortController();
  const told: string[] = [];
  let lab: LabChain;
  let chain: ConnectedChain;
  let proven: VerifiedChain;
  let alice: HostSigner;
  let safe: GuardedHost;

  beforeAll(async () => {
    lab = await startLabChain({ blockTimeMs: BLOCK_MS });
    chain = await connectChain(lab.url, { timeoutMs: 60_000 });
    alice = await developmentKey('//Alice');
    proven = await openVerifiedChain({ endpoints: [lab.url], genesis: chain.identity.genesis, trust: 'local' });
    safe = await member();
    // The region's main gatekeeper: the very code that its service runs. It finds the first host at its first look.
    const log = ({ message }: { message: string }) => void told.push(message);
    const artifacts = openArtifacts(safe.home.artifacts);
    const read = { configuration: (section: string) => proven.section(section) };
    void overseeRegion({ connection: chain, proven: read, artifacts, signer: alice, log }, stop.signal);
    await after('that it is on record', 120_000, async () => {
      const known = await chain.placement.host(safe.signer.address);
      return known !== undefined && known.guests > 0;
    });
  });
  afterAll(async () => {
    stop.abort();
    try {
      await safe?.close();
    } finally {
      await proven?.close();
      await chain?.close();
      await lab?.stop();
    }
  });

  /** A host at work, committed to the chain's rules, and its guard named to the chain. */
  async function member(): Promise<GuardedHost> {
    const host = await startGuardedHost(lab.url, chain);
    await chain.machines.join(host.signer);
    const bound = () => bindGuard({ home: host.home, connection: chain, signer: host.signer, log: () => {} });
    await after('that its guard is named', 120_000, bound);
    return host;
  }

  /** What the figures may be multiplied with: programs that wait for a processor are slower by what others take of it. */
  const slack = () => Math.max(1, ...loadavg());

  interface Figures {
    readonly cutMs: number;
    readonly excludedMs: number;
    readonly elsewhereMs: number;
  }

  /** From a change on a host to its guest at work on another. */
  async function excludedAfter(host: GuardedHost, change: () => Promise<unknown>): Promise<Figures> {
    const [guest] = await host.guests();
    const name = guest?.name ?? '';
    const began = performance.now();
    const since = () => Math.round(performance.now() - began);
    await change();
    const standing = after('that its guest stands still', 60_000, async () =>
      (await host.guests()).every(({ state }) => state === 'paused'),
    ).then(since);
    const excluded = after(
      'that it is excluded',
      180_000,
      async () => (await chain.machines.find(host.signer.address))?.machine.state === 'excluded',
    ).then(since);
    const elsewhere = after('its guest on the other host', 240_000, async () =>
      (await safe.guests()).some((dvm) => dvm.name === name && dvm.state === 'running'),
    ).then(since);
    try {
      const [cutMs, excludedMs, elsewhereMs] = await Promise.all([standing, excluded, elsewhere]);
      return { cutMs, excludedMs, elsewhereMs };
    } catch (error) {
      const log = await readFile(join(host.home.root, 'ngd.log'), 'utf8');
      const seen = [...(await host.events()), '--', ...(await safe.events()), '--', ...told, log];
      throw new Error(seen.join('\n'), { cause: error });
    }
  }

  const changes: [string, (host: GuardedHost) => Promise<unknown>, string][] = [
    [
      'a guarded file was written to',
      ({ home }) => appendFile(join(home.gatekeeper, 'current', 'definition.json'), '\n'),
      'definition.json',
    ],
    [
      'a rule was put into the live firewall',
      ({ home }) => localExec('nft', ['insert', 'rule', 'inet', instanceName(home.root), 'forward', 'accept']),
      'nftables table',
    ],
  ];

  it.each(changes)(
    'of a host on which %s: it cuts itself off, and its guest starts on another',
    async (what, change, target) => {
      const host = await member();
      try {
        const figures = await excludedAfter(host, () => change(host));
        console.log(
          `${what}: cut off after ${figures.cutMs} ms, excluded after ${figures.excludedMs} ms, ` +
            `guest elsewhere after ${figures.elsewhereMs} ms (blocks of ${BLOCK_MS} ms)`,
        );
        expect((await readCut(host.home))?.because).toContainEqual(expect.stringContaining(target));
        const [evidence = ''] = await readdir(join(host.home.state, 'evidence'));
        const verdict = await readFile(join(host.home.state, 'evidence', evidence, 'verdict.json'), 'utf8');
        expect(JSON.parse(verdict)).toMatchObject({ integrity: 'deviated' });
        expect(figures.cutMs).toBeLessThan(1_000 * slack());
        expect(figures.elsewhereMs).toBeLessThan(10_000 * slack());
      } finally {
        await host.close();
      }
    },
  );

  it('a guard that is stopped is missed on chain: that is a fault', async () => {
    const rules = { ...RULES, attestTerm: 25 };
    const connection = await Connection.open(lab.url, 60_000);
    const set = connection.api.tx.sudo?.sudo?.(connection.api.tx.drn?.setRules?.(rules) as never);
    await new TransactionQueue(connection).send(alice, async () => set as never);
    await connection.close();
    const guard = async () => (await chain.machines.find(safe.signer.address))?.guard;
    const { seen = 0 } = (await guard()) ?? {};
    await safe.restartNgd();
    await after('an attestation', 220_000, async () => ((await guard())?.seen ?? 0) > seen);
    safe.ngd().kill('SIGSTOP');
    await after('the strike', 220_000, async () => (await guard())?.missed === true);
    const { machine, ruling } = (await chain.machines.find(safe.signer.address)) ?? expect.fail('it is a member');
    expect(ruling ?? machine).toMatchObject(
      ruling === undefined ? { strikes: 1 } : { because: { fault: 'unattested' } },
    );
  });
});
