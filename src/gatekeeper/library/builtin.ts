import * as addresses from './addresses.ts';
import { notA, type Value, type ValueType } from './values.ts';

/** Types that every library has, by name. */
export const BUILTIN_TYPES: ReadonlyMap<string, ValueType> = new Map(
  Object.entries({
    label: addresses.readLabel,
    hostname: addresses.readHostname,
    host: addresses.readHost,
    ip: addresses.readIp,
    ipv4: addresses.readIpv4,
    ipv6: addresses.readIpv6,
    cidr: addresses.readCidr,
    mac: addresses.readMac,
    port: addresses.readPort,
    endpoint: addresses.readEndpoint,
    https: addresses.readHttps,
    boolean: readBoolean,
    name: matching(
      /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/,
      'a name of letters, digits, dots, hyphens and underscores',
    ),
    phrase: matching(
      /^[A-Za-z0-9](?:[A-Za-z0-9 ._,:()+-]{0,253}[A-Za-z0-9.)])?$/,
      'a phrase of letters, digits and simple punctuation',
    ),
    uuid: readUuid,
    sha256: matching(/^sha256:[0-9a-f]{64}$/, 'a SHA-256, such as sha256:… with 64 small hexadecimal digits'),
    version: matching(
      /^v?(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){1,3}(?:-[0-9A-Za-z]{1,16}(?:\.[0-9A-Za-z]{1,16}){0,4})?$/,
      'a version, such as v1.34.2',
    ),
    image: matching(IMAGE(), 'an image name with its registry, such as registry.k8s.io/pause:3.10'),
    size: readSize,
    duration: matching(/^(?:0|(?:[0-9]{1,6}(?:\.[0-9]{1,3})?(?:h|ms|m|s)){1,4})$/, 'a duration, such as 5m or 1h30m'),
    path: readPath,
    'absolute-path': readAbsolutePath,
    'relative-path': readRelativePath,
  }).map(([name, read]): [string, ValueType] => [name, { read }]),
);

function matching(pattern: RegExp, what: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw notA(what);
    return text;
  };
}

/** A reference of the OCI distribution specification: host, path, tag or digest. */
function IMAGE(): RegExp {
  const host = '[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::[1-9][0-9]{0,4})?';
  const part = '[a-z0-9]{1,64}(?:(?:\\.|__?|-{1,4})[a-z0-9]{1,64}){0,8}';
  return new RegExp(`^${host}(?:/${part}){1,8}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);
}

function readBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw notA('true or false');
  return text === 'true';
}

function readUuid(text: string): string {
  if (!/^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text)) throw notA('a UUID');
  return text.toLowerCase();
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  KiB: 2 ** 10,
  KB: 1e3,
  M: 2 ** 20,
  MiB: 2 ** 20,
  MB: 1e6,
  G: 2 ** 30,
  GiB: 2 ** 30,
  GB: 1e9,
  T: 2 ** 40,
  TiB: 2 ** 40,
  TB: 1e12,
};

/** A size in bytes: `10GiB`. */
function readSize(text: string): Value {
  const match = /^(0|[1-9][0-9]{0,14})([A-Za-z]{0,3})$/.exec(text);
  const unit = UNITS[match?.[2] ?? '?'];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) throw notA('a size, such as 10GiB');
  return bytes;
}

const PATH = /^(?:\/|\.\/)?[A-Za-z0-9_][A-Za-z0-9._+@-]*(?:\/[A-Za-z0-9_.+@-]+)*\/?$/;

/** A path that stays below where it begins: no `..`, nothing that a shell or a tool reads as more than a name. */
function readPath(text: string): string {
  if (text.length > 1_024 || !PATH.test(text) || text.split('/').includes('..')) throw notA('a plain path without ..');
  return text;
}

function readAbsolutePath(text: string): string {
  if (!text.startsWith('/')) throw notA('an absolute path');
  return readPath(text);
}

function readRelativePath(text: string): string {
  if (text.startsWith('/')) throw notA('a path that begins here');
  return readPath(text);
}
