import { z } from 'zod';
import { ExitCode, UserError } from '../system/errors.ts';
import { readIfPresent } from '../system/files.ts';
import type { Home } from '../system/home.ts';

const schema = z.strictObject({
  /** `dev` for the embedded chain of this machine, or the WebSocket URL of a node. */
  chain: z.string().optional(),
  /** The embedded chain's port on the loopback interface. */
  chainPort: z.int().min(1).max(65_535).optional(),
  /** Where trust in the chain begins, and further nodes that are asked what it says (docs/verified-reads.md). */
  trust: z
    .strictObject({
      /** Hash of the genesis block. */
      genesis: z
        .string()
        .regex(/^0x[0-9a-f]{64}$/)
        .optional(),
      /** File of the chain's raw specification. */
      specification: z.string().optional(),
      /** File with a later block to trust. */
      checkpoint: z.string().optional(),
      /** WebSocket URLs of nodes beside `chain`. */
      endpoints: z.array(z.string()).max(16).optional(),
    })
    .optional(),
  /** What the owner lends, as shares of the whole machine. */
  lend: z
    .strictObject({
      cpuShare: z.number().gt(0).max(1).optional(),
      memoryShare: z.number().gt(0).max(1).optional(),
      /** When guests may run, such as `22:00-07:00`; at other times they all but stand still. */
      hours: z
        .array(z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/, 'a span such as 22:00-07:00'))
        .min(1)
        .max(16)
        .optional(),
      /** PCI addresses of devices that guests may have. */
      devices: z.array(z.string()).max(16).optional(),
      onBattery: z.boolean().optional(),
      /** Degrees Celsius. */
      maxTemperatureC: z.number().min(20).max(120).optional(),
      /** Load average of a minute, per core. */
      maxLoad: z.number().gt(0).max(64).optional(),
    })
    .optional(),
  /** Paths that the owner does not want to be used. */
  refuse: z.array(z.enum(['kvm', 'qemu', 'gpu'])).optional(),
  /** Hours (UTC) that this machine commits to, such as `mon-fri 20:00-08:00`, or `always` (docs/classes.md). */
  sla: z.array(z.string().max(64)).min(1).max(16).optional(),
  /** Whether this machine joins the chain's register of lent machines, with a collateral, and is held to its rules (docs/oversight.md). */
  commit: z.boolean().optional(),
  /** Addresses of mirrors, the preferred ones first, for artefacts that this host lacks. */
  artifactMirrors: z.array(z.string()).optional(),
});

/** What the owner decided, from `config.json` in LOGOS_HOME (docs/configuration.md). */
export type Config = z.infer<typeof schema>;

/** Reads the owner's configuration; an absent file is an empty one. Throws `config-unknown-key` or `config-invalid`. */
export async function readConfig(home: Home): Promise<Config> {
  const text = await readIfPresent(home.config);
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError('config-invalid', `${home.config} is not JSON: ${(cause as Error).message}`, {
      exitCode: ExitCode.usage,
      cause,
      nextSteps: ['Correct the file: docs/configuration.md shows an example.'],
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    throw new UserError(
      'config-unknown-key',
      `${home.config} has a key that is not known: ${[...issue.path, issue.keys[0]].join('.')}.`,
      {
        exitCode: ExitCode.usage,
        nextSteps: [`Remove or rename it; known keys are ${Object.keys(schema.shape).join(', ')}.`],
      },
    );
  }
  throw new UserError('config-invalid', `${home.config}: ${where}: ${issue?.message ?? 'not valid'}`, {
    exitCode: ExitCode.usage,
    nextSteps: ['Correct the file: docs/configuration.md shows an example.'],
  });
}
