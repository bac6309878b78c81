import { hexToU8a, u8aToHex } from '@polkadot/util';
import { z } from 'zod';
import { genesisHeader, headerHash } from '../dev/header.ts';
import { type Bytes, stateRootOf } from '../runtime-call.ts';
import { openRuntime, type RuntimeFile } from '../runtime-file.ts';
import type { Hash } from '../types.ts';
import { specInvalid } from './errors.ts';
import type { Network } from './network.ts';

/** `:code`, without `0x`. */
const CODE_KEY = '3a636f6465';
/** A group that repeats would overflow the stack of the regular expression: a runtime has millions of digits. */
const hex = z
  .string()
  .regex(/^0x[0-9a-f]*$/)
  .refine((text) => text.length % 2 === 0, 'half a byte');
const schema = z.looseObject({
  name: z.string(),
  id: z.string(),
  chainType: z.string(),
  bootNodes: z.array(z.string()),
  properties: z.record(z.string(), z.unknown()).nullish(),
  genesis: z.object({
    raw: z.object({ top: z.record(hex, hex), childrenDefault: z.record(z.string(), z.unknown()).default({}) }),
  }),
});

/** A chain specification that was read and whose runtime was tried out. */
export interface Specification {
  name: string;
  id: string;
  chainType: string;
  bootNodes: readonly string[];
  /** By key, in hexadecimal without `0x`. */
  state: ReadonlyMap<string, Bytes>;
  stateRoot: Hash;
  /** Hash of the first block: the name of the network. */
  genesis: Hash;
  runtime: RuntimeFile;
}

/** The file that a node starts from, as text: the same network gives the same bytes. */
export function writeSpecification(network: Network, state: ReadonlyMap<string, Bytes>, code: Bytes): string {
  const entries = [...state, [CODE_KEY, code] as const].sort(([one], [other]) => (one < other ? -1 : 1));
  const top = Object.fromEntries(entries.map(([key, value]) => [`0x${key}`, u8aToHex(value)]));
  const file = {
    name: network.name,
    id: network.id,
    chainType: network.chainType,
    bootNodes: network.bootNodes,
    telemetryEndpoints: null,
    protocolId: network.id,
    properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: 'LOGOS' },
    codeSubstitutes: {},
    genesis: { raw: { top, childrenDefault: {} } },
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads a specification and works out its first block. Throws UserError `spec-invalid` or `runtime-invalid`. */
export function readSpecification(text: string, name: string): Specification {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw specInvalid(name, 'it is not JSON', cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success)
    throw specInvalid(
      name,
      z
        .prettifyError(parsed.error)
        .replaceAll(/\s*\n\s*/g, ' ')
        .slice(0, 300),
      parsed.error,
    );
  const { genesis, ...about } = parsed.data;
  if (Object.keys(genesis.raw.childrenDefault).length > 0) throw specInvalid(name, 'its first block has child tries');
  const state = new Map(Object.entries(genesis.raw.top).map(([key, value]) => [key.slice(2), hexToU8a(value as Hash)]));
  const code = state.get(CODE_KEY);
  if (code === undefined) throw specInvalid(name, 'it has no runtime (`:code`)');
  const runtime = openRuntime(code, `the runtime in ${name}`);
  const stateRoot = u8aToHex(stateRootOf(state));
  return {
    name: about.name,
    id: about.id,
    chainType: about.chainType,
    bootNodes: about.bootNodes,
    state,
    stateRoot,
    genesis: headerHash(genesisHeader(stateRoot)),
    runtime,
  };
}
