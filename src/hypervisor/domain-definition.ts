import { XMLParser } from 'fast-xml-parser';
import { canonicalJson, sha256Hex } from '../system/canonical.ts';
import { readOwnMark } from './domain-read.ts';
import { NONCE_ARGUMENT } from './image/init.ts';
import type { DomainReference, Libvirt } from './libvirt.ts';
import { isLibvirtError, libvirtErrorNumber } from './rpc/errors.ts';

/** A running domain's definition, as far as it must not change while it runs. */
export interface DomainDefinition {
  /** SHA-256 of the definition without what libvirt fills in anew at each start. */
  readonly digest: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Devices of the host, disks, interfaces and shares: guests of ours have none of them, in words. */
  readonly foreign: readonly string[];
}

type Tree = { readonly [name: string]: unknown };

/** Filled in by libvirt for one run: the number, addresses, aliases, the terminal, labels, times. */
const VOLATILE = new Set(['@id', '@tty', 'alias', 'address', 'seclabel', 'actual', 'backingStore', 'privateData']);
/** Where what stands inside is a path of this run: the terminals of serial ports and consoles. */
const TERMINALS = new Set(['serial', 'console']);

/** Parts of `devices` that reach out of a guest. What is left (controllers, serial ports, inputs) is emulated inside. */
const REACHING = [
  'disk',
  'interface',
  'hostdev',
  'filesystem',
  'redirdev',
  'shmem',
  'vsock',
  'channel',
  'rng',
  'tpm',
  'smartcard',
];

/** Reads the XML of a running domain. Throws on what is no domain. */
export function describeDefinition(xml: string): DomainDefinition {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false });
  const { domain } = parser.parse(xml) as { domain: Tree };
  const stable = withoutVolatile(domain, '') as Tree;
  const devices = treeOf(domain.devices);
  const memory = treeOf(domain.memory);
  return {
    digest: sha256Hex(canonicalJson(stable as Parameters<typeof canonicalJson>[0])),
    vcpus: Number(textOf(domain.vcpu)),
    // libvirt answers in KiB always.
    memoryMiB: Number(textOf(memory)) / 1024,
    foreign: [
      ...REACHING.flatMap((kind) => listOf(devices[kind]).map((device) => `${kind} ${described(device)}`.trim())),
      ...Object.keys(domain)
        .filter((name) => name.includes('commandline'))
        .map((name) => `${name} of its own`),
    ],
  };
}

/**
 * The definitions of our guests that run or are paused. `allOurs`: this libvirtd runs guests of ours alone, so that one
 * without our mark was slipped in; all of it is foreign then. Throws as libvirt's calls do.
 */
export async function liveDomains(
  libvirt: Libvirt,
  { allOurs = false }: { allOurs?: boolean } = {},
): Promise<({ name: string; uuid: string } & DomainDefinition)[]> {
  const found = await Promise.all(
    (await libvirt.listDomains()).map((domain) => definitionOf(libvirt, domain, allOurs)),
  );
  return found.filter((one) => one !== undefined);
}

async function definitionOf(libvirt: Libvirt, domain: DomainReference, allOurs: boolean) {
  try {
    const xml = await libvirt.domainXml(domain);
    const isOurs = readOwnMark(xml) !== undefined;
    if (domain.id < 0 || (!isOurs && !allOurs)) return undefined;
    const definition = describeDefinition(xml);
    const foreign = isOurs ? definition.foreign : ['a guest that is none of ours', ...definition.foreign];
    return { name: domain.name, uuid: domain.uuid, ...definition, foreign };
  } catch (error) {
    if (isLibvirtError(error, libvirtErrorNumber.noDomain)) return undefined;
    throw error;
  }
}

function withoutVolatile(value: unknown, inside: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutVolatile(item, inside));
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const kept = Object.entries(value).filter(
    ([name]) => !VOLATILE.has(name) && !(TERMINALS.has(inside) && name === 'source'),
  );
  return Object.fromEntries(
    kept.map(([name, inner]) => [
      name,
      name === 'cmdline' && typeof inner === 'string' ? withoutNonce(inner) : withoutVolatile(inner, name),
    ]),
  );
}

function withoutNonce(cmdline: string): string {
  return cmdline
    .split(' ')
    .filter((argument) => !argument.startsWith(`${NONCE_ARGUMENT}=`))
    .join(' ');
}

function described(device: unknown): string {
  const source = treeOf(treeOf(device).source);
  return Object.entries(source)
    .filter(([name, value]) => name.startsWith('@') && typeof value === 'string')
    .map(([, value]) => value)
    .join(' ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(treeOf(value)['#text'] ?? '');
}

function treeOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
