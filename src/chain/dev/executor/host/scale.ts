import { compactFromU8a } from '@polkadot/util';

export function encodeU32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Reads an `Option<u32>`. */
export function decodeLimit(bytes: Buffer): number | undefined {
  return bytes[0] === 1 ? bytes.readUInt32LE(1) : undefined;
}

/** Reads a `Vec<Vec<u8>>`, or with `fields` 2 a `Vec<(Vec<u8>, Vec<u8>)>` as one list after the other. */
export function decodeLists(bytes: Uint8Array, fields: 1 | 2 = 1): Uint8Array[] {
  let at = 0;
  const compact = (): number => {
    const [length, value] = compactFromU8a(bytes.subarray(at));
    at += length;
    return value.toNumber();
  };
  return Array.from({ length: compact() * fields }, () => {
    const length = compact();
    at += length;
    return bytes.subarray(at - length, at);
  });
}
