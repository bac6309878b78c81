import type { SystemdHost } from '../systemd.ts';
import { switchCommands } from './compute-settings.ts';

const UNITS = ['libvirtd', 'nova-compute'];

/** Starts Open vSwitch, OVN's agent, libvirt and nova-compute; does not wait for the last two. */
export async function startCompute(
  { exec }: SystemdHost,
  options: { name: string; controlAddress: string; tunnelAddress: string },
): Promise<void> {
  await exec('systemctl', ['start', 'ovsdb-server', 'ovs-vswitchd']);
  for (const [command = '', ...args] of switchCommands(options.name, options.controlAddress, options.tunnelAddress)) {
    await exec(command, args);
  }
  await exec('install', ['-d', '-o', 'nova', '-g', 'nova', '/var/lib/nova/instances']);
  await exec('systemctl', ['start', '--no-block', 'ovn-controller', 'virtlogd.socket', ...UNITS]);
}

export async function stopCompute({ exec }: SystemdHost): Promise<void> {
  const units = [...UNITS, 'libvirtd.socket', 'virtlogd.socket', 'ovn-controller', 'ovs-vswitchd', 'ovsdb-server'];
  await exec('systemctl', ['stop', ...units], { timeout: 300_000 });
}
