import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import type { SshTarget } from '../../system/ssh.ts';

/** Where a program listens for others (`logos dvm listen`); libvirt's own TLS port is another, 16514. */
export const TLS_PORT = 16_516;
/** Where libvirt looks for its certificates too. */
export const PKI_DIRECTORY = '/etc/pki/libvirt';

const TRANSPORTS = ['ssh', 'tls'] as const;
const PARAMETERS = { ssh: ['home', 'command', 'keyfile', 'known_hosts'], tls: ['pkipath'] };

/** A host as its URI names it. */
export type RemoteUri =
  | { readonly transport: 'ssh'; readonly target: SshTarget; readonly command: readonly string[] }
  | { readonly transport: 'tls'; readonly address: string; readonly port: number; readonly pki: string };

/** Whether a word is a URI of another machine's hypervisor. */
export function isRemoteUri(text: string): boolean {
  return /^qemu\+\w+:\/\//.test(text);
}

/**
 * Reads `qemu+ssh://[USER@]HOST[:PORT]/system[?home=DIR&command=PROGRAM&keyfile=FILE&known_hosts=FILE]` or
 * `qemu+tls://HOST[:PORT]/system[?pkipath=DIR]`, with the names of libvirt's own URIs. Throws UserError `dvm-uri-invalid`.
 */
export function parseRemoteUri(text: string, home: string = homedir()): RemoteUri {
  const url = URL.canParse(text) ? new URL(text) : invalid(text, 'it is no URI');
  const transport = TRANSPORTS.find((name) => url.protocol === `qemu+${name}:`);
  if (transport === undefined) return invalid(text, 'only qemu+ssh and qemu+tls lead to other machines');
  checkParts(text, url);
  checkParameters(text, url.searchParams, transport);
  const address = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  // A host's name that ssh would take for an option.
  if (!/^[A-Za-z0-9:]/.test(address)) invalid(text, 'it names no host');
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  if (transport === 'tls') {
    if (url.username !== '') invalid(text, 'a certificate says who one is, not a user name');
    return { transport, address, port: Number(url.port || TLS_PORT), pki: parameter('pkipath') ?? PKI_DIRECTORY };
  }
  const there = parameter('home');
  return {
    transport,
    target: {
      address,
      port: Number(url.port || 22),
      user: decodeURIComponent(url.username) || 'root',
      knownHosts: parameter('known_hosts') ?? join(home, '.ssh/known_hosts'),
      identity: parameter('keyfile'),
    },
    command: [
      ...(there === undefined ? [] : ['env', `LOGOS_HOME=${there}`]),
      ...[parameter('command') ?? 'logos', 'internal', 'dvm-agent'],
    ],
  };
}

function checkParts(text: string, { hostname, pathname, password, hash, username }: URL): void {
  if (hostname === '') invalid(text, 'it names no host');
  if (pathname !== '/system') invalid(text, 'its path is not /system');
  if (password !== '' || hash !== '') invalid(text, 'it has a password or a fragment');
  if (/%(?![0-9a-f]{2})/i.test(hostname + username)) invalid(text, 'a percent sign in it stands for nothing');
}

function checkParameters(text: string, given: URLSearchParams, transport: 'ssh' | 'tls'): void {
  const known = PARAMETERS[transport];
  for (const [name, value] of given) {
    if (!known.includes(name)) invalid(text, `it has the parameter ${name}; known are ${known.join(', ')}`);
    if (name !== 'command' && !isAbsolute(value)) invalid(text, `${name} is no absolute path`);
  }
}

function invalid(text: string, why: string): never {
  throw new UserError('dvm-uri-invalid', `${text} leads to no other host: ${why}.`, {
    nextSteps: ['Write qemu+ssh://USER@HOST/system or qemu+tls://HOST/system; docs/dvm.md has the parameters.'],
  });
}
