import { BlockList, isIP } from 'node:net';
import { ExitCode, UserError } from '../system/errors.ts';

/** Where a GPU service listens. */
export type GpuAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export const DEFAULT_ADDRESS = '127.0.0.1:7843';

/** Reads `unix:/PATH`, `HOST:PORT` or `[HOST]:PORT`. Throws UserError `gpu-address-invalid`. */
export function parseAddress(text: string): GpuAddress {
  if (text.startsWith('unix:/')) return { path: text.slice('unix:'.length) };
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new UserError('gpu-address-invalid', `${text} is no address of a GPU service.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['Give unix:/PATH, HOST:PORT or [HOST]:PORT.'],
  });
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only this machine reaches the address. */
export function isLocal(address: GpuAddress): boolean {
  if ('path' in address || address.host === 'localhost') return true;
  const version = isIP(address.host);
  return version !== 0 && LOOPBACK.check(address.host, version === 4 ? 'ipv4' : 'ipv6');
}

export function addressText(address: GpuAddress): string {
  if ('path' in address) return `unix:${address.path}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
