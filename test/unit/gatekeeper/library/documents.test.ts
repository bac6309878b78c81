import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { codeOf, documentsOf, read } from './shipped.ts';

const PLAYBOOK = `- hosts: web
  tasks:
    - name: The package
      ansible.builtin.package:
        name: nginx
        state: present
`;
const INVENTORY = `web:
  hosts:
    n1:
      ansible_host: 10.0.0.1
`;
const PLAN = {
  format_version: '1.2',
  terraform_version: '1.11.4',
  planned_values: { root_module: {} },
  resource_changes: [],
  configuration: { root_module: {} },
};
const KUBEADM = `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  bootstrapToken:
    apiServerEndpoint: 10.0.0.1:6443
    token: abcdef.0123456789abcdef
    caCertHashes: ["sha256:${'a'.repeat(64)}"]
`;
const files = documentsOf({
  'site.yaml': PLAYBOOK,
  'shell.yaml': PLAYBOOK.replace('ansible.builtin.package', 'ansible.builtin.shell'),
  'hosts.yaml': INVENTORY,
  'net.tfplan': 'PK anything',
  'net.tfplan.json': JSON.stringify(PLAN),
  'alone.tfplan': 'PK anything',
  'bad.tfplan': 'PK anything',
  'bad.tfplan.json': '{"format_version": "1.2", "format_version": "1.2"}',
  'join.yaml': KUBEADM,
  'values.yaml': 'image:\n  tag: v1\n',
  'twice.yaml': 'a: 1\na: 2\n',
  'web.xml': '<domain type="kvm"><name>web</name><qemu:commandline xmlns:qemu="x"/></domain>',
  'key.pub': 'ssh-ed25519 AAAA',
});

describe('documents that commands name', () => {
  it('are read from where they stand in the argv, checked, and digested', () => {
    const command = read('ansible-playbook --inventory=hosts.yaml -l web site.yaml', files);
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(command.documents).toMatchObject([
      { index: 1, start: '--inventory='.length, path: 'hosts.yaml', kind: 'inventory', digest: digest(INVENTORY) },
      { index: 4, start: 0, path: 'site.yaml', kind: 'playbook', digest: digest(PLAYBOOK), companion: false },
    ]);
    expect(command.keys).toEqual(['ansible.playbook.site.yaml']);
  });

  it('bring what says what they are', () => {
    const { documents } = read('tofu apply net.tfplan', files);
    expect(documents).toMatchObject([
      { index: 2, path: 'net.tfplan', kind: 'opaque', companion: false },
      { index: 2, path: 'net.tfplan.json', kind: 'tofu-plan', companion: true },
    ]);
  });

  it('are marked where they may hold secrets', () => {
    expect(read('kubeadm join --config join.yaml', files).documents).toMatchObject([{ private: true }]);
    expect(read('openstack keypair create --public-key key.pub me', files).documents).toMatchObject([
      { kind: 'opaque', private: false },
    ]);
    expect(
      read('helm install web oci://r.example.org/web --version 1.0.0 -f values.yaml', files).documents,
    ).toHaveLength(1);
  });

  it.each([
    ['document-forbidden', 'ansible-playbook -i hosts.yaml shell.yaml'],
    ['document-malformed', 'tofu apply bad.tfplan'],
    ['document-missing', 'tofu apply alone.tfplan'],
    ['document-missing', 'virsh define none.xml'],
    ['document-forbidden', 'virsh define web.xml'],
    ['document-malformed', 'helm install web oci://r.example.org/web --version 1.0.0 --values twice.yaml'],
    ['value-invalid', 'ansible-playbook -i hosts site.yaml'],
    ['values-conflict', 'kubeadm join 10.0.0.1:6443 --config join.yaml'],
  ])('%s: %s', (code, line) => {
    expect(codeOf(() => read(line, files))).toBe(code);
  });

  it('are read once each, and not at all for a command that is refused before', () => {
    const paths: string[] = [];
    const counting = {
      read: (path: string, limit: number) => {
        paths.push(path);
        return files.read(path, limit);
      },
    };
    read('ansible-playbook -i hosts.yaml -i hosts.yaml site.yaml', counting);
    expect(paths).toEqual(['hosts.yaml', 'site.yaml']);
    expect(codeOf(() => read('ansible-playbook -i hosts.yaml site.yaml --become-user root', counting))).toBe(
      'values-conflict',
    );
    expect(paths).toHaveLength(2);
  });

  it('are no larger than the library says, whatever the way in gives', () => {
    const large = { read: () => new Uint8Array(100_000) };
    expect(codeOf(() => read('kubeadm init --config join.yaml', large))).toBe('document-too-large');
  });
});
