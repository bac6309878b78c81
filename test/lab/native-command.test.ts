import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { connectChain, type HostSigner, hostKey, type LogosChain, openArtifacts } from '../../src/chain/index.ts';
import {
  type ClientGatekeeper,
  carryOut,
  createClientGatekeeper,
  type GatekeeperStore,
  joinRegion,
  loadGatekeeper,
  openGatekeeperStore,
  sandboxedTools,
} from '../../src/gatekeeper/index.ts';
import { chainLibraries } from '../../src/service/libraries.ts';
import { chainValidators } from '../../src/service/validators.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import { Journal } from '../../src/system/journal.ts';
import { ADMISSION, COMPLIANT, DvmHost } from '../unit/gatekeeper/world.ts';

/**
 * From a command line to the same command on the host, over the real runtime and contracts. What stands in for kubeadm prints
 * what it was called with, which is the run's log; kubeadm itself is run in native-kubeadm.test.ts.
 */
const JOIN = [
  ...['kubeadm', 'join', '10.0.0.1:6443', '--token', 'abcdef.0123456789abcdef'],
  ...['--discovery-token-ca-cert-hash', `sha256:${'0a'.repeat(32)}`],
];
const origin = { source: 'api', uid: process.getuid?.() ?? 0 } as const;
let home: Home;
let running: LabChain;
let chain: LogosChain;
let signer: HostSigner;
let store: GatekeeperStore;
let gatekeeper: ClientGatekeeper;

beforeAll(async () => {
  home = homeFrom({ LOGOS_HOME: await mkdtemp(join(tmpdir(), 'logos-lab-native-')) });
  running = await startLabChain({ directory: home.chain });
  chain = await connectChain(running.url);
  signer = await hostKey(home.keys, { create: true });
  await chain.fund(signer.address, 10_000_000_000_000_000n);
  const artifacts = openArtifacts(home.artifacts);
  const journal = new Journal(home.journal);
  await joinRegion({ home, chain, signer, artifacts, admission: ADMISSION, journal, programVersion: '0.1.0' });
  const recordingKubeadm = join(home.root, 'recording-kubeadm');
  await writeFile(recordingKubeadm, `#!/bin/sh\nprintf '%s\\n' kubeadm "$@"\n`);
  await chmod(recordingKubeadm, 0o755);
  store = await openGatekeeperStore(home);
  const libraries = chainLibraries(chain, artifacts);
  const host = new DvmHost();
  host.run = (operation, signal) => {
    const directory = join(home.gatekeeper, 'runs');
    const find = async () => recordingKubeadm;
    const tools = sandboxedTools(home);
    return carryOut(operation, { commands: store.commands, libraries, directory, find, tools }, signal);
  };
  const definition = (await loadGatekeeper(home))?.definition;
  if (definition === undefined) throw new Error('it was not deployed');
  const validators = chainValidators(chain, artifacts, signer.address);
  const parts = { definition, chain, signer, effects: host, store, libraries, validators, prerequisites: COMPLIANT };
  gatekeeper = createClientGatekeeper({ ...parts, clock: systemClock, log: () => {} });
  // The guest that the chain asks a new host for is another test's.
  await gatekeeper.processOperations();
});

afterAll(async () => {
  await chain?.close();
  await running?.stop();
  await rm(home.root, { recursive: true, force: true });
});

/** What each run printed. */
async function logs(): Promise<string[]> {
  const runs = join(home.gatekeeper, 'runs');
  const names = await readdir(runs);
  return Promise.all(names.map((name) => readFile(join(runs, name, 'log'), 'utf8')));
}

describe('a native command on the real chain', () => {
  let operation: bigint;

  it('is judged by the libraries that the chain names, and nothing comes of that', async () => {
    const verdict = await gatekeeper.judge({ argv: JOIN, files: new Map(), origin, nonce: 'dry' });
    expect(verdict).toMatchObject({ verdict: 'accept', call: { message: 'request' } });
    expect(await chain.openOperations(signer.address)).toEqual([]);
  });

  it('becomes an operation by a transaction that says nothing secret', async () => {
    const receipt = await gatekeeper.command({ argv: JOIN, files: new Map(), origin, nonce: 'one' });
    expect(receipt).toMatchObject({ outcome: 'accepted', stage: 'execute' });
    operation = receipt.operation ?? 0n;
    const [open] = await chain.openOperations(signer.address);
    expect(open).toMatchObject({ id: operation, kind: { kind: 'run', operation: 'kubeadm/join' }, state: 'approved' });
  });

  it('sent again under the same request is the same operation', async () => {
    const receipt = await gatekeeper.command({ argv: JOIN, files: new Map(), origin, nonce: 'one' });
    expect(receipt).toMatchObject({ outcome: 'accepted', operation });
    expect(await chain.openOperations(signer.address)).toHaveLength(1);
  });

  it('is run on the host as it was typed, once, and its outcome is on chain', async () => {
    const { steps } = await gatekeeper.processOperations();
    expect(steps).toEqual([{ id: operation, step: 'done' }]);
    expect(await logs()).toEqual([`${JOIN.join('\n')}\n`]);
    expect(await chain.operation(operation)).toMatchObject({ state: 'done' });
    await gatekeeper.processOperations();
    expect(await logs()).toEqual([`${JOIN.join('\n')}\n`]);
  });

  it('that the library refuses never reaches the chain', async () => {
    const argv = [...JOIN.slice(0, 5), '--discovery-token-unsafe-skip-ca-verification'];
    const receipt = await gatekeeper.command({ argv, files: new Map(), origin, nonce: 'two' });
    expect(receipt).toMatchObject({ outcome: 'refused', stage: 'translate', error: { code: 'option-forbidden' } });
    expect(await chain.openOperations(signer.address)).toEqual([]);
    expect(store.outbox.size).toBe(0);
  });
});
