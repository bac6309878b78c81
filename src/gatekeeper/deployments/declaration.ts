import { z } from 'zod';
import { DocumentFault, parseStrictYaml } from '../documents/index.ts';
import { argumentsSchema } from '../native/command.ts';
import { isWritableByDeployment } from '../sandbox/paths.ts';
import { versionSchema } from '../version.ts';
import { targetSchema } from './target.ts';

/** The file that makes a directory a deployment. */
export const DECLARATION_FILE = 'deployment.yaml';

const MAX_BYTES = 128 * 1024;
const label = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
const path = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_.@][A-Za-z0-9_.@+-]*(?:\/[A-Za-z0-9_.@][A-Za-z0-9_.@+-]*)*$/);

const writable = z
  .string()
  .max(512)
  .regex(/^(?:\/[A-Za-z0-9][A-Za-z0-9_.+-]*)+$/, 'an absolute path without ".."')
  .refine(isWritableByDeployment, 'a deployment may not have this written');

const step = z.strictObject({
  name: label,
  /** A native command, argument by argument; its files are those of the directory. */
  command: argumentsSchema,
  /** How it is found out whether the host still is as the step left it; what it runs changes nothing. */
  drift: z
    .strictObject({
      command: argumentsSchema,
      /**
       * `exit-code`: 0 clean, anything else drifted; `detailed-exit-code`: 0 clean, 2 drifted, else it could not be told;
       * `ansible-recap`: exit code 0 and `changed=0` for every host.
       */
      clean: z.enum(['exit-code', 'detailed-exit-code', 'ansible-recap']),
    })
    .optional(),
  /** Directories of the host that the command may write, besides those of its reference library. */
  writes: z.array(writable).max(32).default([]),
  /** Whether it may be run again when a crash broke it off, or when the host drifted. */
  repeatable: z.boolean().default(true),
});
export type DeploymentStep = z.output<typeof step>;
export type DriftRule = NonNullable<DeploymentStep['drift']>;

const schema = z
  .strictObject({
    format: z.literal('deployment'),
    formatVersion: z.literal(1),
    name: label,
    version: versionSchema,
    /** Which hosts it is for (target.ts). */
    target: targetSchema,
    /** Layer of the DVCI that it acts on. */
    layer: z.int().min(0).max(3),
    /** The version that it was made to follow. Only with `rollback` may its own version be a lower one. */
    replaces: z.strictObject({ version: versionSchema, rollback: z.boolean().default(false) }).optional(),
    /** Programs among the files (modules): nobody can check what they do, so their approval names them one by one. */
    code: z
      .array(z.strictObject({ path, sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
      .max(256)
      .default([]),
    steps: z.array(step).min(1).max(32),
  })
  .refine(({ steps }) => new Set(steps.map(({ name }) => name)).size === steps.length, {
    path: ['steps'],
    message: 'two steps have one name',
  })
  .refine(({ steps }) => steps.every(({ drift, repeatable }) => drift === undefined || repeatable), {
    path: ['steps'],
    message: 'a step that corrects drift must be repeatable',
  });

/** What a deployment's `deployment.yaml` says. */
export type Declaration = z.output<typeof schema>;

/** Reads deployment.yaml. Throws DocumentFault. */
export function parseDeclaration(bytes: Uint8Array): Declaration {
  const parsed = schema.safeParse(parseStrictYaml(bytes, { bytes: MAX_BYTES }));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new DocumentFault('malformed', issue?.message ?? 'it is no deployment', `/${(issue?.path ?? []).join('/')}`);
}
