import { decodeAddress, encodeAddress } from '@polkadot/util-crypto';
import { z } from 'zod';
import { specInvalid } from './errors.ts';

const UNIT = 1_000_000_000_000n;
const SS58_PREFIX = 42;

const account = z.string().transform((text, context) => {
  try {
    return encodeAddress(decodeAddress(text, false, SS58_PREFIX), SS58_PREFIX);
  } catch {
    context.addIssue({ code: 'custom', message: `${text.slice(0, 80)} is not an address of a Logos chain` });
    return z.NEVER;
  }
});

/** Planck as a whole number, or LOGOS with the unit: `1000 LOGOS`, `0.5 LOGOS`. */
const amount = z.union([z.number().int().nonnegative(), z.string()]).transform((value, context) => {
  const [, whole = '', fraction = '', unit = ''] = /^(\d+)(?:\.(\d{1,12}))?( ?LOGOS)?$/.exec(String(value)) ?? [];
  if (whole === '' || (fraction !== '' && unit === '')) {
    context.addIssue({ code: 'custom', message: `${String(value).slice(0, 80)} is no amount, such as "1000 LOGOS"` });
    return z.NEVER;
  }
  return unit === '' ? BigInt(whole) : BigInt(whole) * UNIT + BigInt(fraction.padEnd(12, '0'));
});

const schema = z.strictObject({
  name: z.string().min(1).max(64),
  id: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
  chainType: z.enum(['Live', 'Local', 'Development']).default('Live'),
  /** What each validator bonds. */
  stake: amount.default(1_000n * UNIT),
  /** Accounts, each with the keys that its node's `author_rotateKeys` gave. */
  validators: z.array(z.strictObject({ account, keys: z.string().regex(/^0x([0-9a-f]{2})+$/i) })).min(1),
  endowments: z.record(z.string(), amount).default({}),
  council: z.array(account).default([]),
  administrator: account.optional(),
  bootNodes: z.array(z.string().regex(/^\/(ip4|ip6|dns|dns4|dns6)\/.+\/p2p\/\w+$/)).default([]),
});

/** What the founders of a network decide. */
export type Network = z.infer<typeof schema>;

/** What is missing is to be filled in by the founders. */
export const SKELETON = {
  name: 'Logos',
  id: 'logos',
  chainType: 'Live',
  stake: '1000 LOGOS',
  validators: [{ account: '5…', keys: '0x…' }],
  endowments: { '5…': '1100 LOGOS' },
  council: ['5…'],
  bootNodes: ['/dns/boot.example.org/tcp/30333/p2p/12D3…'],
};

/** A validator needs something for fees beside what it bonds. */
const BESIDE_STAKE = UNIT;

/** Checks what founders gave. Throws UserError `spec-invalid`. */
export function parseNetwork(data: unknown): Network {
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw specInvalid('The network', z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, ' '), parsed.error);
  const network = parsed.data;
  const endowments = Object.fromEntries(
    Object.entries(network.endowments).map(([name, value]) => [requireAccount(name), value]),
  );
  const accounts = network.validators.map((validator) => validator.account);
  const twice = accounts.find((one, index) => accounts.indexOf(one) !== index);
  if (twice !== undefined) throw specInvalid('The network', `${twice} is a validator twice`);
  const keys = network.validators.map((validator) => validator.keys.toLowerCase());
  if (new Set(keys).size < keys.length) throw specInvalid('The network', 'two validators have the same session keys');
  const poor = accounts.find((one) => (endowments[one] ?? 0n) < network.stake + BESIDE_STAKE);
  if (poor !== undefined) {
    throw specInvalid('The network', `the validator ${poor} is endowed with less than its stake and 1 LOGOS`);
  }
  if (network.chainType === 'Live' && network.administrator !== undefined) {
    throw specInvalid('The network', 'a live chain has no administrator: its council and referenda decide');
  }
  return { ...network, endowments };
}

function requireAccount(text: string): string {
  const parsed = account.safeParse(text);
  if (!parsed.success) throw specInvalid('The network', `${text.slice(0, 80)} is not an address of a Logos chain`);
  return parsed.data;
}
