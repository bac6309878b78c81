import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ConfigurationEntry, VerifiedChain } from '../../chain/index.ts';
import { expectedState, instanceName } from '../../hardening/index.ts';
import { parseDvmTemplates } from '../../hypervisor/index.ts';
import { sha256Hex } from '../../system/canonical.ts';
import { localExec } from '../../system/exec.ts';
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
});
export type Wanted = z.output<typeof wantedSchema>;

const SECTIONS = ['security-section-1', 'network-section-1', 'compute-section-1'];

/** Reads it with proof. Values that are kept by hash are taken from this host's own store, and only if they are right. */
export async function readWanted(chain: VerifiedChain, home: Home): Promise<Wanted> {
  const sections = await Promise.all(SECTIONS.map((name) => chain.section(name)));
  const entries = new Map(sections.flatMap(({ entries: some }) => [...some]));
  const artifacts = [...entries.values()].flatMap(({ value }) => (value.kind === 'artifact' ? [value.digest] : []));
  const [policy, firewall, templates] = await Promise.all(
    ['host-policy', 'host-firewall', 'dvm-templates'].map((key) => bytesOf(entries.get(key), home)),
  );
  const expected =
    policy === undefined ? undefined : await expectedState({ policy, firewall }, instanceName(home.root), localExec);
  return {
    policy: policy && sha256Hex(policy),
    firewallSource: firewall && sha256Hex(firewall),
    sysctls: [...(expected?.sysctls ?? [])],
    firewall: expected?.firewall,
    templates:
      templates && [...parseDvmTemplates(templates).values()].map(({ vcpus, memoryMiB }) => ({ vcpus, memoryMiB })),
    artifacts: [...new Set(artifacts)].sort(),
  };
}

async function bytesOf(entry: ConfigurationEntry | undefined, home: Home): Promise<Uint8Array | undefined> {
  if (entry === undefined) return undefined;
  const { value } = entry;
  if (value.kind === 'inline') return value.bytes;
  try {
    const bytes = await readFile(join(home.artifacts, value.digest));
    return sha256Hex(bytes) === value.digest ? bytes : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
