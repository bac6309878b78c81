import type { Access, GatekeeperStanding } from '../chain/index.ts';
import type { AccessContext } from './access.ts';
import type { Compliance } from './compliance.ts';
import type { GatekeeperDefinition } from './definition.ts';
import { isRequestKind, type NativeRequest } from './request.ts';

/** What a definition's rule may ask of the host and of who asks, looked up where a rule asks for it and not before. */
export interface Prerequisites {
  /** Where this host's gatekeeper stands in the chain's registry; `undefined`: it is not in it. */
  standing(): Promise<GatekeeperStanding | undefined>;
  /** Whether this host is as the chain wants it now. */
  compliance(): Promise<Compliance>;
  /** Whether an account has a role of the region's privacy contract (PSC), with `access` at least. */
  hasRole(account: string, name: string, access: Access): Promise<boolean>;
}

/**
 * Looks up what the rule of a request's kind asks for. `host`: the host's account, which asks where nobody signed for
 * themselves. Nothing, without `prerequisites`: the access validator then refuses. Throws what the look-ups throw.
 */
export async function gatherPrerequisites(
  { kind, origin }: NativeRequest,
  definition: GatekeeperDefinition,
  host: string,
  prerequisites: Prerequisites | undefined,
): Promise<Pick<AccessContext, 'registered' | 'compliance' | 'roles'>> {
  const rule = isRequestKind(kind) ? definition.requests[kind] : undefined;
  if (rule === undefined || prerequisites === undefined) return {};
  // What the chain asked for, it lets through or not.
  const registered = origin.source === 'chain' ? undefined : await prerequisites.standing();
  const compliance = rule.compliant ? await prerequisites.compliance() : undefined;
  if (rule.role === undefined) return { registered, compliance };
  const { name, access } = rule.role;
  const account = (origin.source === 'chain' ? undefined : origin.key) ?? host;
  return { registered, compliance, roles: (await prerequisites.hasRole(account, name, access)) ? [name] : [] };
}
