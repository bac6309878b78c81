import { compactFromU8a } from '@polkadot/util';
import { fromHex, type Hex, toHex } from './hex.ts';

/** sp_version::RuntimeVersion in the form that the JSON-RPC speaks. */
export interface RuntimeVersion {
  specName: string;
  implName: string;
  authoringVersion: number;
  specVersion: number;
  implVersion: number;
  apis: [Hex, number][];
  transactionVersion: number;
  stateVersion: number;
}

/** Reads what `Core_version` returns. */
export function decodeVersion(encoded: Hex): RuntimeVersion {
  const bytes = fromHex(encoded);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const compact = (): number => {
    const [length, value] = compactFromU8a(bytes.subarray(at));
    at += length;
    return value.toNumber();
  };
  const take = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const text = (): string => new TextDecoder().decode(take(compact()));
  const u32 = (): number => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  return {
    specName: text(),
    implName: text(),
    authoringVersion: u32(),
    specVersion: u32(),
    implVersion: u32(),
    apis: Array.from({ length: compact() }, () => [toHex(take(8)), u32()]),
    transactionVersion: u32(),
    stateVersion: take(1)[0] ?? 1,
  };
}
