/** Configuration of a host that runs servers, beside its nova.conf: path → text. */
export function computeFiles(host: string): Record<string, string> {
  return {
    // A container has no security module, no cgroup controllers and no xattrs to give to QEMU.
    '/etc/libvirt/qemu.conf':
      'security_driver = "none"\nnamespaces = []\ncgroup_controllers = []\nremember_owner = 0\n',
    '/etc/nova/nova-compute.conf': '[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n',
    '/etc/openvswitch/system-id.conf': `${host}\n`,
  };
}

/**
 * What Open vSwitch is told of its host: OVN's databases, and a datapath in user space, since the kernel's may be missing. The
 * manager is for Nova, which plugs servers in over it.
 */
export function switchCommands(host: string, controlAddress: string, tunnelAddress: string): string[][] {
  const ids = {
    'ovn-remote': `tcp:${controlAddress}:6642`,
    'ovn-encap-type': 'geneve',
    'ovn-encap-ip': tunnelAddress,
    'ovn-bridge-datapath-type': 'netdev',
    'system-id': host,
    hostname: host,
  };
  return [
    ['ovs-vsctl', 'set-manager', 'ptcp:6640:127.0.0.1'],
    [
      ...['ovs-vsctl', 'set', 'Open_vSwitch', '.', 'other_config:userspace-tso-enable=true'],
      ...Object.entries(ids).map(([name, value]) => `external_ids:${name}=${value}`),
    ],
  ];
}
