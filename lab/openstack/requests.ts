import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemdHost } from '../systemd.ts';

/** Where the APIs write a line for each request, with the address that it came from. */
const LOGS = ['keystone/keystone.log', 'nova/nova-api.log', 'neutron/neutron-api.log', 'glance/glance-api.log'];

/** How many requests of an address the region's APIs have answered since it was founded. */
export async function requestsFrom({ root }: SystemdHost, address: string): Promise<number> {
  const texts = await Promise.all(LOGS.map((log) => readFile(join(root, 'var/log', log), 'utf8')));
  return texts
    .join('\n')
    .split('\n')
    .filter((line) => line.includes(` ${address} `)).length;
}
