import { createHash } from 'node:crypto';

export interface RoundOrigin {
  /** Hash of a block that is final: the region can't have chosen it. */
  block: string;
  account: string;
  round: number;
  /** 16 bytes that the region draws when it asks: the machine can't have known them. Hexadecimal. */
  nonce: string;
}

/** The seed of one round, 64 hexadecimal digits: whoever has the record of a round works it out again. */
export function roundSeed({ block, account, round, nonce }: RoundOrigin): string {
  return digest('logos-proof-1', block, account, String(round), nonce).toString('hex');
}

/** SHA-256 of parts that can't run into each other. */
export function digest(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest();
}

/** `count` different numbers below `below`, at most all of them. `random`: 0 to 1, of whoever checks. */
export function drawn(count: number, below: number, random: () => number): number[] {
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, below)) chosen.add(Math.floor(random() * below));
  return [...chosen];
}
