import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ConfigurationEntry, VerifiedChain } from '../../chain/index.ts';
import { expectedFirewall, expectedSysctls, instanceName } from '../../hardening/index.ts';
import { parseDvmTemplates } from '../../hypervisor/index.ts';
import { sha256Hex } from '../../system/canonical.ts';
import { toLogosError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { isErrno } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What the chain's final state makes of this host, worked out by NGd itself: nothing of it is the gatekeeper's word. */
export const wantedSchema = z.object({
  /** SHA-256 of the policy and of the firewall that the rest was worked out from. */
  policy: digest.optional(),
  firewallSource: digest.optional(),
  sysctls: z
    .array(
      z.object({
        name: z.string(),
        path: z.string(),
        value: z.string(),
        compare: z.enum(['equal', 'at-least', 'at-most']),
      }),
    )
    .default([]),
  firewall: z.object({ definition: z.string(), listing: z.string() }).optional(),
  /** Sizes that guests may have; absent where the templates could not be had. */
  templates: z.array(z.object({ vcpus: z.number(), memoryMiB: z.number() })).optional(),
  /** SHA-256 of the artefacts that the sections name: reference libraries, definitions, policies. */
  artifacts: z.array(digest).default([]),
  /** What could not be worked out here, in words: for that, the record of what was applied has to do. */
  missing: z.array(z.string()).default([]),
});
export type Wanted = z.output<typeof wantedSchema>;

const SECTIONS = ['security-section-1', 'network-section-1', 'compute-section-1'];

/**
 * Reads it with proof. Values that are kept by hash are taken from this host's own store, and only if they are right. Each part
 * by itself: one that can't be worked out is told of in `missing`, and takes no other with it. Throws what the chain does.
 */
export async function readWanted(chain: Pick<VerifiedChain, 'section'>, home: Home, exec: Exec): Promise<Wanted> {
  const sections = await Promise.all(SECTIONS.map((name) => chain.section(name)));
  const entries = new Map(sections.flatMap(({ entries: some }) => [...some]));
  const artifacts = [...entries.values()].flatMap(({ value }) => (value.kind === 'artifact' ? [value.digest] : []));
  const missing: string[] = [];
  const part = async <T>(what: string, work: () => Promise<T | undefined>): Promise<T | undefined> => {
    try {
      const done = await work();
      if (done === undefined) missing.push(`${what}: this host has not got its document`);
      return done;
    } catch (thrown) {
      missing.push(`${what}: ${toLogosError(thrown).message}`);
      return undefined;
    }
  };
  const bytes = async (key: string) => {
    const entry = entries.get(key);
    return entry && part(key, () => bytesOf(entry, home));
  };
  const [policy, firewall, templates] = [
    await bytes('host-policy'),
    await bytes('host-firewall'),
    await bytes('dvm-templates'),
  ];
  const sysctls = policy && (await part('sysctls', async () => expectedSysctls(policy)));
  const table = instanceName(home.root);
  const rules =
    policy &&
    firewall &&
    (await part('firewall', async () => (await expectedFirewall({ policy, firewall }, table, exec)) ?? NONE));
  const sizes = templates && (await part('sizes of guests', async () => [...parseDvmTemplates(templates).values()]));
  return {
    policy: policy && sha256Hex(policy),
    firewallSource: firewall && sha256Hex(firewall),
    sysctls: [...(sysctls ?? [])],
    firewall: rules === NONE ? undefined : rules,
    templates: sizes?.map(({ vcpus, memoryMiB }) => ({ vcpus, memoryMiB })),
    artifacts: [...new Set(artifacts)].sort(),
    missing,
  };
}

/** The policy wants no firewall. */
const NONE = 'none';

/** Nothing where this host has not got the document. */
async function bytesOf({ value }: ConfigurationEntry, home: Home): Promise<Uint8Array | undefined> {
  if (value.kind === 'inline') return value.bytes;
  try {
    const bytes = await readFile(join(home.artifacts, value.digest));
    return sha256Hex(bytes) === value.digest ? bytes : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
