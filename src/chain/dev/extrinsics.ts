import { compactFromU8a, compactToU8a, u8aConcat } from '@polkadot/util';
import { encodeAddress } from '@polkadot/util-crypto';
import { fromHex, type Hex, toHex } from './hex.ts';

/** `timestamp.set`: pallet 1, call 0 of the runtime in chain/runtime. */
const TIMESTAMP_SET = [1, 0];

/** The inherent that tells a block its time, in milliseconds since 1970 (bare extrinsic, format 4). */
export function timestampInherent(milliseconds: bigint): Hex {
  const body = u8aConcat([4, ...TIMESTAMP_SET], compactToU8a(milliseconds));
  return toHex(u8aConcat(compactToU8a(body.length), body));
}

/** SS58 address of who signed an extrinsic of format 4 with a plain account id; `undefined` for all others. */
export function signerOf(extrinsic: Hex): string | undefined {
  const bytes = fromHex(extrinsic);
  if (bytes.length < 2) return undefined;
  const [offset] = compactFromU8a(bytes);
  if (bytes[offset] !== 0x84 || bytes[offset + 1] !== 0 || bytes.length < offset + 34) return undefined;
  return encodeAddress(bytes.subarray(offset + 2, offset + 34), 42);
}

/** What the runtime says of one extrinsic (sp_runtime::ApplyExtrinsicResult). */
export type Verdict =
  | { kind: 'included' }
  | { kind: 'future' }
  | { kind: 'full' }
  | { kind: 'invalid'; reason: string };

const INVALID_REASONS = [
  'Transaction call is not expected',
  'Inability to pay some fees (e.g. account balance too low)',
  'Transaction will be valid in the future',
  'Transaction is outdated',
  'Transaction has a bad signature',
  'Transaction has an ancient birth block',
  'Transaction would exhaust the block limits',
  'Invalid transaction custom error',
  'An inherent transaction is invalid',
  'A mandatory transaction is invalid',
  'Transaction has an invalid signer',
  'The implicit data is not known',
  'The origin is not known',
];
const FUTURE = 2;
const EXHAUSTS_RESOURCES = 6;

/** Reads the SCALE bytes of an ApplyExtrinsicResult. */
export function verdictOf(result: Hex): Verdict {
  const [outer, kind, variant] = fromHex(result);
  if (outer === 0) return { kind: 'included' };
  if (kind !== 0) return { kind: 'invalid', reason: 'Unknown transaction validity' };
  if (variant === FUTURE) return { kind: 'future' };
  if (variant === EXHAUSTS_RESOURCES) return { kind: 'full' };
  return { kind: 'invalid', reason: INVALID_REASONS[variant ?? 0] ?? 'Invalid transaction' };
}
