import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const token = (more = '', hashes = `[${HASH}]`): string => `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    token: abcdef.0123456789abcdef
    apiServerEndpoint: 10.0.0.1:6443
    caCertHashes: ${hashes}
${more}`;
const cluster = (more: string): string => `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n${more}`;

describe('configurations of kubeadm', () => {
  it('takes what a join and a cluster need', () => {
    expect(verdict('kubeadm-config', token('nodeRegistration:\n  name: node-1\n  taints: []\n'))).toBe('accept');
    const both = `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: { advertiseAddress: 10.0.0.1, bindPort: 6443 }
---
${cluster('kubernetesVersion: v1.31.2\nnetworking: { podSubnet: 10.244.0.0/16 }\napiServer:\n  certSANs: [api.example]\n')}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: systemd
`;
    expect(verdict('kubeadm-config', both)).toBe('accept');
  });

  it.each([
    [token('', '[]'), 'caCertHashes'],
    [token().replace(/ {4}caCertHashes.*\n/, ''), 'CA of the cluster'],
    [token().replace(/ {4}caCertHashes.*\n/, '    unsafeSkipCAVerification: true\n'), 'unsafeSkipCAVerification'],
    [token('  file: { kubeConfigPath: https://example.org/x }\n').replace('\n\n', '\n'), '/discovery/file'],
    [token('  bootstrapToken/token: x\n'), '"bootstrapToken/token"'],
    [token('patches: { directory: /tmp/x }\n'), '/JoinConfiguration/patches'],
    [token('nodeRegistration:\n  kubeletExtraArgs: []\n'), '/kubeletExtraArgs'],
    [token('nodeRegistration:\n  ignorePreflightErrors: [all]\n'), '/ignorePreflightErrors'],
    [token('nodeRegistration:\n  criSocket: unix:///tmp/x.sock\n'), '/criSocket'],
    [cluster('imageRepository: example.org/evil\n'), '/imageRepository'],
    [cluster('apiServer:\n  extraVolumes: []\n'), '/apiServer/extraVolumes'],
    [cluster('apiServer:\n  extraArgs: []\n'), '/apiServer/extraArgs'],
    [cluster('etcd: { external: {} }\n'), '/etcd'],
    [cluster('certificatesDir: /tmp\n'), '/certificatesDir'],
    [cluster('kubernetesVersion: https://example.org/x.txt\n'), '/kubernetesVersion'],
    ['apiVersion: v1\nkind: Pod\n', 'the kind "Pod"'],
    ['apiVersion: kubeadm.k8s.io/v1beta4\nkind: constructor\n', 'the kind "constructor"'],
    ['apiVersion: kubeadm.k8s.io/v1alpha1\nkind: JoinConfiguration\n', 'v1alpha1'],
    [`${token()}---\n${token()}`, 'twice'],
    ['- 1', 'no apiVersion and kind'],
    ['a: 1', 'no apiVersion and kind'],
  ])('refuses %j', (text, where) => {
    expect(verdict('kubeadm-config', text)).toMatch(/^document-(forbidden|malformed): /);
    expect(verdict('kubeadm-config', text)).toContain(where);
  });
});
