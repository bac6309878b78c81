import type { ChildProcess } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseAllDocuments } from 'yaml';
import { localExec } from '../src/system/exec.ts';
import { type LabMachine, startLabMachine } from './machine.ts';
import type { LabNetwork } from './network.ts';

/** What hosts ask when they join a cluster, on a machine of its own; see kubernetes-endpoint.mjs for what it is not. */
export interface KubernetesEndpoint {
  /** Address and port, as `kubeadm join` takes them. */
  readonly endpoint: string;
  readonly token: string;
  /** Of the authority's public key, as `kubeadm join` takes it. */
  readonly authorityHash: string;
  /** What was asked so far. */
  readonly requests: readonly EndpointRequest[];
  close(): Promise<void>;
}

export interface EndpointRequest {
  readonly method: string;
  readonly path: string;
  readonly code: number;
  readonly agent: string;
  /** Command lines of kubeadm that were running on this machine when the request came. */
  readonly running: readonly (readonly string[])[];
}

const PORT = '6443';
const TOKEN = 'logos0.lab0123456789abc';
const VERSION = 'v1.34.4';

/** `kubeadm`: where the real one is; it makes the authority, the certificate and the default configurations. */
export async function startKubernetesEndpoint(network: LabNetwork, kubeadm: string): Promise<KubernetesEndpoint> {
  const directory = await mkdtemp(join(tmpdir(), 'logos-kubernetes-'));
  const machine = await startLabMachine(network, { name: 'control-plane', programs: { kubeadm } });
  await makeCertificates(machine, directory);
  await writeFile(join(directory, 'configuration.json'), JSON.stringify(await configurationMaps(kubeadm, machine)));
  const script = join(import.meta.dirname, 'kubernetes-endpoint.mjs');
  const child = machine.start(process.execPath, [script, directory, machine.address, PORT, TOKEN]);
  const requests = await firstLine(child);
  const authority = new X509Certificate(await readFile(join(directory, 'ca.crt')));
  const key = authority.publicKey.export({ type: 'spki', format: 'der' });
  return {
    endpoint: `${machine.address}:${PORT}`,
    token: TOKEN,
    authorityHash: `sha256:${createHash('sha256').update(key).digest('hex')}`,
    requests,
    close: async () => {
      child.kill();
      await machine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function makeCertificates(machine: LabMachine, directory: string): Promise<void> {
  const apiVersion = 'kubeadm.k8s.io/v1beta4';
  const documents = [
    { apiVersion, kind: 'InitConfiguration', localAPIEndpoint: { advertiseAddress: machine.address } },
    { apiVersion, kind: 'ClusterConfiguration', kubernetesVersion: VERSION, certificatesDir: directory },
  ];
  const config = join(directory, 'init.yaml');
  await writeFile(config, documents.map((document) => JSON.stringify(document)).join('\n---\n'));
  for (const name of ['ca', 'apiserver']) {
    await machine.exec('kubeadm', ['init', 'phase', 'certs', name, '--config', config]);
  }
}

/** As `kubeadm init` would leave them in the cluster. */
async function configurationMaps(kubeadm: string, { address }: LabMachine): Promise<Record<string, unknown>> {
  const components = ['--component-configs', 'KubeletConfiguration,KubeProxyConfiguration'];
  const { stdout } = await localExec(kubeadm, ['config', 'print', 'init-defaults', ...components]);
  const documents = parseAllDocuments(stdout).map((document) => document.toJS() as Record<string, unknown>);
  const of = (kind: string) => documents.find((document) => document.kind === kind) ?? {};
  const cluster = {
    ...of('ClusterConfiguration'),
    kubernetesVersion: VERSION,
    controlPlaneEndpoint: `${address}:${PORT}`,
  };
  return {
    'kubeadm-config': { ClusterConfiguration: JSON.stringify(cluster) },
    'kubelet-config': { kubelet: JSON.stringify(of('KubeletConfiguration')) },
    'kube-proxy': { 'config.conf': JSON.stringify(of('KubeProxyConfiguration')) },
  };
}

/** Collects its lines after the first, which says that it listens. */
function firstLine(child: ChildProcess): Promise<readonly EndpointRequest[]> {
  const requests: EndpointRequest[] = [];
  const printed: string[] = [];
  child.stderr?.on('data', (data: Buffer) => printed.push(data.toString()));
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the endpoint ended:\n${printed.join('')}`)));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === '{"ready":true}') resolve(requests);
      else requests.push(JSON.parse(line) as EndpointRequest);
    });
  });
}
