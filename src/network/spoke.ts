/** A provider's end of its tunnel to a region's hub. */
export interface Spoke {
  /** Of the hub, as the provider reaches it: a name or an address, and a port. */
  readonly endpoint: string;
  readonly hubKey: string;
  /** The hub's address in the tunnel. */
  readonly hub: string;
  /** This end's address in the tunnel. */
  readonly address: string;
  /** Networks beyond the hub that are reached through it. */
  readonly networks: readonly string[];
  /** The kernel's Open vSwitch, or the one in a process, which takes tunnels only from bridges of its own. */
  readonly datapath: 'system' | 'netdev';
}

/** How often this end says that it is there, seconds: home routers forget who spoke after half a minute (RFC 4787, 4.3). */
const KEEPALIVE_S = 25;
/** What WireGuard adds then fits a line of 1,500 bytes (WireGuard's paper, 5.4.6: 60 bytes over IPv4, 80 over IPv6). */
const TUNNEL_MTU = 1_420;
/** The namespace that the tunnel ends in: what comes out of it is nobody's but the region's. */
const NAMESPACE = 'logos-con';
/** The bridge that holds the address where the datapath is a process. */
export const SPOKE_BRIDGE = 'br-con';
const CARD = 'con-out';
/** On both ends of the pair between the namespace and the machine; it goes nowhere else (RFC 3927). */
const NEAR = '169.254.77.1';

/** What `wg setconf` takes (wg(8), "CONFIGURATION FILE FORMAT"). */
export function spokeConfig({ endpoint, hubKey, hub, networks }: Spoke, secret: string): string {
  return [
    '[Interface]',
    `PrivateKey = ${secret}`,
    '[Peer]',
    `PublicKey = ${hubKey}`,
    `Endpoint = ${endpoint}`,
    `AllowedIPs = ${[`${hub}/32`, ...networks].join(', ')}`,
    `PersistentKeepalive = ${KEEPALIVE_S}`,
    '',
  ].join('\n');
}

/** The unit of systemd that sets the tunnel up at each start; `config`: the file of `spokeConfig`. */
export function spokeUnit({ address, hub, networks, datapath }: Spoke, config: string): string {
  const inside = `/usr/sbin/ip netns exec ${NAMESPACE}`;
  const owner = datapath === 'netdev' ? SPOKE_BRIDGE : CARD;
  const bridge = [
    `/usr/bin/ovs-vsctl --may-exist add-br ${SPOKE_BRIDGE} -- set bridge ${SPOKE_BRIDGE} datapath_type=netdev fail_mode=standalone`,
    `/usr/bin/ovs-vsctl --may-exist add-port ${SPOKE_BRIDGE} ${CARD}`,
  ];
  const start = [
    `/usr/sbin/ip netns add ${NAMESPACE}`,
    // It is made here, where its packets go out, and moved; the kernel's, or a process's where the kernel has none.
    "/bin/sh -c '/usr/sbin/ip link add con0 type wireguard || exec /usr/bin/wireguard-go con0'",
    `/usr/bin/wg setconf con0 ${config}`,
    `/usr/sbin/ip link set con0 netns ${NAMESPACE}`,
    `/usr/sbin/ip link add ${CARD} type veth peer name con-in netns ${NAMESPACE}`,
    ...(datapath === 'netdev' ? bridge : []),
    `/usr/sbin/ip link set ${CARD} up`,
    `/usr/sbin/ip address replace ${address}/32 dev ${owner}`,
    `/usr/sbin/ip link set ${owner} up`,
    `${inside} /usr/sbin/ip address add ${NEAR}/32 dev con-in`,
    `${inside} /usr/sbin/ip link set con-in up`,
    `${inside} /usr/sbin/ip link set con0 mtu ${TUNNEL_MTU} up`,
    `${inside} /usr/sbin/sysctl --quiet --write net.ipv4.ip_forward=1`,
    `${inside} /usr/sbin/ip route replace ${address}/32 dev con-in`,
    ...[`${hub}/32`, ...networks].map((network) => `${inside} /usr/sbin/ip route replace ${network} dev con0`),
    `/usr/sbin/ip route replace ${NEAR}/32 dev ${owner} src ${address}`,
    ...[`${hub}/32`, ...networks].map(
      (network) => `/usr/sbin/ip route replace ${network} via ${NEAR} dev ${owner} src ${address} mtu ${TUNNEL_MTU}`,
    ),
    // Who is at home beside it doesn't reach what listens at its address.
    `/usr/sbin/iptables --insert INPUT --destination ${address} ! --in-interface ${owner} --jump DROP`,
  ];
  const stop = [
    `/usr/sbin/iptables --delete INPUT --destination ${address} ! --in-interface ${owner} --jump DROP`,
    ...(datapath === 'netdev' ? [`/usr/bin/ovs-vsctl --if-exists del-br ${SPOKE_BRIDGE}`] : []),
    `/usr/sbin/ip link delete ${CARD}`,
    `${inside} /usr/sbin/ip link delete con0`,
    `/usr/sbin/ip netns delete ${NAMESPACE}`,
  ];
  return [
    '[Unit]',
    'Description=Logos: tunnel to the region',
    'Wants=network-online.target',
    ...(datapath === 'netdev' ? ['Wants=openvswitch-switch.service'] : []),
    'After=network-online.target openvswitch-switch.service',
    'Before=libvirtd-tls.socket ovn-controller.service',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    ...stop.map((command) => `ExecStartPre=-${command}`),
    ...start.map((command) => `ExecStart=${command}`),
    ...stop.map((command) => `ExecStopPost=-${command}`),
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}
