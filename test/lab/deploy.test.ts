import { accessSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { type Lie, startLyingProxy } from '../../lab/lying-proxy.ts';
import { type ConnectedChain, connectChain, openArtifacts, serveArtifacts } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import { type Closure, openDeploymentRecords, packClosure } from '../../src/gatekeeper/index.ts';
import { connectPinned, type PinnedChain } from '../../src/service/chain-trust.ts';
import type { AppliedAnswer } from '../../src/service/deploy/answer.ts';
import { readDirectory } from '../../src/service/deploy/directory.ts';
import { deploymentDirectory } from '../../src/service/deploy/host.ts';
import { sha256Hex } from '../../src/system/canonical.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type Home, homeFrom } from '../../src/system/home.ts';
import type { Json } from '../../src/system/journal.ts';
import { mixedArchive, writeDeployment } from '../unit/gatekeeper/deployments/deployment-files.ts';
import { type DeployHost, startDeployHost } from './deploy-host.ts';

/**
 * From a directory to the same state on hosts, over the real runtime and contracts, with Debian's ansible-playbook in the
 * gatekeeper's sandbox. Two gatekeepers: the author's, and the operator's, which approves; both are hosts of the target.
 */
const origin = { source: 'api', uid: process.getuid?.() ?? 0 } as const;
const TARGET = 'region/base';
let root: string;
/** What the playbook writes. */
let written: string;
let lab: LabChain;
let pinned: PinnedChain;
/** What it says at once, without proof. */
let node: ConnectedChain;
let author: DeployHost;
let operator: DeployHost;
const servers: { close(): Promise<void> | void }[] = [];
let nonce = 0;

beforeAll(async () => {
  requireTools();
  root = await mkdtemp(join(tmpdir(), 'logos-lab-deploy-'));
  written = await mkdtemp('/srv/logos-lab-deploy-');
  lab = await startLabChain({ directory: join(root, 'chain') });
  node = await connectChain(lab.url);
  servers.push(node);
  pinned = { mode: 'dev', url: lab.url, genesis: node.identity.genesis, endpoints: [lab.url], trust: 'local' };
  author = await startDeployHost(homeIn('author'), pinned, {});
  const mirror = await serveArtifacts({ directory: author.home.artifacts, host: '127.0.0.1', port: 0 });
  servers.push(mirror);
  // Whoever asks these two first gets nothing that it may use.
  const mirrors = [await badMirror('other'), await badMirror('endless'), mirror.url];
  operator = await startDeployHost(homeIn('operator'), pinned, { mirrors, key: await developmentKey('//Alice') });
});

afterAll(async () => {
  await author?.close();
  await operator?.close();
  for (const server of servers) await server.close();
  await lab?.stop();
  await rm(root, { recursive: true, force: true });
  await rm(written, { recursive: true, force: true });
});

describe('a deployment on the real chain', () => {
  let first: Closure;

  it('gets on chain through the gatekeeper that checked it, and is not applied before it is approved', async () => {
    first = await packed('1.0.0', 'first');
    const id = await propose(first);
    expect(await author.chain.deployment.proposal(id)).toMatchObject({
      status: 'proposed',
      change: { target: TARGET, closure: first.digest },
    });
    expect((await pass(operator)).steps).toEqual([]);
    await expect(message()).rejects.toMatchObject({ code: 'ENOENT' });
    const own = await ask(author, 'approve-deployment', { proposal: `${id}`, closure: first.digest });
    expect(own).toMatchObject({ outcome: 'refused', error: { code: 'proposal-own' } });
    const other = await ask(operator, 'approve-deployment', { proposal: `${id}`, closure: 'ab'.repeat(32) });
    expect(other).toMatchObject({ outcome: 'refused', error: { code: 'proposal-other' } });
    // The operator's gatekeeper has it from the one mirror that does not lie.
    const approved = await ask(operator, 'approve-deployment', { proposal: `${id}`, closure: first.digest });
    expect(approved).toMatchObject({ outcome: 'accepted' });
  });

  it('is applied on every host that its target names, and reported by the operator', async () => {
    const before = await pass(operator);
    expect(before.steps).toMatchObject([{ target: TARGET, step: 'applied', version: '1.0.0' }]);
    expect(await message()).toBe('first\n');
    await caughtUp(author);
    expect(await author.chain.deployment.current(TARGET)).toMatchObject({
      status: 'applied',
      change: { closure: first.digest },
    });
    await rm(join(written, 'message'));
    expect((await pass(author)).steps).toMatchObject([{ target: TARGET, step: 'applied' }]);
    expect(await message()).toBe('first\n');
  });

  it('corrects what was changed by hand', async () => {
    expect((await pass(author, { again: true })).steps).toMatchObject([{ step: 'clean' }]);
    await writeFile(join(written, 'message'), 'by hand\n');
    expect((await pass(author, { again: true })).steps).toMatchObject([{ step: 'corrected', code: 'drift-corrected' }]);
    expect(await message()).toBe('first\n');
    const [record] = await (await openDeploymentRecords(deploymentDirectory(author.home))).list(
      author.chain.identity.genesis,
    );
    expect(record).toMatchObject({ phase: 'applied', drift: { corrected: 1, steps: ['message'] } });
  });

  it('makes room for a newer version, and an older one is refused unless it says that it is a rollback', async () => {
    await deploy(await packed('1.1.0', 'second'));
    expect(await message()).toBe('second\n');
    expect((await pass(author)).steps).toMatchObject([{ step: 'applied', version: '1.1.0' }]);
    await caughtUp(author);
    const replaces = (await author.chain.deployment.current(TARGET))?.change.closure;
    const old = { target: TARGET, closure: first.digest, size: first.archive.length, waitBlocks: 100 };
    const again = await ask(author, 'propose-deployment', { ...old, replaces: replaces ?? '' });
    expect(again).toMatchObject({ outcome: 'refused', error: { code: 'deployment-refused' } });
    expect(again.error?.message).toContain('version-not-above');
    await deploy(await packed('1.0.1', 'third', { version: '1.1.0', rollback: true }));
    expect(await message()).toBe('third\n');
  });
});

describe('the commands', () => {
  it('plan, propose, approve, apply and show a deployment through the running gatekeepers', async () => {
    const directory = await mkdtemp(join(root, 'directory-'));
    await writeDeployment(directory, { version: '1.2.0', text: 'by command', written });
    const plan = await logos(author, 'plan', directory);
    expect(plan).toMatchObject({ ok: true, rules: 'chain', version: '1.2.0', findings: [] });
    expect(plan).toMatchObject({
      difference: { from: '1.0.1', added: [], changed: ['deployment.yaml', 'roles/message/defaults/main.yaml'] },
    });
    const proposed = await logos(author, 'propose', directory, '--yes');
    expect(proposed).toMatchObject({ ok: true, closure: plan.closure, outcome: 'accepted' });
    const id = String(proposed.proposal);
    expect(await logos(author, 'approve', id, '--closure', String(plan.closure))).toMatchObject({
      ok: false,
      error: { code: 'proposal-own' },
    });
    await logos(operator, 'approve', id, '--closure', String(plan.closure));
    expect(await logos(operator, 'apply', id)).toMatchObject({ ok: true, steps: [{ proposal: id, step: 'applied' }] });
    expect(await message()).toBe('by command\n');
    const status = await logos(operator, 'status', TARGET);
    expect(status).toMatchObject({
      targets: [
        { target: TARGET, current: { id }, open: [], host: { version: '1.2.0', phase: 'applied', told: 'sent' } },
      ],
    });
    expect(await logos(author, 'propose', directory, '--yes')).toMatchObject({ error: { code: 'deployment-same' } });
    await writeFile(join(directory, 'ansible.cfg'), '[defaults]\n');
    expect(await logos(author, 'plan', directory, '--offline')).toMatchObject({
      ok: false,
      findings: [{ file: 'ansible.cfg', code: 'settings-forbidden' }],
    });
    const { steps } = (await logos(author, 'apply')) as unknown as AppliedAnswer;
    expect(steps).toMatchObject([{ step: 'applied', version: '1.2.0' }]);
  });
});

describe('a gatekeeper that goes round its own checks', () => {
  it('gets an old version on chain, and no host applies it', async () => {
    const step = await force(await packed('1.0.0', 'first'));
    expect(step).toMatchObject({ step: 'failed', code: 'deployment-refused' });
    expect(step?.reason).toContain('version-not-above');
    expect(await message()).toBe('by command\n');
  });

  it('gets a closure of another target there', async () => {
    const other = await packed('9.0.0', 'other', undefined, 'region/other');
    expect(await force(other)).toMatchObject({ step: 'failed', code: 'deployment-refused' });
    expect(await message()).toBe('by command\n');
  });

  it('gets an archive there whose manifest is that of another version', async () => {
    const [one, two] = [await packed('2.0.0', 'one'), await packed('2.0.1', 'two')];
    const archive = mixedArchive(one, two);
    expect(await force({ archive, digest: sha256Hex(archive) })).toMatchObject({
      step: 'failed',
      code: 'closure-inconsistent',
    });
    expect(await message()).toBe('by command\n');
  });

  it('can not have one applied that has too few approvals, or whose time is over', async () => {
    const { deployment } = operator.chain;
    await deployment.setThreshold(operator.signer, 2);
    const closure = await packed('3.0.0', 'too few');
    const id = await propose(closure, 20);
    await ask(operator, 'approve-deployment', { proposal: `${id}`, closure: closure.digest });
    expect(await deployment.proposal(id)).toMatchObject({ status: 'proposed', threshold: 2 });
    await pass(operator);
    expect(await message()).toBe('by command\n');
    await deployment.setThreshold(operator.signer, 1);
    for (let block = 0; block < 20; block += 1) await author.chain.fund(author.signer.address, 1n);
    const late = await packed('3.0.1', 'late');
    const expired = await propose(late, 20);
    for (let block = 0; block < 20; block += 1) await author.chain.fund(author.signer.address, 1n);
    const approval = await ask(operator, 'approve-deployment', { proposal: `${expired}`, closure: late.digest });
    expect(approval).toMatchObject({
      outcome: 'refused',
      error: { message: expect.stringContaining('DeadlinePassed') },
    });
    expect(await ask(author, 'expire-deployment', { proposal: `${expired}` })).toMatchObject({ outcome: 'accepted' });
    await pass(operator);
    expect(await message()).toBe('by command\n');
  });

  it('can not show an older state of the chain as a new one', async () => {
    const records = await openDeploymentRecords(deploymentDirectory(operator.home));
    const { genesis } = operator.chain.identity;
    const seen = await records.seen(genesis);
    await records.saveSeen(genesis, { ...seen, height: seen.height + 1_000 });
    await expect(pass(operator)).rejects.toMatchObject({ code: 'deployments-stale' });
    await records.saveSeen(genesis, seen);
  });
});

describe('a node that lies', () => {
  it('has none of its proposals believed', async () => {
    const proxy = await startLyingProxy(lab.url);
    servers.push(proxy);
    const through = { ...pinned, url: proxy.url, endpoints: [proxy.url] };
    const chain = await connectPinned(homeFrom({ LOGOS_HOME: join(root, 'lied-to') }), through);
    try {
      const { deployment } = chain;
      const view = await deployment?.view();
      const told = await (await node.deployment.view()).from(1n);
      expect(told.length).toBeGreaterThan(5);
      expect(await view?.from(1n)).toEqual(told);
      expect(await view?.current(TARGET)).toEqual(await author.chain.deployment.current(TARGET));
      expect(await view?.current('region/absent')).toBeUndefined();
      // One digit of a proof; the state of an older block; nothing at all.
      const alter: Lie = (answer) => {
        const { proof, ...rest } = answer as { proof: string[] };
        const [first = '', ...others] = proof;
        return { ...rest, proof: [first.slice(0, -1) + (first.endsWith('0') ? '1' : '0'), ...others] };
      };
      const old: Lie = async (_answer, params, ask) =>
        ask('state_getChildReadProof', [...params.slice(0, -1), await ask('chain_getBlockHash', [1])]);
      const none: Lie = (answer) => ({ ...(answer as object), proof: [] });
      for (const lie of [alter, old, none]) {
        proxy.lies = { state_getChildReadProof: lie };
        const asked = deployment?.view().then((it) => it.from(1n));
        await expect(asked).rejects.toMatchObject({ code: 'proof-invalid' });
        proxy.lies = {};
      }
    } finally {
      await chain.close();
    }
  });
});

function homeIn(name: string): Home {
  return homeFrom({ LOGOS_HOME: join(root, name) });
}

/** A mirror that has everything and means it badly. */
async function badMirror(kind: 'other' | 'endless'): Promise<string> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    if (kind === 'other') response.end(Buffer.alloc(20_480, 'x'));
    else response.write('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function packed(
  version: string,
  text: string,
  replaces?: { version: string; rollback: boolean },
  target = TARGET,
): Promise<Closure> {
  const directory = await mkdtemp(join(root, 'directory-'));
  await writeDeployment(directory, { version, text, written, target, ...(replaces && { replaces }) });
  return packClosure(await readDirectory(directory));
}

async function keep({ archive, digest }: Pick<Closure, 'archive' | 'digest'>): Promise<void> {
  const file = join(root, digest);
  await writeFile(file, archive);
  await openArtifacts(author.home.artifacts).add(file);
}

/** What another host did is seen half a second later: a head is used for as long (src/service/chain-trust.ts). */
async function caughtUp({ chain }: DeployHost): Promise<void> {
  const { height } = await node.head();
  while ((await chain.head()).height < height) await systemClock.sleep(50);
}

async function pass(host: DeployHost, options?: { again: boolean }) {
  await caughtUp(host);
  return host.deployer.pass(options);
}

async function ask(host: DeployHost, kind: string, payload: Json) {
  await caughtUp(host);
  nonce += 1;
  return host.gatekeeper.handle(host.gatekeeper.request({ kind, payload, origin, nonce: `${nonce}` }));
}

async function propose(closure: Closure, waitBlocks = 100): Promise<bigint> {
  await keep(closure);
  await caughtUp(author);
  const { target } = closure.declaration;
  const replaces = (await author.chain.deployment.current(target))?.change.closure;
  const change = { target, closure: closure.digest, size: closure.archive.length, waitBlocks };
  const receipt = await ask(author, 'propose-deployment', replaces === undefined ? change : { ...change, replaces });
  expect(receipt).toMatchObject({ outcome: 'accepted' });
  return receipt.proposal ?? 0n;
}

async function deploy(closure: Closure): Promise<void> {
  const id = await propose(closure);
  const approved = await ask(operator, 'approve-deployment', { proposal: `${id}`, closure: closure.digest });
  expect(approved).toMatchObject({ outcome: 'accepted' });
  expect((await pass(operator)).steps).toMatchObject([{ step: 'applied' }]);
}

/** Runs `logos deploy …` as this host's owner, and gives its result line. */
async function logos(host: DeployHost, ...args: readonly string[]): Promise<Record<string, unknown>> {
  await caughtUp(host);
  const entry = join(import.meta.dirname, '../../bin/dev.js');
  const env = { LOGOS_HOME: host.home.root };
  const options = { env, reject: false } as const;
  const { stdout } = await execa(process.execPath, [entry, 'deploy', ...args, '--json'], options);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
}

/** Proposed and approved on chain by accounts whose gatekeepers check nothing. */
async function force(closure: Pick<Closure, 'archive' | 'digest'>) {
  await keep(closure);
  await caughtUp(author);
  nonce += 1;
  const replaces = (await author.chain.deployment.current(TARGET))?.change.closure;
  const change = { target: TARGET, closure: closure.digest, size: closure.archive.length, replaces };
  const { id } = await author.chain.deployment.propose(author.signer, sha256Hex(`forced ${nonce}`), change, 100);
  await operator.chain.deployment.approve(operator.signer, id);
  const { steps } = await pass(author);
  await pass(operator);
  await caughtUp(author);
  expect(await author.chain.deployment.proposal(id)).toMatchObject({ status: 'failed' });
  // What the target has is still there, and both hosts know it.
  expect((await pass(author)).steps).toMatchObject([{ step: 'clean', version: '1.2.0' }]);
  expect((await pass(operator)).steps).toMatchObject([{ step: 'clean', version: '1.2.0' }]);
  return steps.find(({ proposal }) => proposal === id);
}

function message(): Promise<string> {
  return readFile(join(written, 'message'), 'utf8');
}

/** Real tools: without them there is nothing to see. */
function requireTools(): void {
  for (const [program, name] of [
    ['/usr/bin/ansible-playbook', 'ansible-core'],
    ['/usr/bin/bwrap', 'bubblewrap'],
  ] as const) {
    try {
      accessSync(program);
    } catch {
      throw new Error(`${program} is not installed: apt-get install ${name}`);
    }
  }
}
