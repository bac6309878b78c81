import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LabChain, startLabChain } from '../../lab/chain.ts';
import { done, failed, type Line, type SmallRegion, startSmallRegion } from '../../lab/region/small.ts';
import { nativeToolsLack } from '../../lab/tools.ts';
import { type ConnectedChain, connectChain, serveArtifacts } from '../../src/chain/index.ts';
import { developmentKey } from '../../src/chain/keys.ts';
import { CLOUD_SCRIPT } from '../../src/region/index.ts';
import type { PinnedChain } from '../../src/service/chain-trust.ts';
import { homeFrom } from '../../src/system/home.ts';
import { type DeployHost, startDeployHost } from './deploy-host.ts';

/**
 * What the chain names is what `region bootstrap` runs: proposed by `region init`, approved by another operator, read with proof.
 * The real runtime and contracts, real gatekeepers, and hosts that are reached by SSH alone.
 */
const NAMES = ['s1', 's2', 's3', 's4'];
const lack = nativeToolsLack({ installed: ['/usr/bin/ansible-playbook', '/usr/bin/bwrap', '/usr/sbin/sshd'] });

let region: SmallRegion;
let lab: LabChain;
let node: ConnectedChain;
let mirror: Awaited<ReturnType<typeof serveArtifacts>>;
let author: DeployHost;
let other: DeployHost;

const definition = () => join(region.root, 'lab.yaml');
const playbook = () => join(region.root, 'tree/phases/base.yml');
const tree = () => ['--platform', join(region.root, 'tree')];
/** No `--closure-hash`: the chain says what is run. */
const bootstrap = (...args: string[]) =>
  region.start('bootstrap', definition(), '-i', join(region.root, 'key'), ...tree(), '--yes', ...args);

beforeAll(async () => {
  if (lack !== undefined) return;
  region = await startSmallRegion(NAMES);
  const task = { name: 'Write', 'ansible.builtin.copy': { content: '{{ region.version }}', dest: '/srv/base' } };
  await region.put('phases/base.yml', JSON.stringify([{ hosts: 'region', gather_facts: false, tasks: [task] }]));
  await region.put(CLOUD_SCRIPT, 'raise SystemExit(1)');
  const { operator, root } = region;
  // On the operator's machine, which reaches no other; its port is this machine's as well.
  const start = (command: string, args: readonly string[]) => operator.start(command, args);
  lab = await startLabChain({ directory: join(root, 'chain'), port: operator.port, start });
  node = await connectChain(lab.url);
  const pinned: PinnedChain = {
    mode: 'dev',
    url: lab.url,
    genesis: node.identity.genesis,
    endpoints: [lab.url],
    trust: 'local',
  };
  author = await startDeployHost(homeFrom({ LOGOS_HOME: join(root, 'home') }), pinned, {});
  mirror = await serveArtifacts({ directory: author.home.artifacts, host: '127.0.0.1', port: 0 });
  const key = await developmentKey('//Alice');
  other = await startDeployHost(homeFrom({ LOGOS_HOME: join(root, 'other') }), pinned, { key, mirrors: [mirror.url] });
}, 600_000);

afterAll(async () => {
  await author?.close();
  await other?.close();
  await mirror?.close();
  await node?.close();
  await lab?.stop();
  await region?.close();
});

beforeEach((context) => {
  if (lack !== undefined) context.skip(lack);
});

// A twentieth of that on an idle machine.
describe('a region that the chain names', { timeout: 600_000 }, () => {
  let proposed: Line;

  it('is run by nobody before its proposal is approved', async () => {
    proposed = (await region.logos('init', definition(), ...region.wishes(), '--propose', '--yes')).at(-1) as Line;
    expect(proposed).toMatchObject({ ok: true, written: true, outcome: 'accepted' });
    expect((await failed(bootstrap())).error).toMatchObject({ code: 'region-not-on-chain' });
  });

  it('is run as it was approved, by the word of the finalised state', async () => {
    await approve(proposed);
    const told = (await done(bootstrap())).at(-1);
    expect(told).toMatchObject({ ok: true, namedBy: 'chain', closure: proposed.closure, changed: NAMES.length });
    expect(await written()).toEqual(NAMES.map(() => '1.0.0'));
  });

  it('is refused with a byte of a role changed after that, with what differs, before a server is asked', async () => {
    const before = await readFile(playbook(), 'utf8');
    await writeFile(playbook(), before.replace('region.version', 'region.name'));
    expect((await failed(bootstrap())).error).toMatchObject({
      code: 'region-closure-differs',
      message: expect.stringContaining('platform phases/base.yml was changed'),
    });
    await writeFile(playbook(), before);
    const text = await readFile(definition(), 'utf8');
    await writeFile(definition(), text.replace('10.64.0.0/16', '10.65.0.0/16'));
    expect((await failed(bootstrap())).error?.message).toContain('definition /networks/tenant was changed');
    await writeFile(definition(), text);
    expect(await written()).toEqual(NAMES.map(() => '1.0.0'));
  });

  it('is not run in its next version while nobody approved that', async () => {
    const text = await readFile(definition(), 'utf8');
    await writeFile(definition(), text.replace('version: 1.0.0', 'version: 1.1.0'));
    expect((await failed(bootstrap())).error?.message).toContain('definition /version was changed');
    await writeFile(definition(), text);
  });

  it('is compared with what was applied: a file that was changed on a server is named', async () => {
    const status = ['status', definition(), '-i', join(region.root, 'key'), ...tree(), '--drift'];
    const drift = async () => (await region.logos(...status)).at(-1) as Line;
    const differences = (name?: string, list: string[] = []) =>
      NAMES.map((server) => ({ server, differences: server === name ? list : [] }));
    expect(await drift()).toMatchObject({ chain: { state: 'same', by: 'chain' }, drift: differences() });
    await region.hosts[1]?.machine.exec('sh', ['-c', 'echo >> /etc/hosts; echo evil > /etc/evil.conf']);
    expect(await drift()).toMatchObject({ drift: differences('s2', ['+ file /etc/evil.conf', '~ file /etc/hosts']) });
  });
});

/** Approves it as the other operator, by command; gives it once the chain's finalised state has it. */
async function approve({ proposal, closure }: Line): Promise<void> {
  const entry = join(import.meta.dirname, '../../bin/dev.js');
  const args = ['deploy', 'approve', String(proposal), '--closure', String(closure), '--json'];
  const { stdout } = await execa(process.execPath, [entry, ...args], { env: { LOGOS_HOME: other.home.root } });
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ ok: true });
}

async function written(): Promise<string[]> {
  return (await region.everywhere('cat /srv/base')).map(({ stdout }) => stdout);
}
