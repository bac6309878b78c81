import { isIPv4, SocketAddress } from 'node:net';
import { notA } from './values.ts';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MAX_HOSTNAME = 253;
const MAX_PORT = 65_535;

export function readIpv4(text: string): string {
  if (!isIPv4(text)) throw notA('an IPv4 address');
  return text;
}

/** Only what an IPv6 address can hold: no zone, which names an interface of one host. */
const IPV6_TEXT = /^[0-9A-Fa-f:.]{2,45}$/;

/** An IPv6 address in the form of RFC 5952. */
export function readIpv6(text: string): string {
  if (!IPV6_TEXT.test(text) || !text.includes(':')) throw notA('an IPv6 address');
  try {
    return new SocketAddress({ address: text, family: 'ipv6' }).address;
  } catch {
    throw notA('an IPv6 address');
  }
}

export function readIp(text: string): string {
  return text.includes(':') ? readIpv6(text) : readIpv4(text);
}

export function readPrefix(text: string, longest: number): number {
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(text) || Number(text) > longest) throw notA('an address range');
  return Number(text);
}

export function readCidr(text: string): string {
  const slash = text.indexOf('/');
  if (slash < 0) throw notA('an address range, such as 10.0.0.0/24');
  const address = readIp(text.slice(0, slash));
  return `${address}/${readPrefix(text.slice(slash + 1), address.includes(':') ? 128 : 32)}`;
}

/** A name of RFC 1123 in lower case; never all digits and dots, which programs read as an address. */
export function readHostname(text: string): string {
  const name = text.toLowerCase();
  const labels = name.split('.');
  const last = labels.at(-1) as string;
  if (
    name.length > MAX_HOSTNAME ||
    !labels.every((label) => LABEL.test(label)) ||
    /^(?:[0-9]+|0x[0-9a-f]*)$/.test(last)
  )
    throw notA('a host name');
  return name;
}

export function readLabel(text: string): string {
  if (!LABEL.test(text)) throw notA('a label of small letters, digits and hyphens');
  return text;
}

export function readHost(text: string): string {
  if (text.includes(':')) return readIpv6(text);
  return isIPv4(text) ? text : readHostname(text);
}

export function readPort(text: string): number {
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > MAX_PORT) throw notA('a port');
  return port;
}

/** `host:port`; an IPv6 address stands in brackets. */
export function readEndpoint(text: string): string {
  const colon = text.lastIndexOf(':');
  if (colon < 1) throw notA('a host and port, such as 10.0.0.1:6443');
  const host = text.slice(0, colon);
  const port = readPort(text.slice(colon + 1));
  if (host.startsWith('[') && host.endsWith(']')) return `[${readIpv6(host.slice(1, -1))}]:${port}`;
  if (host.includes(':')) throw notA('a host and port: an IPv6 address stands in brackets');
  return `${readHost(host)}:${port}`;
}

export function readMac(text: string): string {
  if (!/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/.test(text)) throw notA('a MAC address');
  return text.toLowerCase();
}

/** `https://host[:port]/path` without user, query and fragment. */
export function readHttps(text: string): string {
  const match = /^https:\/\/(\[[^\]]{2,45}\]|[A-Za-z0-9.-]{1,253})(:[0-9]{1,5})?((?:\/[A-Za-z0-9._~-]*)*)$/.exec(text);
  if (match === null) throw notA('an https address without user, query and fragment');
  const [, host = '', port = '', path = ''] = match;
  if (path.split('/').includes('..')) throw notA('an https address: its path goes up');
  const name = host.startsWith('[') ? `[${readIpv6(host.slice(1, -1))}]` : readHost(host);
  return `https://${name}${port === '' ? '' : `:${readPort(port.slice(1))}`}${path}`;
}
