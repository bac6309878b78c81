import { describe, expect, it } from 'vitest';
import { codeOf, read, readArgv, SAMPLES, SHIPPED } from './shipped.ts';

describe('the shipped libraries', () => {
  it.each(SAMPLES.map((argv) => [argv.join(' '), argv] as const))('reads %s', (_, argv) => {
    const command = readArgv(argv);
    expect(command.argv).toEqual(argv);
  });

  it('has samples for every library whose commands need no document', () => {
    const tools = new Set(SAMPLES.map(([tool]) => tool));
    for (const { name, tools: own } of SHIPPED)
      expect(name === 'ansible' || own.some((tool) => tools.has(tool)), name).toBe(true);
  });

  it('reads its own undo commands', () => {
    for (const argv of SAMPLES) {
      const { undo } = readArgv(argv);
      if (undo !== undefined)
        expect(
          codeOf(() => readArgv(undo)),
          undo.join(' '),
        ).toBe('accepted');
    }
  });

  it('types the parameters of a join, and hides its token', () => {
    const hash = `sha256:${'a'.repeat(64)}`;
    const argv = `kubeadm join [FD00:0:0::1]:6443 --v 5 --token=abcdef.0123456789abcdef --discovery-token-ca-cert-hash ${hash},${hash} --node-name N1.Example.org`;
    const command = read(argv);
    expect(command).toMatchObject({
      operation: 'kubeadm.join',
      effect: 'change',
      layer: 2,
      section: 'compute-section-1',
    });
    expect({ ...command.parameters }).toEqual({
      endpoint: '[fd00::1]:6443',
      v: 5,
      token: 'abcdef.0123456789abcdef',
      'discovery-token-ca-cert-hash': [hash, hash],
      'node-name': 'n1.example.org',
    });
    expect(command.keys).toEqual(['kubernetes.cluster.%5Bfd00%3A%3A1%5D%3A6443', 'kubernetes.node.n1.example.org']);
    expect(command.secret).toEqual([5]);
    expect(command.undo).toEqual(['kubeadm', 'reset', '--force']);
  });

  it('does not print a secret in a refusal', () => {
    expect(() => read('kubeadm init --token hunter2')).toThrow(/The value of token is refused/);
    expect(() => read('kubeadm init --token hunter2')).not.toThrow(/hunter2/);
  });

  const hash = `sha256:${'a'.repeat(64)}`;
  it.each([
    // kubeadm
    [
      'option-forbidden',
      'kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification',
    ],
    ['option-forbidden', 'kubeadm init --ignore-preflight-errors=all'],
    ['option-forbidden', 'kubeadm reset --cert-dir /etc'],
    ['option-unknown', 'kubeadm init --ignore_preflight_errors=all'],
    ['option-unknown', 'kubeadm init -x'],
    ['verb-unknown', 'kubeadm joi'],
    ['verb-forbidden', 'kubeadm join phase preflight'],
    ['verb-unknown', 'kubeadm join --v=1 phase preflight'],
    ['verb-forbidden', 'kubeadm token create'],
    ['values-conflict', 'kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef'],
    ['values-conflict', `kubeadm join 10.0.0.1:6443 --discovery-token-ca-cert-hash ${hash}`],
    ['option-repeated', 'kubeadm init --node-name a --node-name b'],
    ['value-invalid', 'kubeadm init --node-name --dry-run'],
    ['value-invalid', 'kubeadm init --node-name'],
    ['value-invalid', 'kubeadm init --dry-run=perhaps'],
    ['argument-malformed', 'kubeadm reset extra'],
    ['option-missing', 'kubeadm upgrade apply'],
    ['value-invalid', 'kubeadm upgrade apply -- -1'],
    ['verb-unknown', 'kubeadm reset -fv phase'],
    ['verb-unknown', 'kubeadm init --node-name phase'],
    ['accepted', 'kubeadm init --node-name=phase'],
    // ansible
    ['option-forbidden', 'ansible-playbook -i inv.yaml -c local site.yaml'],
    ['option-forbidden', 'ansible-playbook -i inv.yaml -clocal site.yaml'],
    ['option-forbidden', 'ansible-playbook -i inv.yaml --module-path=/tmp site.yaml'],
    ['option-forbidden', 'ansible-playbook -i inv.yaml -bM/tmp site.yaml'],
    ['option-forbidden', 'ansible-playbook --vault-password-file x -i inv.yaml site.yaml'],
    ['option-ambiguous', 'ansible-playbook --module /tmp -i inv.yaml site.yaml'],
    ['option-ambiguous', 'ansible-playbook --connect=local -i inv.yaml site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml -e @vars.yaml site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml -e ansible_connection=local site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml -e ansible_host_key_checking=False site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml --extra-vars=ansible_ssh_executable=/tmp/x site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml -e inventory_hostname=elsewhere.example.org site.yaml'],
    [
      'document-missing',
      'ansible-playbook -i inv.yaml -e app_version=1 -e index=2 -e answer=3 -e a=b -e image=x site.yaml',
    ],
    ['value-invalid', 'ansible-playbook -i inv.yaml --extra-vars=@vars.yaml site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml -e {"a":1} site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml -e a={{lookup("pipe","id")}} site.yaml'],
    ['argument-malformed', 'ansible-playbook -i inv.yaml -e=a=b site.yaml'],
    ['argument-malformed', 'ansible-playbook -i inv.yaml -- site.yaml'],
    ['argument-malformed', 'ansible-playbook a.yaml -i inv.yaml b.yaml'],
    ['value-invalid', 'ansible-playbook -i n4, site.yaml'],
    ['value-invalid', 'ansible-playbook -i ../inv.yaml site.yaml'],
    ['option-missing', 'ansible-playbook site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml --check=true site.yaml'],
    ['value-invalid', 'ansible-playbook -i inv.yaml site.yaml --user='],
    ['option-unknown', 'ansible-playbook -i inv.yaml -z site.yaml'],
    // tofu
    ['value-invalid', 'tofu -chdir=../other plan'],
    ['value-invalid', 'tofu -chdir=/etc plan'],
    ['argument-malformed', 'tofu -chdir region plan'],
    ['argument-malformed', 'tofu --chdir=region plan'],
    ['option-forbidden', 'tofu init -lockfile=readonly -plugin-dir=/tmp'],
    ['option-forbidden', 'tofu init -lockfile=readonly --backend-config=x'],
    ['option-forbidden', 'tofu plan -lock=false'],
    ['option-forbidden', 'tofu plan -var-file=x'],
    ['option-missing', 'tofu init'],
    ['option-missing', 'tofu apply -auto-approve'],
    ['value-invalid', 'tofu apply net.tfplan -auto-approve'.replace('net.tfplan', '-- -x')],
    ['verb-forbidden', 'terraform destroy -auto-approve'],
    ['verb-forbidden', 'tofu state rm a'],
    // openstack
    ['option-forbidden', 'openstack --os-password x server list'],
    ['option-forbidden', 'openstack server list --os-auth-url https://example.org'],
    ['option-ambiguous', 'openstack --os-pass x server list'],
    ['option-forbidden', 'openstack server create --image i --flavor f --user-data /etc/shadow s'],
    ['option-forbidden', 'openstack server create --image i --flavor f --file /etc/x=/etc/shadow s'],
    ['verb-unknown', 'openstack server resize conf'],
    ['verb-unknown', 'openstack serv list'],
    ['verb-forbidden', 'openstack server ssh web'],
    ['values-conflict', 'openstack server create --flavor f s'],
    ['value-invalid', 'openstack image create --property os_command_line=x i'],
    ['option-ambiguous', 'openstack server list --all'],
    ['argument-malformed', 'openstack -vf json server list'],
    ['argument-malformed', 'openstack server list -vfjson'],
    ['accepted', 'openstack server list -vv -fjson -c Name'],
    // virsh
    ['option-forbidden', 'virsh -l/etc/passwd list'],
    ['value-invalid', 'virsh -c qemu+ssh://evil/system list'],
    ['value-invalid', 'virsh --connect=test:///default list'],
    ['option-ambiguous', 'virsh --conn=qemu:///system list'],
    ['verb-forbidden', 'virsh qemu-monitor-command web --hmp info'],
    ['verb-forbidden', 'virsh qemu-agent-command web {}'],
    ['value-invalid', 'virsh start 1'],
    ['value-invalid', 'virsh migrate --live --tls web qemu+ssh://n4/system'],
    ['argument-malformed', 'virsh migrate --live --tls web qemu+tls://n4/system tcp://evil'],
    ['option-forbidden', 'virsh migrate --live --tls web qemu+tls://n4/system --migrateuri tcp://evil'],
    ['option-repeated', 'virsh start web --domain web2'],
    ['argument-malformed', 'virsh start -- web'],
    ['value-invalid', 'virsh start web --paused=yes'],
    ['value-invalid', 'virsh --readonly=yes list'],
    ['value-invalid', 'virsh -c'],
    ['argument-malformed', 'virsh - list'],
    ['argument-malformed', 'virsh start -d web'],
    ['option-missing', 'virsh snapshot-create-as web --description first'],
    ['option-missing', 'virsh dominfo'],
    ['verb-unknown', 'virsh'],
    ['accepted', 'virsh -qrt -cqemu:///system dominfo --domain=web'],
    // helm
    ['option-forbidden', 'helm install web oci://r.example.org/web --version 1.0.0 --post-renderer=/bin/sh'],
    ['option-forbidden', 'helm install web web --version 1.0.0 --repo http://evil'],
    ['value-invalid', 'helm install web ./chart --version 1.0.0'],
    ['option-missing', 'helm install web oci://r.example.org/web'],
    ['value-invalid', 'helm install web oci://r.example.org/web --version 1.0.0 --set a={b,c}'],
    ['option-forbidden', 'helm install web oci://r.example.org/web --version 1.0.0 --set-file=a=/etc/shadow'],
    ['verb-forbidden', 'helm plugin install x'],
  ])('%s: %s', (code, line) => {
    expect(codeOf(() => read(line))).toBe(code);
  });

  it('does not take several commands in one argument for virsh', () => {
    for (const text of ['list; destroy web', 'list --all', '"list"', 'list;', 'list\\ ', '#list'])
      expect(codeOf(() => readArgv(['virsh', text]))).toBe('verb-unknown');
  });

  it('reads a value that a flag does not take as an operand, as the tools do', () => {
    expect(codeOf(() => read('kubeadm reset --force false'))).toBe('argument-malformed');
    expect(read('kubeadm reset --force=false').parameters).toMatchObject({ force: false });
    expect(codeOf(() => read('tofu plan -input false'))).toBe('argument-malformed');
    expect(read('helm install web oci://r.example.org/web --version 1.0.0 --dry-run').parameters['dry-run']).toBe(
      'client',
    );
    expect(codeOf(() => read('helm install web oci://r.example.org/web --version 1.0.0 --dry-run server'))).toBe(
      'argument-malformed',
    );
  });
});
