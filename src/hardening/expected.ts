import type { Exec } from '../system/exec.ts';
import { sysctlPath } from './facts.ts';
import { parseFirewall } from './firewall.ts';
import { renderFirewall } from './firewall-json.ts';
import { digestOf, listedDigest } from './nft.ts';
import { HOST_PATHS } from './paths.ts';
import { parseHostPolicy, type SysctlRule } from './policy.ts';
import type { PolicySource } from './source.ts';

/** nft takes the document as an argument; the listing follows in the same namespace. */
const LIST_IN_NAMESPACE = 'nft -j "$1" && exec nft -j list table inet "$2"';

/** The sysctls that a policy asks for, and where the kernel has them: worked out from its bytes alone. Throws as the parser does. */
export function expectedSysctls(
  policy: Uint8Array,
): (Pick<SysctlRule, 'name' | 'value' | 'compare'> & { readonly path: string })[] {
  const { sysctls } = parseHostPolicy(policy);
  return sysctls.map(({ name, value, compare }) => ({ name, value, compare, path: sysctlPath(HOST_PATHS, name) }));
}

/** Digests of firewall rules as asked for, and as this kernel lists them. */
interface ExpectedFirewall {
  readonly definition: string;
  readonly listing: string;
}

/**
 * Works it out for the host whose table has the name `table`; `undefined` where the policy wants no firewall. What the kernel
 * makes of it is found in an empty network namespace: nothing of this host is touched. Throws as the parsers do, and
 * ExternalError when nft can't be run.
 */
export async function expectedFirewall(
  { policy, firewall }: PolicySource,
  table: string,
  exec: Exec,
): Promise<ExpectedFirewall | undefined> {
  if (parseHostPolicy(policy).firewall === undefined || firewall === undefined) return undefined;
  const document = renderFirewall(parseFirewall(firewall), table);
  const words = ['--net', '--', 'sh', '-c', LIST_IN_NAMESPACE, 'sh', JSON.stringify(document), table];
  const { stdout } = await exec('unshare', words);
  return { definition: digestOf(document), listing: listedDigest(stdout) };
}
