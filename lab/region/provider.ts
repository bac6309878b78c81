import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Exec, localExec } from '../../src/system/exec.ts';
import type { LabNetwork } from '../network.ts';
import { type SystemdHost, startSystemdHost } from '../systemd.ts';
import { hubLayers } from './hub-layer.ts';
import { nameServer, SERVER_DEVICES } from './servers.ts';

const PROJECT = join(import.meta.dirname, '../..');
const HOME = { router: '192.168.77.1', machine: '192.168.77.2', network: '192.168.77.0/24' };

/** A provider's machine at home: in a network of its own, which reaches the lab's switch by address translation alone. */
export interface HomeProvider {
  readonly name: string;
  readonly host: SystemdHost;
  /** Runs `logos …` on it from source, as root; gives the last line that it printed. */
  logos(...args: string[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Boots one. Nothing on the switch can begin to talk to it. */
export async function startHomeProvider(network: LabNetwork, name: string): Promise<HomeProvider> {
  const router = await network.host();
  const home = await holdNamespace();
  const inHome = ['setpriv', '--pdeathsig', 'KILL', 'nsenter', `--net=/proc/${home.pid}/ns/net`];
  const close = async (): Promise<void> => {
    home.stdin?.end();
  };
  try {
    const [onRouter, atHome] = [through(router.command), through(inHome)];
    await atHome('ip', ['link', 'set', 'lo', 'up']);
    await onRouter('ip', ['link', 'add', 'home', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(home.pid)]);
    await onRouter('ip', ['address', 'add', `${HOME.router}/24`, 'dev', 'home']);
    await onRouter('ip', ['link', 'set', 'home', 'up']);
    await onRouter('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
    await onRouter('nft', ['-f', '-'], { input: TRANSLATION });
    await atHome('ip', ['address', 'add', `${HOME.machine}/24`, 'dev', 'eth0']);
    await atHome('ip', ['link', 'set', 'eth0', 'up']);
    await atHome('ip', ['route', 'add', 'default', 'via', HOME.router]);
    const readOnly = [PROJECT, dirname(process.execPath)].filter(
      (path, _, all) => !all.some((o) => path.startsWith(`${o}/`)),
    );
    const host = await startSystemdHost({
      layers: await hubLayers(),
      devices: SERVER_DEVICES,
      network: inHome,
      readOnly,
    });
    await nameServer(host, name, HOME.machine);
    await writeFile(join(host.root, 'etc/libvirt/qemu.conf'), QEMU_CONF);
    return {
      name,
      host,
      logos: async (...args) => {
        const env = { LOGOS_HOME: '/var/lib/logos' };
        const { stdout } = await host.exec(process.execPath, [join(PROJECT, 'bin/dev.js'), ...args, '--json'], {
          env,
          cwd: '/',
          timeout: 600_000,
        });
        return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
      },
      close: async () => {
        await host.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A container has no security module, no cgroup controllers and no extended attributes to give to QEMU. */
const QEMU_CONF = 'security_driver = "none"\nnamespaces = []\ncgroup_controllers = []\nremember_owner = 0\n';

/** What a router at home does: it lets out what comes from inside, under its own address, and in only what answers. */
const TRANSLATION = `
table ip home {
  chain out { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }
  chain through {
    type filter hook forward priority filter; policy drop;
    iifname "home" accept
    ct state established,related accept
  }
}`;

function through([enter = '', ...words]: readonly string[]): Exec {
  return (command, args, options) => localExec(enter, [...words, command, ...args], options);
}

/** A network namespace, as long as a process that holds it runs. */
function holdNamespace(): Promise<ChildProcess> {
  const child = spawn('unshare', ['--net', '--', 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`no network namespace: exit code ${code}`)));
    child.stdout.once('data', () => resolve(child));
  });
}
