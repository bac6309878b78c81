import type { LibrarySet } from '../library/index.ts';
import type { DvciRules } from '../validators/dvci-rules.ts';

/** What closures are checked by. */
export interface CheckRules {
  readonly libraries: LibrarySet;
  /** Operations that the gatekeeper's definition lets through. */
  readonly accepted: readonly string[];
  /** What commands on layers 2 and 3 must hold to. */
  readonly dvci: DvciRules;
}
