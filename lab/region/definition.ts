import { stringify } from 'yaml';
import { type RegionServer, TUNNEL_CARD } from './servers.ts';

/** The class of guests that a lab's region offers; they are small, and emulated. */
export const LAB_CLASS = { name: 'lab-1', vcpus: 1, memoryMiB: 192, diskGiB: 1 };
/** Where the region's API answers. */
export const LAB_VIP = '10.77.0.200';

/** What is outside of a lab's region, at the end of the tunnels' switch; guests' networks have some of its addresses. */
export const LAB_OUTSIDE = { network: '10.88.0.0/24', gateway: '10.88.0.1', from: '10.88.0.100', to: '10.88.0.199' };

/** A region's definition, as an operator writes it, over servers of the lab; who is what is left to its defaults. */
export function labDefinition(servers: readonly RegionServer[]): string {
  return stringify({
    format: 'region',
    formatVersion: 1,
    name: 'lab',
    version: '1.0.0',
    domain: 'lab.example.org',
    vip: LAB_VIP,
    networks: {
      management: '10.77.0.0/24',
      tenant: '10.64.0.0/16',
      tunnel: '10.66.0.0/24',
      providers: '10.67.0.0/24',
      // On the tunnels' card too: servers of the lab have no third one.
      external: { ...LAB_OUTSIDE, interface: TUNNEL_CARD },
      // This machine's kernel has no Open vSwitch.
      datapath: 'netdev',
    },
    classes: [LAB_CLASS],
    virtualization: 'qemu',
    servers: servers.map(({ name, address, hostKey }, index) => ({
      name,
      address,
      tunnel: { address: `10.66.0.${index + 1}`, interface: TUNNEL_CARD },
      storageGB: 4,
      ssh: { hostKey },
    })),
  });
}
