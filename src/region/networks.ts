import { BlockList } from 'node:net';
import { z } from 'zod';

/** An IPv4 address in dotted decimals. */
export const addressSchema = z.ipv4('no IPv4 address');

/** An IPv4 network such as `10.0.0.0/24`: its address has no bits beyond the prefix, of 8 to 30 bits. */
export const networkSchema = z
  .cidrv4('no IPv4 network such as 10.0.0.0/24')
  .refine((text) => prefixOf(text) >= 8 && prefixOf(text) <= 30, 'its prefix is not between 8 and 30')
  .refine((text) => isBase(text), 'its address is not the first one of the network');

/** Whether an address lies in a network. Both are checked texts. */
export function isInside(address: string, network: string): boolean {
  const list = new BlockList();
  list.addSubnet(networkAddress(network), prefixOf(network), 'ipv4');
  return list.check(address, 'ipv4');
}

/** Whether two networks share an address: one of them then holds the first address of the other. */
export function overlap(one: string, other: string): boolean {
  return isInside(networkAddress(one), other) || isInside(networkAddress(other), one);
}

/** Whether an address of a network can be a host's: not its first one, and not its last one (broadcast). */
export function isHostAddress(address: string, network: string): boolean {
  const size = 2 ** (32 - prefixOf(network));
  const offset = numberOf(address) - numberOf(networkAddress(network));
  return offset > 0 && offset < size - 1;
}

/** How many addresses a network has. */
export function sizeOf(network: string): number {
  return 2 ** (32 - prefixOf(network));
}

/** The address at a place in a network, from 0. */
export function addressAt(network: string, place: number): string {
  const all = numberOf(networkAddress(network)) + place;
  return [24, 16, 8, 0].map((shift) => Math.floor(all / 2 ** shift) % 256).join('.');
}

/** An address as a number, to compare. */
export function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function networkAddress(network: string): string {
  return network.slice(0, network.indexOf('/'));
}

function prefixOf(network: string): number {
  return Number(network.slice(network.indexOf('/') + 1));
}

function isBase(network: string): boolean {
  return numberOf(networkAddress(network)) % 2 ** (32 - prefixOf(network)) === 0;
}
