import { z } from 'zod';
import type { ConfigurationEntry, VerifiedChain } from '../chain/index.ts';
import { type Deviation, GUEST_SIZES } from '../guard/index.ts';
import { canonicalJson, sha256Hex } from '../system/canonical.ts';
import { wantedSchema } from './ngd/wanted.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
export const rulesSchema = z.object({
  policy: digest.optional(),
  firewall: digest.optional(),
  gatekeeper: digest.optional(),
  height: z.number().int().min(0),
});

/** What the chain wants of a host, as SHA-256 of the bytes in hexadecimal, and the block that says so. */
export type Rules = Readonly<z.output<typeof rulesSchema>>;

/** What came of asking for them. `silent`: nobody answered, which says nothing of the rules. */
export const rulesAnswer = z.union([
  z.object({ rules: rulesSchema, wanted: wantedSchema.optional() }),
  z.object({ failed: z.object({ code: z.string(), message: z.string(), silent: z.boolean() }) }),
]);
export type RulesAnswer = z.output<typeof rulesAnswer>;

/** The same for what this host has. */
export type InForce = Omit<Rules, 'height'>;

/** Reads the rules from a chain, with proof. */
export async function readRules(chain: VerifiedChain): Promise<Rules> {
  const security = await chain.entries('security-section-1', ['host-policy', 'host-firewall']);
  const network = await chain.entries('network-section-1', ['client-gatekeeper']);
  const [policy, firewall] = security.entries.map(digestOf);
  return { policy, firewall, gatekeeper: network.entries.map(digestOf)[0], height: security.head.height };
}

/** What a guard attests: one digest of what is in force, which anybody works out from the chain too. SHA-256, hexadecimal. */
export function rulesDigest({ policy, firewall, gatekeeper }: InForce): string {
  return sha256Hex(
    canonicalJson({ policy: policy ?? null, firewall: firewall ?? null, gatekeeper: gatekeeper ?? null }),
  );
}

const POLICY = 'host policy on chain';
const FIREWALL = 'firewall on chain';
const GATEKEEPER = 'gatekeeper on chain';

/** Targets of deviations that mean no more than rules which are not applied yet. */
export const CHAIN_RULES: ReadonlySet<string> = new Set([POLICY, FIREWALL, GATEKEEPER, GUEST_SIZES]);

/** Each rule that is not in force. */
export function compareRules(rules: Rules, found: InForce): Deviation[] {
  const parts = [
    [POLICY, rules.policy, found.policy],
    [FIREWALL, rules.firewall, found.firewall],
    [GATEKEEPER, rules.gatekeeper, found.gatekeeper],
  ] as const;
  return parts
    .filter(([, wanted, has]) => wanted !== has)
    .map(([target, wanted, has]) => ({
      target,
      expected: `${wanted === undefined ? 'none' : `SHA-256 ${wanted}`}, by block ${rules.height}`,
      found: has === undefined ? 'none' : `SHA-256 ${has}`,
    }));
}

/** SHA-256 of an entry's bytes, hexadecimal. */
export function digestOf(entry: ConfigurationEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  return entry.value.kind === 'inline' ? sha256Hex(entry.value.bytes) : entry.value.digest;
}
