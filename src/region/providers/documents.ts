import { z } from 'zod';
import { tunnelKeySchema } from '../../network/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { addressSchema, networkSchema } from '../networks.ts';

/** A label of DNS, as providers' machines are named in a region. */
export const providerName = z.string().regex(/^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'no name such as home-1');
const pem = (kind: string) =>
  z
    .string()
    .max(8192)
    .regex(new RegExp(`^-----BEGIN ${kind}-----\\n[A-Za-z0-9+/=\\n]+-----END ${kind}-----\\n$`), `no ${kind} in PEM`);
const sshKey = z.string().regex(/^ssh-ed25519 [A-Za-z0-9+/]{68}$/, 'no key such as "ssh-ed25519 AAAA…"');
const endpoint = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,252}:[1-9]\d{0,4}$/, 'no address and port such as 192.0.2.1:51820');

const requestSchema = z.strictObject({
  format: z.literal('provider-request'),
  formatVersion: z.literal(1),
  name: providerName,
  /** Public halves of what the machine keeps to itself. */
  tunnelKey: tunnelKeySchema,
  tlsKey: pem('PUBLIC KEY'),
  hostKey: sshKey,
});
/** What a provider's machine tells a region that it wants to join. Nothing in it is secret. */
export type ProviderRequest = z.output<typeof requestSchema>;

const answerSchema = z.strictObject({
  format: z.literal('provider-answer'),
  formatVersion: z.literal(1),
  region: providerName,
  name: providerName,
  endpoint,
  hubKey: tunnelKeySchema,
  hub: addressSchema,
  address: addressSchema,
  /** Where the tunnels of guests' networks end, beyond the hub. */
  networks: z.array(networkSchema).min(1),
  datapath: z.enum(['system', 'netdev']),
  authority: pem('CERTIFICATE'),
  certificate: pem('CERTIFICATE'),
  /** Who may drive libvirt: the subject of the computes' certificate. */
  computes: z.string().regex(/^[a-z0-9 -]{1,64}$/),
  /** Who may read and write guests' files. */
  filesKey: z.string().regex(/^ssh-ed25519 [A-Za-z0-9+/]{68}( [a-z0-9-]+)?$/),
});
/** What a region answers. Nothing in it is secret. */
export type ProviderAnswer = z.output<typeof answerSchema>;

/** What the hub's playbook tells of the hub: public halves of its keys. */
export const hubSchema = z.object({ tunnelKey: tunnelKeySchema, filesKey: z.string() });

/** Reads a request. Throws UserError `provider-document-malformed` (exit code 3). */
export function parseRequest(text: string): ProviderRequest {
  return read(text, requestSchema, 'logos region provider request');
}

/** Reads an answer. Throws UserError `provider-document-malformed` (exit code 3). */
export function parseAnswer(text: string): ProviderAnswer {
  return read(text, answerSchema, 'logos region provider add');
}

function read<T>(text: string, schema: z.ZodType<T>, maker: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed(`it is no JSON: ${(cause as Error).message}`, maker);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(`/${issue?.path.join('/') ?? ''}: ${issue?.message}`, maker);
}

function malformed(why: string, maker: string): UserError {
  return new UserError('provider-document-malformed', `The document can't be used: ${why}.`, {
    exitCode: ExitCode.refused,
    nextSteps: [`Have it made again with \`${maker}\`: nothing was changed.`],
  });
}
