import { ExternalError, UserError } from '../system/errors.ts';
import { type Exec, localExec } from '../system/exec.ts';
import { sshExec } from '../system/ssh.ts';
import type { RegionDefinition, RegionServer } from './definition.ts';
import { targetOf } from './inventory.ts';
import { checkServers } from './preflight.ts';
import { askServer, type ServerFacts } from './preflight-facts.ts';
import type { Finding } from './refusal.ts';

/** How the servers are reached. */
export interface Reach {
  readonly knownHosts: string;
  readonly identity?: string;
  /** Runs ssh. */
  readonly exec?: Exec;
}

/** Runs programs on a server, over SSH with its pinned key. */
export function execOn(definition: RegionDefinition, server: RegionServer, reach: Reach): Exec {
  return sshExec(targetOf(definition, server, reach), reach.exec ?? localExec);
}

/** What a look at all servers gave. */
export interface Preflight {
  readonly facts: Readonly<Record<string, ServerFacts>>;
  readonly findings: readonly Finding[];
}

/** Looks at all servers at once, and changes nothing. A server that can't be asked is a finding, not an error. */
export async function preflight(
  definition: RegionDefinition,
  reach: Reach,
  { fresh, signal }: { fresh: boolean; signal?: AbortSignal },
): Promise<Preflight> {
  const facts: Record<string, ServerFacts> = {};
  const findings: Finding[] = [];
  await Promise.all(
    definition.servers.map(async (server) => {
      const others = definition.servers.filter(({ name }) => name !== server.name);
      const peers = others.map(({ address, ssh }) => `${address}:${ssh.port}`);
      try {
        facts[server.name] = await askServer(execOn(definition, server, reach), peers, signal);
      } catch (thrown) {
        signal?.throwIfAborted();
        findings.push(findingOf(server.name, thrown));
      }
    }),
  );
  const sorted = findings.toSorted((a, b) => (a.where < b.where ? -1 : 1));
  return { facts, findings: [...sorted, ...checkServers(definition, facts, { fresh })] };
}

function findingOf(where: string, thrown: unknown): Finding {
  if (thrown instanceof UserError || thrown instanceof ExternalError)
    return { code: thrown.code, where, reason: thrown.message.replace(/\.$/, '') };
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'region-answer-invalid', where, reason: `its answer can't be read: ${reason.split('\n')[0]}` };
}
