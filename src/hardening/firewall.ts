import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { renderFirewall } from './firewall-json.ts';
import { parseStrict } from './parse.ts';

const cidr = z.string().superRefine((text, context) => {
  const [address = '', length = '', ...rest] = text.split('/');
  const most = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : -1;
  if (rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > most)
    context.addIssue({ code: 'custom', message: `${text} is not a network such as 10.0.0.0/8` });
});

/** nft gets its document as one argument, and Linux takes 131,072 bytes in one: execve(2). */
const MAX_DOCUMENT = 120_000;

const ruleSchema = z
  .strictObject({
    chain: z.enum(['input', 'forward', 'output']),
    /**
     * Which side is a guest's interface: the packet comes from one, goes to one, or both. Every rule names one, so that no
     * rule can ever concern the owner's own traffic.
     */
    guest: z.enum(['from', 'to', 'between']),
    state: z
      .array(z.enum(['new', 'established', 'related', 'invalid']))
      .min(1)
      .optional(),
    protocol: z.enum(['tcp', 'udp', 'icmp', 'ipv6-icmp']).optional(),
    /** Destination ports, of tcp or udp. */
    ports: z.array(z.int().min(1).max(65_535)).min(1).max(64).optional(),
    destinations: z.array(cidr).min(1).max(64).optional(),
    /** The rule concerns only what comes on top of this rate. */
    above: z
      .strictObject({
        rate: z.int().min(1).max(1_000_000),
        per: z.enum(['second', 'minute']),
        burst: z.int().min(1).max(1_000_000),
      })
      .optional(),
    verdict: z.enum(['accept', 'drop']),
    /** Becomes the rule's comment, which the owner sees in `nft list ruleset`. */
    why: z
      .string()
      .min(1)
      .max(120)
      .regex(/^[\x20-\x7e]*$/, 'only printable ASCII'),
  })
  .superRefine(({ chain, guest, protocol, ports }, context) => {
    const issue = (message: string): void => context.addIssue({ code: 'custom', message });
    if (chain === 'input' && guest !== 'from') issue('input has no outgoing interface: guest must be "from"');
    if (chain === 'output' && guest !== 'to') issue('output has no incoming interface: guest must be "to"');
    if (ports && protocol !== 'tcp' && protocol !== 'udp') issue('ports need the protocol tcp or udp');
  });

/**
 * `host-firewall` of security-section-1, version 1: rules for the traffic of guests, first match wins inside a chain; what
 * no rule matches is left to the host's other tables. An `accept` here opens nothing that the owner's firewall drops.
 */
const firewallSchema = z
  .strictObject({ version: z.literal(1), rules: z.array(ruleSchema).max(256) })
  .refine((definition) => JSON.stringify(renderFirewall(definition, 'logos_00000000')).length <= MAX_DOCUMENT, {
    message: `its rules take more than ${MAX_DOCUMENT} characters of nft JSON`,
  });

export type FirewallRule = z.infer<typeof ruleSchema>;
export interface FirewallDefinition {
  readonly version: 1;
  readonly rules: readonly FirewallRule[];
}

/** Throws UserError `policy-invalid`. */
export function parseFirewall(bytes: Uint8Array): FirewallDefinition {
  return parseStrict(bytes, firewallSchema, 'firewall definition');
}
