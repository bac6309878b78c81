import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type KubernetesEndpoint, startKubernetesEndpoint } from '../../lab/kubernetes.ts';
import type { LabMachine } from '../../lab/machine.ts';
import { digestOf, type NativeHost, startNativeHost } from '../../lab/native-host.ts';
import { type LabNetwork, startLabNetwork } from '../../lab/network.ts';
import { builtTool, nativeToolsLack } from '../../lab/tools.ts';
import { sha256Hex } from '../../src/system/canonical.ts';
import type { Home } from '../../src/system/home.ts';

/**
 * kubeadm itself, typed by a user on a host of the region. It asks a real kubelet for its version and a real containerd whether it
 * runs, and speaks to an endpoint with the TLS and the signed cluster-info of a cluster, though no cluster is behind it.
 */
const lacks = nativeToolsLack({ built: ['kubeadm', 'kubelet'], installed: ['/usr/bin/containerd'] });
let network: LabNetwork;
let cluster: KubernetesEndpoint;
let host: NativeHost;

async function startContainerd(machine: LabMachine, home: Home): Promise<void> {
  await machine.exec('sh', ['-c', `echo '127.0.1.1 worker-1' >> /etc/hosts`]);
  machine.start('containerd', [], { output: openSync(join(home.root, 'containerd.log'), 'a') });
  await machine.exec('sh', ['-c', 'until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done'], {
    timeout: 60_000,
  });
}

beforeAll(async () => {
  if (lacks) return;
  const [kubeadm = '', kubelet = ''] = [builtTool('kubeadm'), builtTool('kubelet')];
  network = await startLabNetwork();
  cluster = await startKubernetesEndpoint(network, kubeadm);
  host = await startNativeHost(network, {
    name: 'worker-1',
    own: ['/etc', '/var/lib'],
    programs: { kubeadm, kubelet },
    settings: { 'net.ipv4.ip_forward': '1' },
    tools: ['kubeadm'],
    prepare: startContainerd,
  });
});

afterAll(async () => {
  await host?.close();
  await cluster?.close();
  await network?.close();
});

const joinCommand = (hash: string, ...more: string[]) => [
  ...['kubeadm', 'join', cluster.endpoint, '--token', cluster.token, '--discovery-token-ca-cert-hash', hash],
  ...more,
];

describe.skipIf(lacks)(`kubeadm join as a user types it${lacks ? `: ${lacks}` : ''}`, () => {
  it('is an operation on chain, and then kubeadm itself, which goes all the way of a --dry-run with what was typed', async () => {
    const argv = joinCommand(cluster.authorityHash, '--dry-run');
    const typed = await host.type(argv);
    expect(typed, typed.output).toMatchObject({ exitCode: 0, transaction: expect.stringMatching(/^0x/) });
    const journey = await host.operation(typed.operation ?? 0n);

    expect(journey.onChain).toMatchObject({ state: 'done', kind: { kind: 'run', operation: 'kubeadm/join' } });
    expect(journey.events.map(({ name }) => name)).toEqual([
      'OperationRequested',
      'OperationApproved',
      'OperationClaimed',
      'OperationCompleted',
    ]);
    expect(journey.finalized).toBeGreaterThanOrEqual(journey.events.at(-1)?.height ?? Number.POSITIVE_INFINITY);

    expect(journey.trace).toMatchObject({ kind: 'run-command', outcome: 'accepted' });
    expect(journey.trace.steps.map(({ step, state }) => `${step} ${state}`)).toEqual(
      ['native', 'access', 'validate', 'translate', 'execute', 'event', 'claim', 'run', 'report'].map(
        (step) => `${step} passed`,
      ),
    );

    // What is on chain is the digest of what the host keeps, which has the digest of all that kubeadm printed.
    expect(journey.result).toMatchObject({ exitCode: 0, log: sha256Hex(Buffer.from(journey.log)) });
    expect(journey.events.at(-1)?.fields.outcome).toEqual({ done: { result: digestOf(journey.result ?? null) } });
    expect(journey.log).toContain('[kubelet-start] Would start the kubelet');
    expect(journey.log).not.toContain('container runtime:');

    // kubeadm asked the endpoint, and ran with what was typed and nothing else when it did.
    const asked = cluster.requests.filter(({ path }) => path.endsWith('/configmaps/kubeadm-config'));
    expect(asked).toMatchObject([{ code: 200, agent: expect.stringMatching(/^kubeadm\//) }]);
    const [program, ...args] = asked[0]?.running[0] ?? [];
    expect([program?.split('/').at(-1), ...args]).toEqual(argv);
  });

  it('in earnest ends as failed on chain, by its own check, when the authority is another one', async () => {
    const typed = await host.type(joinCommand(`sha256:${'0a'.repeat(32)}`));
    expect(typed).toMatchObject({ exitCode: 1 });
    expect(typed.output).toContain('command-failed');
    const journey = await host.operation(typed.operation ?? 0n);
    expect(journey.onChain).toMatchObject({ state: 'failed' });
    expect(journey.log).toContain('none of the public keys');
    const digest = sha256Hex(Buffer.from(journey.log));
    expect(JSON.stringify(journey.events.at(-1)?.fields.outcome)).toContain(`exit code 1, log ${digest}`);
  });

  it('without the hash of the authority never becomes an operation, and kubeadm is not run', async () => {
    const before = cluster.requests.length;
    const argv = ['kubeadm', 'join', cluster.endpoint, '--token', cluster.token];
    const typed = await host.type([...argv, '--discovery-token-unsafe-skip-ca-verification']);
    expect(typed).toMatchObject({ exitCode: 3, operation: undefined });
    expect(typed.output).toContain('option-forbidden');
    expect(cluster.requests).toHaveLength(before);
  });

  it('in earnest, from a file, writes what the kubelet needs, and ends as failed on chain because nobody starts one', async () => {
    const { endpoint: apiServerEndpoint, token, authorityHash } = cluster;
    const bootstrapToken = { apiServerEndpoint, token, caCertHashes: [authorityHash] };
    const configuration = {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'JoinConfiguration',
      discovery: { bootstrapToken },
      timeouts: { kubeletHealthCheck: '2s' },
    };
    await writeFile(join(host.home.root, 'join.yaml'), stringify(configuration));
    const typed = await host.type(['kubeadm', 'join', '--config', 'join.yaml']);
    const { onChain, log } = await host.operation(typed.operation ?? 0n);
    expect(onChain, log).toMatchObject({ state: 'failed' });
    expect(log).toContain('[kubelet-check] The kubelet is not healthy after 2');
    const { stdout } = await host.machine.exec('ls', ['/var/lib/kubelet', '/etc/kubernetes/pki']);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['config.yaml', 'kubeadm-flags.env', 'ca.crt']));
  });

  it('is taken back by kubeadm reset, as its library says', async () => {
    const typed = await host.type(['kubeadm', 'reset', '--force', '--cleanup-tmp-dir']);
    expect(typed.exitCode, typed.output).toBe(0);
    const { onChain, log } = await host.operation(typed.operation ?? 0n);
    expect(onChain, log).toMatchObject({ state: 'done', kind: { operation: 'kubeadm/reset' } });
    const { stdout } = await host.machine.exec('find', ['/var/lib/kubelet', '/etc/kubernetes', '-type', 'f']);
    expect(stdout).toBe('');
  });
});
