import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  makeTunnelKey,
  SPOKE_BRIDGE,
  type Spoke,
  spokeConfig,
  spokeUnit,
  tunnelPublicKey,
} from '../../network/index.ts';
import type { Exec } from '../../system/exec.ts';
import { writeFileAtomic } from '../../system/files.ts';
import type { ProviderAnswer, ProviderRequest } from './documents.ts';

/** What a provider's machine keeps of a region, its own keys among it. */
const OWN = '/etc/logos-region/provider';
const GUESTS = '/var/lib/logos-guests';
const UNITS = '/etc/systemd/system';
const SSH_KEY = '/etc/ssh/ssh_host_ed25519_key.pub';
const SYSTEM_ID = '/etc/openvswitch/system-id.conf';
const LIBVIRTD_PORT = 16_514;
const SOUTHBOUND_PORT = 6642;
const OVSDB_PORT = 6640;

/** Makes the machine's keys, unless it has them, and gives what the region is to know: their public halves. */
export async function requestOf(name: string): Promise<ProviderRequest> {
  const tunnel = await kept('tunnel.key', makeTunnelKey);
  // libvirt's TLS takes no other kind than RSA.
  const tls = await kept('tls.key', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  });
  const [kind, key] = (await readFile(SSH_KEY, 'utf8')).trim().split(' ');
  return {
    ...{ format: 'provider-request', formatVersion: 1, name },
    tunnelKey: tunnelPublicKey(tunnel),
    tlsKey: createPublicKey(tls).export({ type: 'spki', format: 'pem' }).toString(),
    hostKey: `${kind} ${key}`,
  };
}

/** A file of the machine that is the region's matter. */
interface MachineFile {
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

/** All that a machine has of a region, but its keys and what is in Open vSwitch's database. `tunnel`: its private key. */
export function machineFiles(answer: ProviderAnswer, tunnel: string): MachineFile[] {
  const spoke: Spoke = answer;
  const guests = join(GUESTS, answer.name);
  const own = (file: string) => join(OWN, file);
  return [
    { path: own('authority.pem'), text: answer.authority },
    { path: own('certificate.pem'), text: answer.certificate },
    { path: own('con0.conf'), text: spokeConfig(spoke, tunnel), mode: 0o600 },
    { path: join(UNITS, 'logos-con.service'), text: spokeUnit(spoke, own('con0.conf')), mode: 0o644 },
    { path: own('libvirtd.conf'), text: libvirtdConfig(answer) },
    { path: join(UNITS, 'libvirtd.service.d/logos.conf'), text: LIBVIRTD_UNIT, mode: 0o644 },
    { path: join(UNITS, 'libvirtd-tls.socket.d/logos.conf'), text: socketUnit(answer.address), mode: 0o644 },
    { path: own('files'), text: `restrict ${answer.filesKey}\n`, mode: 0o644 },
    { path: '/etc/ssh/sshd_config.d/40-logos-region.conf', text: sshConfig(answer.hub, guests), mode: 0o644 },
    { path: SYSTEM_ID, text: `${answer.name}\n`, mode: 0o644 },
  ];
}

/** Only the region's computes drive libvirt, and only through the tunnel (libvirtd.conf, "TLS x509 certificate configuration"). */
function libvirtdConfig({ computes }: ProviderAnswer): string {
  return [
    `key_file = "${OWN}/tls.key"`,
    `cert_file = "${OWN}/certificate.pem"`,
    `ca_file = "${OWN}/authority.pem"`,
    `tls_allowed_dn_list = ["O=Logos,CN=${computes}", "CN=${computes},O=Logos"]`,
    'auth_tls = "none"',
    '',
  ].join('\n');
}

const LIBVIRTD_UNIT = `[Unit]
Wants=libvirtd-tls.socket
[Service]
Environment=LIBVIRTD_ARGS=--config=${OWN}/libvirtd.conf
`;

function socketUnit(address: string): string {
  return `[Socket]\nListenStream=\nListenStream=${address}:${LIBVIRTD_PORT}\nFreeBind=yes\n`;
}

/** Guests' files, and no others, are the region's to read and write. */
function sshConfig(hub: string, guests: string): string {
  return [
    `Match User root Address ${hub}`,
    `  AuthorizedKeysFile ${OWN}/files`,
    '  AuthenticationMethods publickey',
    '  PermitRootLogin yes',
    `  ChrootDirectory ${guests}`,
    '  ForceCommand internal-sftp',
    '  PermitTunnel no',
    '  DisableForwarding yes',
    'Match all',
    '',
  ].join('\n');
}

/** Makes the machine a part of the region that answered it. Run again, it goes on. Throws what a program throws. */
export async function acceptAnswer(answer: ProviderAnswer, exec: Exec): Promise<void> {
  const tunnel = await readFile(join(OWN, 'tunnel.key'), 'utf8');
  await mkdir(join(GUESTS, answer.name), { recursive: true, mode: 0o755 });
  for (const { path, text, mode } of machineFiles(answer, tunnel)) {
    await writeFileAtomic(path, text, mode ?? 0o600);
  }
  const systemctl = (...args: string[]) => exec('systemctl', args, { timeout: 300_000 });
  await systemctl('daemon-reload');
  await systemctl('restart', 'openvswitch-switch');
  for (const words of switchSettings(answer)) await exec('ovs-vsctl', words);
  if (answer.datapath === 'netdev') await systemctl('restart', 'ovs-vswitchd');
  await systemctl('enable', '--quiet', 'logos-con', 'openvswitch-switch', 'ovn-controller', 'libvirtd', 'ssh');
  await systemctl('restart', 'logos-con');
  await systemctl('restart', 'ssh');
  await systemctl('stop', 'libvirtd', 'libvirtd-tls.socket');
  await systemctl('start', 'libvirtd.socket', 'libvirtd-tls.socket');
  await systemctl('start', 'libvirtd');
  await systemctl('restart', 'ovn-controller');
}

function switchSettings({ name, address, hub, datapath }: ProviderAnswer): string[][] {
  const ids = {
    'system-id': name,
    hostname: name,
    'ovn-remote': `ssl:${hub}:${SOUTHBOUND_PORT}`,
    'ovn-encap-type': 'geneve',
    'ovn-encap-ip': address,
    'ovn-bridge-datapath-type': datapath,
  };
  const tso = datapath === 'netdev' ? ['other_config:userspace-tso-enable=true'] : [];
  return [
    ['set-ssl', `${OWN}/tls.key`, `${OWN}/certificate.pem`, `${OWN}/authority.pem`],
    // For Nova, through the tunnel, which nothing else comes through; its library knows no TLS here (os-vif).
    ['set-manager', `ptcp:${OVSDB_PORT}:${address}`],
    ['set', 'Open_vSwitch', '.', ...tso, ...Object.entries(ids).map(([key, it]) => `external_ids:${key}="${it}"`)],
  ];
}

/** Takes off a machine what `acceptAnswer` gave it, and its keys: it then joins anew. Guests' files stay where they are. */
export async function departMachine(exec: Exec): Promise<void> {
  const lenient = { accept: [0, 1, 3, 4, 5], timeout: 300_000 };
  const systemctl = (...args: string[]) => exec('systemctl', args, lenient);
  await systemctl('disable', '--quiet', '--now', 'ovn-controller', 'logos-con');
  await systemctl('stop', 'libvirtd', 'libvirtd-tls.socket');
  await exec('ovs-vsctl', ['--if-exists', 'del-br', 'br-int', '--', '--if-exists', 'del-br', SPOKE_BRIDGE], lenient);
  await exec(
    'ovs-vsctl',
    ['del-ssl', '--', 'del-manager', '--', 'clear', 'Open_vSwitch', '.', 'external_ids'],
    lenient,
  );
  const files = [`${UNITS}/logos-con.service`, `${UNITS}/libvirtd.service.d/logos.conf`];
  const further = [
    `${UNITS}/libvirtd-tls.socket.d/logos.conf`,
    '/etc/ssh/sshd_config.d/40-logos-region.conf',
    SYSTEM_ID,
  ];
  for (const path of [...files, ...further, OWN]) await rm(path, { recursive: true, force: true });
  await systemctl('daemon-reload');
  await systemctl('try-restart', 'ssh');
}

async function kept(file: string, make: () => string): Promise<string> {
  const path = join(OWN, file);
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  const made = make();
  await writeFileAtomic(path, made);
  return made;
}
