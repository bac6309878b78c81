import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { SHARED_CACHE } from '../../lab/instance.ts';
import { type ConnectedChain, connectChain, hostKey, openArtifacts } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import { joinRegion } from '../../src/gatekeeper/index.ts';
import { inventoryDigest, type ResourceClasses, takeInventory } from '../../src/host/index.ts';
import { saveHostRecord } from '../../src/service/host-record.ts';
import { saveMeasured } from '../../src/service/measured.ts';
import { PROVIDE_TOPIC, saveTopic } from '../../src/service/state.ts';
import { localExec } from '../../src/system/exec.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';
import { benchmarkOf, TYPICAL } from '../unit/host/figures.ts';

/** The gatekeeper's process (NG) over the embedded chain: nothing of it is started anew while the thresholds change. */
const ENTRY = join(import.meta.dirname, '../../bin/dev.js');
const SOON_MS = 150_000;

let lab: LabChain;
let chain: ConnectedChain;
let home: Home;
let ng: ChildProcess;

beforeAll(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-class-')), LOGOS_CACHE: SHARED_CACHE });
  lab = await startLabChain({ directory: join(home.root, 'dev-chain'), blockTimeMs: 300 });
  chain = await connectChain(lab.url, { timeoutMs: 60_000 });
  const inventory = {
    ...(await takeInventory()),
    memory: { totalMiB: 24_000, availableMiB: 9_000, swapMiB: 0, usableMiB: 24_000 },
  };
  const benchmark = benchmarkOf(TYPICAL);
  const signer = await hostKey(home.keys, { create: true });
  await chain.fund(signer.address, 10_000_000_000_000_000n);
  await joinRegion({
    home,
    chain,
    signer,
    artifacts: openArtifacts(home.artifacts),
    journal: new Journal(home.journal),
    admission: {
      class: 'compute-3',
      path: 'kvm',
      inventory: inventoryDigest(inventory, benchmark),
      gatekeeper: '0.1.0',
    },
    programVersion: '0.1.0',
  });
  const pinned = { mode: 'dev', url: lab.url, genesis: chain.identity.genesis, trust: 'local' } as const;
  await saveHostRecord(home, { version: 1, chain: pinned, account: signer.address, path: 'kvm' });
  await saveMeasured(home, { inventory, benchmark });
  await saveTopic(home, PROVIDE_TOPIC, { class: 'compute-3' });
  const output = openSync(join(home.root, 'ng.log'), 'a');
  const env = { ...process.env, LOGOS_HOME: home.root, LOGOS_CACHE: home.cache };
  ng = spawn(process.execPath, [ENTRY, 'internal', 'ng'], { env, stdio: ['ignore', output, output] });
}, 300_000);

afterAll(async () => {
  if (ng?.exitCode === null) {
    const ended = once(ng, 'exit');
    ng.kill('SIGTERM');
    await ended;
  }
  await chain?.close();
  await lab?.stop();
  await rm(home.root, { recursive: true, force: true });
});

/** Has the chain ask for this many times the CPU speed in each class. */
async function ask(factor: number): Promise<void> {
  const { version, entries } = await chain.configuration('compute-section-1');
  const value = entries.get('resource-classes')?.value;
  if (value?.kind !== 'inline') throw new Error('the thresholds are in the section');
  const classes = JSON.parse(Buffer.from(value.bytes).toString()) as ResourceClasses;
  for (const { minimum } of classes.classes) {
    minimum.cpuSingle *= factor;
    minimum.cpuAll *= factor;
  }
  const bytes = Buffer.from(JSON.stringify(classes));
  await chain.configure(await developmentKey('//Alice'), 'compute-section-1', version, [
    { key: 'resource-classes', value: { kind: 'inline', bytes }, mediaType: 'application/json' },
  ]);
}

interface Shown {
  efficiency: { figures: { figure: string }[] };
}

async function shown(): Promise<Shown> {
  const env = { ...process.env, LOGOS_HOME: home.root, LOGOS_CACHE: home.cache };
  const { stdout } = await localExec(process.execPath, [ENTRY, 'class', '--json'], { env });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

async function untilClass(name: string | undefined, afterVersion: number): Promise<{ version: number }> {
  const deadline = performance.now() + SOON_MS;
  for (;;) {
    const kept = await readFile(join(home.state, 'class.json'), 'utf8').then(JSON.parse, () => undefined);
    if (kept !== undefined && kept.version > afterVersion) {
      expect(kept.class).toBe(name);
      return kept;
    }
    if (performance.now() > deadline) throw new Error(await readFile(join(home.root, 'ng.log'), 'utf8'));
    await delay(250);
  }
}

test('thresholds that change on chain class a host anew, without a restart', { timeout: 600_000 }, async () => {
  const first = await untilClass('compute-3', -1);
  const report = await shown();
  expect(report).toMatchObject({
    ok: true,
    thresholds: { section: 'compute-section-1', version: first.version },
    efficiency: { class: 'compute-3', next: { class: 'compute-4', lacks: [{ figure: 'cpuAll', has: 400 }] } },
    availability: { class: 'spare-time', next: { class: 'scheduled' } },
  });
  const cpuAll = report.efficiency.figures.find(({ figure }) => figure === 'cpuAll');
  expect(cpuAll).toMatchObject({ has: 400, needs: 300, decision: 'keeps-from-next' });

  // Within the margin of 8 % the class is kept, past it it is not; and it comes back only past the margin.
  await ask(1.4);
  const kept = await untilClass('compute-3', first.version);
  expect(await shown()).toMatchObject({ efficiency: { keptByMargin: true } });
  await ask(1.1);
  const lost = await untilClass('compute-2', kept.version);
  await ask(0.6);
  await untilClass('compute-3', lost.version);

  expect(ng.exitCode).toBeNull();
  const provided = JSON.parse(await readFile(join(home.state, 'provide.json'), 'utf8'));
  expect(provided.class).toBe('compute-3');
  const events = await readFile(join(home.state, 'events.jsonl'), 'utf8');
  expect(events).toContain('This host is now compute-2, not compute-3, by thresholds that changed on chain');
});
