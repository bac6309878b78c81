import type { Exec } from '../system/exec.ts';
import { sysctlPath } from './facts.ts';
import { parseFirewall } from './firewall.ts';
import { renderFirewall } from './firewall-json.ts';
import { digestOf, listedDigest } from './nft.ts';
import { HOST_PATHS } from './paths.ts';
import { parseHostPolicy, type SysctlRule } from './policy.ts';
import type { PolicySource } from './source.ts';

/** What a policy makes of a host, worked out from its bytes alone, without the record of what was applied. */
export interface ExpectedState {
  readonly sysctls: readonly (Pick<SysctlRule, 'name' | 'value' | 'compare'> & { readonly path: string })[];
  /** Digests of the rules as asked for, and as this kernel lists them. */
  readonly firewall?: { readonly definition: string; readonly listing: string };
}

/**
 * Works it out for the host whose table has the name `table`. What the kernel makes of the firewall is found in an empty
 * network namespace: nothing of this host is touched. Throws as the parsers do, and ExternalError when nft can't be run.
 */
export async function expectedState(
  { policy, firewall }: PolicySource,
  table: string,
  exec: Exec,
): Promise<ExpectedState> {
  const { sysctls, firewall: wanted } = parseHostPolicy(policy);
  return {
    sysctls: sysctls.map(({ name, value, compare }) => ({ name, value, compare, path: sysctlPath(HOST_PATHS, name) })),
    ...(wanted === undefined || firewall === undefined
      ? {}
      : { firewall: await expectedFirewall(firewall, table, exec) }),
  };
}

/** nft takes the document as an argument; the listing follows in the same namespace. */
const LIST_IN_NAMESPACE = 'nft -j "$1" && exec nft -j list table inet "$2"';

async function expectedFirewall(bytes: Uint8Array, table: string, exec: Exec) {
  const document = renderFirewall(parseFirewall(bytes), table);
  const words = ['--net', '--', 'sh', '-c', LIST_IN_NAMESPACE, 'sh', JSON.stringify(document), table];
  const { stdout } = await exec('unshare', words);
  return { definition: digestOf(document), listing: listedDigest(stdout) };
}
