import { isIPv4 } from 'node:net';
import type { Json } from '../system/journal.ts';
import type { FirewallDefinition, FirewallRule } from './firewall.ts';
import { GUEST_INTERFACE_PREFIX } from './paths.ts';

/** One document for `nft -j`: libnftables-json(5). */
export interface NftDocument {
  readonly nftables: readonly Json[];
}

/** Numbers and not names: nft looks names up in /etc/protocols, which a minimal system does not have. */
const PROTOCOL_NUMBERS = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 } as const;

const HOOKS = ['input', 'forward', 'output'] as const;

/** Replaces the table as a whole. nft applies a document in one transaction: there is no moment without rules. */
export function renderFirewall(definition: FirewallDefinition, table: string): NftDocument {
  return { nftables: [...clearTable(table), ...HOOKS.map((hook) => chainOf(hook, table)), ...rulesOf()] };

  function rulesOf(): Json[] {
    return definition.rules.flatMap((rule) =>
      byFamily(rule).map((destination) => ({
        add: {
          rule: {
            family: 'inet',
            table,
            chain: rule.chain,
            expr: [...matchesOf(rule), ...destination, { counter: null }, { [rule.verdict]: null }],
            comment: rule.why,
          },
        },
      })),
    );
  }
}

/** Leaves an empty table, whether there was one or not: `delete` alone fails on an absent table. */
export function clearTable(table: string): Json[] {
  return [...removeTable(table).nftables, { add: { table: { family: 'inet', name: table } } }];
}

export function removeTable(table: string): NftDocument {
  const id = { table: { family: 'inet', name: table } };
  return { nftables: [{ add: id }, { delete: id }] };
}

/** Priority just before `filter`, so that counters here also see what the owner's own rules drop. Policy always accept. */
function chainOf(hook: (typeof HOOKS)[number], table: string): Json {
  const chain = { family: 'inet', table, name: hook, type: 'filter', hook, prio: -5, policy: 'accept' };
  return { add: { chain } };
}

function matchesOf(rule: FirewallRule): Json[] {
  const guests = `${GUEST_INTERFACE_PREFIX}*`;
  return [
    ...(rule.guest === 'to' ? [] : [match({ meta: { key: 'iifname' } }, guests)]),
    ...(rule.guest === 'from' ? [] : [match({ meta: { key: 'oifname' } }, guests)]),
    ...(rule.state ? [match({ ct: { key: 'state' } }, rule.state, 'in')] : []),
    ...(rule.protocol && !rule.ports ? [match({ meta: { key: 'l4proto' } }, PROTOCOL_NUMBERS[rule.protocol])] : []),
    ...(rule.protocol && rule.ports
      ? [match({ payload: { protocol: rule.protocol, field: 'dport' } }, { set: rule.ports })]
      : []),
    ...(rule.above ? [{ limit: { ...rule.above, inv: true } }] : []),
  ];
}

/** A rule with networks of both families becomes one rule for each; one without networks stays one. */
function byFamily({ destinations }: FirewallRule): Json[][] {
  if (!destinations) return [[]];
  return (['ip', 'ip6'] as const).flatMap((protocol) => {
    const networks = destinations.filter((text) => isIPv4(text.split('/')[0] ?? '') === (protocol === 'ip'));
    if (networks.length === 0) return [];
    return [[match({ payload: { protocol, field: 'daddr' } }, { set: networks.map(prefix) })]];
  });
}

function prefix(network: string): Json {
  const [addr = '', length = ''] = network.split('/');
  return { prefix: { addr, len: Number(length) } };
}

function match(left: Json, right: Json, op = '=='): Json {
  return { match: { op, left, right } };
}
