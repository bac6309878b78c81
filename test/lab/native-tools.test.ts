import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeReadyDisk, startLibvirt } from '../../lab/libvirt-host.ts';
import { type Journey, type NativeHost, startNativeHost, type Typed } from '../../lab/native-host.ts';
import { type LabNetwork, startLabNetwork } from '../../lab/network.ts';
import { giveCredentials, makeSshKey, type SshHost, startSshHost } from '../../lab/ssh-host.ts';
import { builtTool, nativeToolsLack } from '../../lab/tools.ts';
import { sha256Hex } from '../../src/system/canonical.ts';

/** The tools themselves, as a user of a host of the region types them; the gatekeeper's service is the only way to them. */
const lacks = nativeToolsLack({
  built: ['tofu'],
  installed: ['/usr/bin/ansible-playbook', '/usr/sbin/sshd', '/usr/bin/virsh', '/usr/sbin/libvirtd'],
});
let network: LabNetwork;
let host: NativeHost;
let work: string;

beforeAll(async () => {
  if (lacks) return;
  network = await startLabNetwork();
  host = await startNativeHost(network, {
    name: 'operator-1',
    own: ['/etc', '/var'],
    programs: { tofu: builtTool('tofu') ?? '' },
    tools: ['ansible-playbook', 'tofu', 'virsh'],
    prepare: async (machine, home) => {
      await machine.exec('tee', ['-a', '/etc/hosts'], { input: '127.0.1.1 operator-1\n' });
      await startLibvirt(machine, home.root);
    },
  });
  work = join(host.home.root, 'work');
  await mkdir(work);
});

afterAll(async () => {
  await host?.close();
  await network?.close();
});

/** Types a command, and gives what became of it. */
async function journey(...argv: string[]): Promise<Typed & Journey> {
  const typed = await host.type(argv, work);
  expect(typed.operation, typed.output).toBeDefined();
  return { ...typed, ...(await host.operation(typed.operation ?? 0n)) };
}

/** On chain, from its request to its end, and run once with what the host keeps as its log. */
function expectDone(journey: Typed & Journey, operation: string): void {
  expect(journey, journey.log).toMatchObject({ exitCode: 0, onChain: { state: 'done', kind: { operation } } });
  expect(journey.events.map(({ name }) => name)).toEqual(
    ['Requested', 'Approved', 'Claimed', 'Completed'].map((step) => `Operation${step}`),
  );
  expect(journey.result).toMatchObject({ exitCode: 0, log: sha256Hex(Buffer.from(journey.log)) });
}

describe.skipIf(lacks)(`a playbook, with ansible-playbook over SSH${lacks ? `: ${lacks}` : ''}`, () => {
  let hosts: SshHost[];

  beforeAll(async () => {
    const key = join(host.home.root, 'id');
    await makeSshKey(key);
    const authorized = await readFile(`${key}.pub`, 'utf8');
    hosts = [await startSshHost(network, 'web-1', authorized), await startSshHost(network, 'web-2', authorized)];
    await giveCredentials(join(host.home.gatekeeper, 'credentials', 'ansible-playbook'), {
      id_ed25519: await readFile(key, 'utf8'),
      known_hosts: hosts.map(({ knownHost }) => knownHost).join(''),
    });
    const addresses = hosts.map(({ machine }, at) => `    web-${at + 1}:\n      ansible_host: ${machine.address}\n`);
    await writeFile(join(work, 'hosts.yaml'), `all:\n  hosts:\n${addresses.join('')}`);
  });
  afterAll(async () => {
    for (const one of hosts ?? []) await one.close();
  });

  const play = async (word: string) => {
    const content = `content: "${word} {{ inventory_hostname }}"`;
    const copy = `    - ansible.builtin.copy:\n        ${content}\n        dest: /srv/word\n        mode: "0644"\n`;
    await writeFile(join(work, 'site.yaml'), `- hosts: all\n  gather_facts: false\n  tasks:\n${copy}`);
    return journey('ansible-playbook', '-i', 'hosts.yaml', 'site.yaml');
  };
  const words = () => Promise.all(hosts.map(async ({ machine }) => (await machine.exec('cat', ['/srv/word'])).stdout));

  it('changes both hosts, and its outcome is on chain', async () => {
    expectDone(await play('first'), 'ansible/playbook');
    expect(await words()).toEqual(['first web-1', 'first web-2']);
  });

  it('does not speak to a host whose SSH host key is another, and ends as failed on chain', async () => {
    await hosts[1]?.changeHostKey();
    const { onChain, exitCode, log } = await play('second');
    expect({ exitCode, state: onChain?.state }).toEqual({ exitCode: 1, state: 'failed' });
    expect(log).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
    expect(await words()).toEqual(['second web-1', 'first web-2']);
  });
});

describe.skipIf(lacks)(`a plan, with tofu${lacks ? `: ${lacks}` : ''}`, () => {
  /** What a user does before anything is asked for: tofu itself makes the plan, and shows it. */
  async function plan(name: string, body: string): Promise<string> {
    const directory = join(work, name);
    await mkdir(directory);
    await writeFile(join(directory, 'main.tf'), `resource "terraform_data" "word" {\n${body}\n}\n`);
    const tofu = (...args: string[]) =>
      host.machine.exec('/usr/local/bin/tofu', [`-chdir=${directory}`, ...args], { env: { HOME: work } });
    await tofu('plan', '-out', 'word.tfplan');
    const file = join(directory, 'word.tfplan');
    await writeFile(`${file}.json`, (await tofu('show', '-json', 'word.tfplan')).stdout);
    return file.slice(work.length + 1);
  }
  const state = () => readFile(join(host.home.gatekeeper, 'kept/tofu/stack/terraform.tfstate'), 'utf8');

  it('is applied as it was shown', async () => {
    expectDone(await journey('tofu', 'apply', '-no-color', await plan('one', 'input = "first"')), 'tofu/apply');
    expect(JSON.parse(await state())).toMatchObject({ resources: [{ type: 'terraform_data', name: 'word' }] });
  });

  it('with what another plan shows beside it is not applied', async () => {
    const before = await state();
    const [file, other] = [await plan('two', 'input = "second"'), await plan('three', 'input = "third"')];
    await writeFile(join(work, `${file}.json`), await readFile(join(work, `${other}.json`)));
    const { onChain, failed } = await journey('tofu', 'apply', '-no-color', file);
    expect({ state: onChain?.state, code: failed?.code }).toEqual({ state: 'failed', code: 'document-not-shown' });
    expect(await state()).toBe(before);
  });

  it('that runs a program on the way never becomes an operation', async () => {
    const mark = join(work, 'ran');
    const file = await plan('four', `provisioner "local-exec" {\n  command = "touch ${mark}"\n}`);
    const typed = await host.type(['tofu', 'apply', '-no-color', file], work);
    expect(typed, typed.output).toMatchObject({ exitCode: 3, operation: undefined });
    expect(typed.output).toContain('document-forbidden');
    await expect(readFile(mark)).rejects.toThrow('ENOENT');
  });
});

describe.skipIf(lacks)(`a libvirt domain, with virsh${lacks ? `: ${lacks}` : ''}`, () => {
  it('is defined, and started by another command, and its guest runs', async () => {
    const { machine, home } = host;
    const disk = await makeReadyDisk(machine, home.root, 'ready.img');
    const devices = [
      "<disk type='file' device='disk'><driver name='qemu' type='raw'/>",
      `<source file='${disk}'/><target dev='vda' bus='virtio'/></disk><serial type='pty'/>`,
    ];
    const os = "<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>";
    const sizes = "<memory unit='MiB'>32</memory><vcpu>1</vcpu>";
    const domain = `<domain type='qemu'><name>ready</name>${sizes}${os}<devices>${devices.join('')}</devices></domain>`;
    await writeFile(join(work, 'ready.xml'), domain);

    expectDone(await journey('virsh', 'define', 'ready.xml'), 'virsh/define');
    expectDone(await journey('virsh', 'start', 'ready'), 'virsh/start');
    const terminal = (await machine.exec('virsh', ['ttyconsole', 'ready'])).stdout.trim();
    const { stdout } = await machine.exec('timeout', ['30', 'head', '-c', '21', terminal]);
    expect(stdout).toContain('READY');
  });

  it('that runs already is not started again: virsh says so, and it is failed on chain', async () => {
    const { onChain, log } = await journey('virsh', 'start', 'ready');
    expect(onChain?.state).toBe('failed');
    expect(log).toContain('already active');
  });
});
