import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { type Lie, type LyingProxy, startLyingProxy } from '../../lab/lying-proxy.ts';
import { connectChain, hostKey, type LogosChain, openArtifacts } from '../../src/chain/index.ts';
import { fetchDefinition, joinRegion } from '../../src/gatekeeper/index.ts';
import type { Verdict } from '../../src/guard/index.ts';
import { policyFromSection } from '../../src/hardening/index.ts';
import { joinChain, openPinned, type PinnedChain } from '../../src/service/chain-trust.ts';
import { openGatekeeper } from '../../src/service/gatekeeper.ts';
import { saveHostRecord } from '../../src/service/host-record.ts';
import { readProven } from '../../src/service/ngd/proven.ts';
import { rememberPolicy } from '../../src/service/policy.ts';
import { hardenStep } from '../../src/service/provide/harden.ts';
import { resourceClasses } from '../../src/service/provide/measure.ts';
import type { Session } from '../../src/service/provide/session.ts';
import type { LogosError } from '../../src/system/errors.ts';
import { localExec } from '../../src/system/exec.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';
import { ADMISSION } from '../unit/gatekeeper/world.ts';

/** A host whose only way to the chain is a server that lies, in front of the real embedded chain. */
let home: Home;
let running: LabChain;
let honest: LogosChain;
let proxy: LyingProxy;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-verified-')) });
  running = await startLabChain();
  honest = await connectChain(running.url);
  proxy = await startLyingProxy(running.url);
});

afterEach(async () => {
  proxy.lies = {};
  for (const one of open.splice(0).reverse()) await one.close();
});

afterAll(async () => {
  await proxy?.close();
  await honest?.close();
  await running?.stop();
  await rm(home.root, { recursive: true, force: true });
});

async function connected(): Promise<{ chain: LogosChain; pinned: PinnedChain }> {
  const joined = await joinChain(home, { mode: 'remote', url: proxy.url });
  open.push(joined.chain);
  return joined;
}

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'believed',
    (error: LogosError) => error.code,
  );

/** One digit of one part of a proof. */
const alter: Lie = (answer) => {
  const { proof, ...rest } = answer as { proof: string[] };
  const [first = '', ...others] = proof;
  return { ...rest, proof: [first.slice(0, -1) + (first.endsWith('0') ? '1' : '0'), ...others] };
};
/** A value of another policy, of the same form. */
const exchange: Lie = (answer) => {
  const [block] = answer as { changes: [string, string | null][] }[];
  const changes = block?.changes.map(([key, value]) => [key, value && `${value.slice(0, -2)}00`]);
  return [{ ...block, changes }];
};
/** The state as it was in the genesis block. */
const old: Lie = async (_answer, params, ask) => {
  const genesis = await ask('chain_getBlockHash', [0]);
  return ask(params.length === 3 ? 'state_getChildReadProof' : 'state_getReadProof', [...params.slice(0, -1), genesis]);
};
const TIME = 'f0c365c3cf59d671eb72da0e7a4113c4';
/** Lies about all but the time of the head, so that the head itself is believed. */
const butTheTime =
  (lie: Lie): Lie =>
  (answer, params, ask) =>
    JSON.stringify(params[0]).includes(TIME) ? answer : lie(answer, params, ask);

const lies: [name: string, code: string, lies: Record<string, Lie>][] = [
  [
    'alters a value',
    'proof-invalid',
    { state_getReadProof: butTheTime(alter), state_getChildReadProof: alter, state_queryStorageAt: exchange },
  ],
  ['answers from an old state', 'proof-invalid', { state_getReadProof: butTheTime(old), state_getChildReadProof: old }],
  [
    'leaves values out',
    'proof-invalid',
    {
      state_getReadProof: butTheTime((answer) => ({ ...(answer as object), proof: [] })),
      state_getChildReadProof: (answer) => ({ ...(answer as object), proof: [] }),
    },
  ],
  [
    'shows a header of its own',
    'finality-invalid',
    { chain_getHeader: (answer) => ({ ...(answer as object), stateRoot: `0x${'5a'.repeat(32)}` }) },
  ],
  ['stands for another chain', 'endpoint-other-chain', { chain_getBlockHash: () => `0x${'5a'.repeat(32)}` }],
];

describe('a server that lies', () => {
  it('is not needed to be believed: honest, it gives what the chain has', async () => {
    const { chain, pinned } = await connected();
    expect(pinned).toMatchObject({ genesis: honest.identity.genesis, trust: 'local', endpoints: [proxy.url] });
    for (const name of await honest.sections()) {
      const [proven, told] = await Promise.all([chain.configuration(name), honest.configuration(name)]);
      expect(proven).toMatchObject({ version: told.version, digest: told.digest });
      expect([...proven.entries.keys()].sort()).toEqual([...told.entries.keys()].sort());
      for (const [key, entry] of told.entries) {
        const { value } = proven.entries.get(key) ?? {};
        expect(value?.kind === 'inline' ? Buffer.from(value.bytes) : value, key).toEqual(
          entry.value.kind === 'inline' ? Buffer.from(entry.value.bytes) : entry.value,
        );
      }
    }
  });

  it.each(lies)('and %s hardens nothing and measures nothing: %s', async (_name, expected, about) => {
    // It was honest when this host joined.
    const { pinned } = await connected();
    const host = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-lied-to-')) });
    open.push({ close: () => rm(host.root, { recursive: true, force: true }) });
    const artifacts = openArtifacts(host.artifacts);
    const session = { home: host, journal: new Journal(host.journal), exec: localExec, progress: () => {}, config: {} };
    proxy.lies = about;
    const verified = await openPinned(host, pinned);
    open.push(verified);
    const chain = { ...honest, configuration: verified.section } as unknown as LogosChain;
    const limits = { cpuCores: 1, memoryMiB: 512 } as Parameters<typeof hardenStep>[0]['limits'];
    const step = hardenStep({ session: session as unknown as Session, chain, artifacts, limits });
    expect(await code(step.run())).toBe(expected);
    expect(await code(resourceClasses(chain, artifacts))).toBe(expected);
    expect(await code(fetchDefinition({ chain, artifacts }))).toBe(expected);
    // All that there is says how far the chain was seen.
    expect((await readdir(host.root)).filter((name) => name !== 'chain')).toEqual([]);
  });

  it('and takes the chain back is refused, also after a restart, with how far it is behind', async () => {
    await saveHostRecord(home, record((await connected()).pinned));
    const { pinned } = await connected();
    const first = await openPinned(home, pinned);
    const { height } = await first.head();
    await first.close();
    proxy.lies = { chain_getFinalizedHead: (_answer, _params, ask) => ask('chain_getBlockHash', [height - 1]) };
    const second = await openPinned(home, pinned);
    open.push(second);
    await expect(second.section('security-section-1')).rejects.toMatchObject({
      code: 'head-stale',
      message: expect.stringContaining(`block ${height} was final before`),
    });
    await expect(connected()).rejects.toMatchObject({ code: 'head-stale' });
  });

  it('and withholds the blocks of this host’s own transactions is found out', async () => {
    const { chain, pinned } = await connected();
    const signer = await hostKey(home.keys, { create: true });
    const verified = await openPinned(home, pinned);
    open.push(verified);
    const { hash, height } = await verified.head();
    const { height: funded } = await chain.fund(signer.address, 10_000_000_000_000_000n);
    expect(funded).toBeGreaterThan(height);
    proxy.lies = { chain_getFinalizedHead: () => hash };
    verified.expect(funded);
    await expect(verified.member(signer.address)).rejects.toMatchObject({
      code: 'head-stale',
      message: expect.stringContaining(`block ${funded} is waited for`),
    });
  }, 60_000);
});

describe('a host that joined', () => {
  const signerOf = () => hostKey(home.keys, { create: true });

  it('joins through a proxy, and reads its standing and its operations as the contract has them', async () => {
    const { chain, pinned } = await connected();
    const signer = await signerOf();
    await chain.fund(signer.address, 10_000_000_000_000_000n);
    const { member } = await joinRegion({
      home,
      chain,
      signer,
      artifacts: openArtifacts(home.artifacts),
      admission: ADMISSION,
      journal: new Journal(home.journal),
      programVersion: '0.1.0',
    });
    expect(member).toEqual(await honest.member(signer.address));
    const operations = await chain.openOperations(signer.address);
    expect(operations).toHaveLength(1);
    expect(operations).toEqual(await honest.openOperations(signer.address));
    const [operation] = operations;
    expect(await chain.operation(operation?.id ?? -1n)).toEqual(await honest.operation(operation?.id ?? -1n));
    expect(await chain.operation(1_000_000n)).toBeUndefined();
    await saveHostRecord(home, record(pinned));
  });

  it.each(lies)('does not do what a server that %s asks for', async (_name, expected, about) => {
    const told: string[] = [];
    const opened = await openGatekeeper(home, { exec: localExec, log: (event) => told.push(event.code) });
    open.push(opened);
    proxy.lies = about;
    expect(await code(opened.gatekeeper.processOperations())).toBe(expected);
    expect(opened.lastStart()).toBeUndefined();
    expect(told).toContain(expected);
  });

  it('is guarded by an NGd that reads the chain itself', async () => {
    const source = await policyFromSection(await honest.configuration('security-section-1'), (reference) =>
      openArtifacts(home.artifacts).fetch(reference),
    );
    await rememberPolicy(home, source, { cpuCores: 1, memoryMiB: 512 });
    const seen = () => readProven(home).then((proven) => proven?.held !== undefined);
    expect(await rulesVerdict(seen)).toEqual({ unchecked: [], deviations: [] });

    proxy.lies = lies[0]?.[2] ?? {};
    const { unchecked } = await rulesVerdict(async (verdict) => verdict.unchecked.length > 0);
    expect(unchecked).toHaveLength(1);
    expect(unchecked[0]?.reason).toContain('[proof-invalid]');
  }, 60_000);
});

type RulesVerdict = Pick<Verdict, 'unchecked' | 'deviations'>;

/** What a real NGd process says of the chain's rules, once it is as it is waited for. */
async function rulesVerdict(isReady: (verdict: RulesVerdict) => Promise<boolean>): Promise<RulesVerdict> {
  const file = join(home.state, 'guard.json');
  await mkdir(home.state, { recursive: true });
  await writeFile(file, '');
  const daemon: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../bin/dev.js'), 'internal', 'ngd'],
    {
      env: { ...process.env, LOGOS_HOME: home.root },
      stdio: 'ignore',
    },
  );
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  try {
    for (let waited = 0; waited < 400; waited += 1) {
      const text = await readFile(file, 'utf8');
      if (text !== '') {
        const { unchecked, deviations } = JSON.parse(text) as Verdict;
        const said = {
          unchecked: unchecked.filter(({ target }) => target === "the chain's rules"),
          deviations: deviations.filter(({ target }) => target.endsWith('on chain')),
        };
        if (await isReady(said)) return said;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('NGd did not say so');
  } finally {
    daemon.kill('SIGTERM');
    await ended;
  }
}

function record(chain: PinnedChain) {
  return { version: 1 as const, chain, account: randomBytes(4).toString('hex'), path: 'qemu' as const };
}
