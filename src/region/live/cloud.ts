import { z } from 'zod';
import { ExternalError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';

/** The script in the tree that asks the APIs. */
export const CLOUD_SCRIPT = 'looks/cloud.py';
/** Loading the client alone takes seconds on a busy controller. */
const ASK_MS = 180_000;

const amount = z.object({ total: z.number(), reserved: z.number(), used: z.number() });
const schema = z.object({
  apis: z.array(z.object({ service: z.string(), ms: z.number(), error: z.string().nullable() })),
  services: z.array(
    z.object({ service: z.string(), binary: z.string(), host: z.string(), up: z.boolean(), enabled: z.boolean() }),
  ),
  aggregates: z.array(z.object({ name: z.string(), hosts: z.array(z.string()) })).default([]),
  /** What Placement has of each compute, by the resource's name. `reserved`: kept for the host, and the buffer. */
  computes: z.record(z.string(), z.record(z.string(), amount)).default({}),
  guests: z
    .array(
      z.object({
        name: z.string(),
        id: z.string(),
        host: z.string().nullable(),
        state: z.string(),
        flavor: z.string().nullable(),
      }),
    )
    .default([]),
  evacuations: z
    .array(
      z.object({
        guest: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        state: z.string(),
        at: z.string().nullable(),
      }),
    )
    .default([]),
  /** What could not be asked, and why. */
  wrong: z.record(z.string(), z.string()),
});

/** What the APIs of a region say of it. */
export type CloudFacts = z.output<typeof schema>;

/** Asks on a controller. `sudo`: its user is not root. Throws what `exec` throws, and ExternalError `region-answer-invalid`. */
export async function askCloud(
  exec: Exec,
  script: Uint8Array,
  { sudo, signal }: { sudo: boolean; signal?: AbortSignal },
): Promise<CloudFacts> {
  const words = ['sh', '-c', '. /etc/logos-region/openrc && exec python3 -'];
  const [command = 'sh', ...args] = sudo ? ['sudo', '-n', ...words] : words;
  const { stdout } = await exec(command, args, { input: script, timeout: ASK_MS, signal });
  return parseCloud(stdout);
}

/** Reads the script's answer. Throws ExternalError `region-answer-invalid`. */
export function parseCloud(text: string): CloudFacts {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ExternalError('region-answer-invalid', "What the region's APIs say can't be read.", {
      cause,
      lastLines: text.split('\n').slice(-3),
      nextSteps: ['Compare the tree with the one that the region was made with: `logos region bootstrap --dry-run`.'],
    });
  }
}
