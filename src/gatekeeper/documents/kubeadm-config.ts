import { checkData, type DataTable } from './data-table.ts';
import { DocumentFault, shown } from './fault.ts';
import { parseStrictYamlStream } from './yaml.ts';

const MAX_BYTES = 64 * 1024;

const TOKEN = /^[a-z0-9]{6}\.[a-z0-9]{16}$/;
const HASH = /^sha256:[0-9a-f]{64}$/;
const CERTIFICATE_KEY = /^[0-9a-f]{64}$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const ADDRESS = /^[0-9A-Fa-f][0-9A-Fa-f.:]{1,44}$/;
const ENDPOINT = /^(?:\[[0-9A-Fa-f:]{2,45}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::[0-9]{1,5})?$/;
const VERSION = /^v1\.[0-9]{1,3}\.[0-9]{1,3}$/;
const DURATION = /^(?:[0-9]{1,6}(?:h|m|s|ms))+$/;
const CIDRS = /^[0-9A-Fa-f.:]{2,45}\/[0-9]{1,3}(?:,[0-9A-Fa-f.:]{2,45}\/[0-9]{1,3})?$/;
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,252}$/;
const SOCKET = [
  'unix:///run/containerd/containerd.sock',
  'unix:///var/run/containerd/containerd.sock',
  'unix:///var/run/crio/crio.sock',
];
const EFFECT = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

const NODE_REGISTRATION: DataTable = {
  'nodeRegistration/name': HOST,
  'nodeRegistration/criSocket': SOCKET,
  'nodeRegistration/imagePullPolicy': ['Always', 'IfNotPresent', 'Never'],
  'nodeRegistration/imagePullSerial': 'boolean',
  'nodeRegistration/taints[]/key': LABEL,
  'nodeRegistration/taints[]/value': /^[A-Za-z0-9._-]{0,63}$/,
  'nodeRegistration/taints[]/effect': EFFECT,
};

/** How long kubeadm waits for each thing before it gives up. */
const TIMEOUTS: DataTable = Object.fromEntries(
  [
    ...['controlPlaneComponentHealthCheck', 'kubeletHealthCheck', 'kubernetesAPICall', 'etcdAPICall', 'tlsBootstrap'],
    ...['discovery', 'upgradeManifests'],
  ].map((name) => [`timeouts/${name}`, DURATION]),
);

/**
 * All that kubeadm may be told, by kind. Not in it: other image repositories, extra arguments and volumes of the
 * control plane, patches, discovery by a file or without checking the CA, skipped checks, and other directories.
 */
const KINDS: Readonly<Record<string, { readonly versions: readonly string[]; readonly table: DataTable }>> = {
  InitConfiguration: {
    versions: ['kubeadm.k8s.io/v1beta3', 'kubeadm.k8s.io/v1beta4'],
    table: {
      'bootstrapTokens[]/token': TOKEN,
      'bootstrapTokens[]/ttl': DURATION,
      'bootstrapTokens[]/description': /^[\x20-\x7e]{0,128}$/,
      'bootstrapTokens[]/usages[]': ['signing', 'authentication'],
      'bootstrapTokens[]/groups[]': ['system:bootstrappers:kubeadm:default-node-token'],
      ...NODE_REGISTRATION,
      'localAPIEndpoint/advertiseAddress': ADDRESS,
      'localAPIEndpoint/bindPort': 'count',
      certificateKey: CERTIFICATE_KEY,
      ...TIMEOUTS,
    },
  },
  ClusterConfiguration: {
    versions: ['kubeadm.k8s.io/v1beta3', 'kubeadm.k8s.io/v1beta4'],
    table: {
      kubernetesVersion: VERSION,
      clusterName: HOST,
      controlPlaneEndpoint: ENDPOINT,
      'networking/podSubnet': CIDRS,
      'networking/serviceSubnet': CIDRS,
      'networking/dnsDomain': HOST,
      'apiServer/certSANs[]': HOST,
      imageRepository: ['registry.k8s.io'],
      certificatesDir: ['/etc/kubernetes/pki'],
    },
  },
  JoinConfiguration: {
    versions: ['kubeadm.k8s.io/v1beta3', 'kubeadm.k8s.io/v1beta4'],
    table: {
      'discovery/bootstrapToken/token': TOKEN,
      'discovery/bootstrapToken/apiServerEndpoint': ENDPOINT,
      'discovery/bootstrapToken/caCertHashes[]': HASH,
      'discovery/bootstrapToken/unsafeSkipCAVerification': [false],
      'discovery/tlsBootstrapToken': TOKEN,
      'discovery/timeout': DURATION,
      caCertPath: ['/etc/kubernetes/pki/ca.crt'],
      ...NODE_REGISTRATION,
      'controlPlane/localAPIEndpoint/advertiseAddress': ADDRESS,
      'controlPlane/localAPIEndpoint/bindPort': 'count',
      'controlPlane/certificateKey': CERTIFICATE_KEY,
      ...TIMEOUTS,
    },
  },
  ResetConfiguration: {
    versions: ['kubeadm.k8s.io/v1beta4'],
    table: { certificatesDir: ['/etc/kubernetes/pki'], criSocket: SOCKET, force: 'boolean', dryRun: 'boolean' },
  },
  UpgradeConfiguration: {
    versions: ['kubeadm.k8s.io/v1beta4'],
    table: {
      'apply/kubernetesVersion': VERSION,
      'apply/certificateRenewal': 'boolean',
      'apply/etcdUpgrade': 'boolean',
      'node/certificateRenewal': 'boolean',
      'node/etcdUpgrade': 'boolean',
    },
  },
  KubeletConfiguration: {
    versions: ['kubelet.config.k8s.io/v1beta1'],
    table: { cgroupDriver: ['systemd', 'cgroupfs'], maxPods: 'count', clusterDomain: HOST, 'clusterDNS[]': ADDRESS },
  },
  KubeProxyConfiguration: {
    versions: ['kubeproxy.config.k8s.io/v1alpha1'],
    table: { mode: ['', 'iptables', 'ipvs', 'nftables'], clusterCIDR: CIDRS },
  },
};

/** Reads a configuration of kubeadm: one document of each known kind at most. Throws DocumentFault. */
export function checkKubeadmConfig(bytes: Uint8Array): unknown[] {
  const documents = parseStrictYamlStream(bytes, { bytes: MAX_BYTES, documents: Object.keys(KINDS).length });
  const seen = new Set<string>();
  for (const document of documents) {
    const { apiVersion, kind, ...rest } = (isMap(document) ? document : {}) as Record<string, unknown>;
    if (typeof kind !== 'string' || typeof apiVersion !== 'string') {
      throw new DocumentFault('malformed', 'a document in it has no apiVersion and kind');
    }
    const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (!known?.versions.includes(apiVersion)) {
      throw new DocumentFault('forbidden', `the kind ${shown(kind)} of ${shown(apiVersion)} is not allowed`);
    }
    if (seen.has(kind)) throw new DocumentFault('malformed', `it has the kind ${shown(kind)} twice`);
    seen.add(kind);
    checkData(rest, known.table, `/${kind}`);
    if (kind === 'JoinConfiguration') checkJoin(rest);
  }
  return documents;
}

/** Without a hash of its CA, whoever answers at the address is believed. */
function checkJoin(join: Record<string, unknown>): void {
  const { bootstrapToken } = (join.discovery ?? {}) as { bootstrapToken?: { caCertHashes?: unknown[] } };
  if (!Array.isArray(bootstrapToken?.caCertHashes) || bootstrapToken.caCertHashes.length === 0) {
    throw new DocumentFault(
      'forbidden',
      'the CA of the cluster is not named by its hash',
      '/JoinConfiguration/discovery/bootstrapToken/caCertHashes',
    );
  }
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
