import { canonicalJson, sha256Hex } from '../../system/canonical.ts';
import type { Json } from '../../system/journal.ts';
import type { Benchmark } from '../benchmark/run.ts';
import type { Inventory } from './types.ts';

/** SHA-256 (hex) of what was found and measured, in canonical JSON: what a host commits to when it joins. */
export function inventoryDigest(inventory: Inventory, benchmark: Benchmark): string {
  return sha256Hex(canonicalJson(plain({ inventory, benchmark })));
}

/** Absent optional fields are left out, as JSON itself leaves them out. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
