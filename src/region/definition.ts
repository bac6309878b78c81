import { z } from 'zod';
import { DocumentFault, parseStrictYaml } from '../gatekeeper/index.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import { checkDefinition } from './definition-rules.ts';
import { addressSchema, networkSchema } from './networks.ts';
import { defaultRoles, ROLES } from './placement.ts';
import { type Finding, refuseFindings } from './refusal.ts';

const MAX_BYTES = 256 * 1024;
/** A label of DNS (RFC 1035, 2.3.1), as servers and regions are named. */
const label = z.string().regex(/^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/, 'no name such as berlin-1');
const domain = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'no domain such as berlin.example.org');
const version = z.string().regex(/^(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){2}$/, 'no version such as 1.0.0');
const user = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'no name of a user');
const port = z.int().min(1).max(65_535);
/** A public host key as `ssh-keyscan` prints it, without the name before it. */
const hostKey = z
  .string()
  .regex(
    /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) [A-Za-z0-9+/]{40,1000}={0,2}$/,
    'no host key such as "ssh-ed25519 AAAA…"',
  );
const jump = z.strictObject({
  address: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  port: port.default(22),
  user,
  hostKey,
});

/** A network card's name (IFNAMSIZ: 15 characters). */
const card = z.string().regex(/^[a-z][a-z0-9.@_-]{0,14}$/, 'no name of a network card');

const server = z.strictObject({
  name: label,
  address: addressSchema,
  /** Where tunnels between guests end, where that is another network card than the one of the address. */
  tunnel: z.strictObject({ address: addressSchema, interface: card }).optional(),
  interface: card.optional(),
  /** Of its disk, for volumes and objects. */
  storageGB: z.int().min(1).default(10),
  class: label.optional(),
  ssh: z.strictObject({ port: port.default(22), user: user.default('root'), hostKey }),
  roles: z.array(z.enum(ROLES)).min(1).optional(),
});

/** Services that a region may do without. */
export const SERVICES = ['heat', 'octavia', 'designate'] as const;

/** Where guests' networks reach the outside: what is routed there by others, and which of it the region gives out. */
const external = z.strictObject({
  network: networkSchema,
  gateway: addressSchema.optional(),
  from: addressSchema,
  to: addressSchema,
  /** The network servers' card that it is at. */
  interface: card,
});

const schema = z.strictObject({
  format: z.literal('region'),
  formatVersion: z.literal(1),
  name: label,
  version,
  domain,
  /** The address at which the API answers, whichever controller has it. */
  vip: addressSchema,
  networks: z.strictObject({
    management: networkSchema,
    tenant: networkSchema,
    tunnel: networkSchema.optional(),
    /** Of the tunnels to providers' machines; without it a region takes none. */
    providers: networkSchema.optional(),
    external: external.optional(),
    /** `system`: the kernel's Open vSwitch; `netdev`: without it, in the process. */
    datapath: z.enum(['system', 'netdev']).default('system'),
  }),
  classes: z
    .array(
      z.strictObject({
        name: label,
        vcpus: z.int().min(1).max(512),
        memoryMiB: z.int().min(64),
        diskGiB: z.int().min(0),
      }),
    )
    .min(1)
    .max(64),
  /** Part of each class that is kept free for evacuations. */
  bufferPercent: z.int().min(0).max(90).default(30),
  /** Processes of each API a controller. */
  workers: z.int().min(1).max(64).default(1),
  services: z.array(z.enum(SERVICES)).default([...SERVICES]),
  virtualization: z.enum(['kvm', 'qemu']).default('kvm'),
  /** A host that all servers are reached through. */
  jump: jump.optional(),
  servers: z.array(server).max(256),
});

type Written = z.output<typeof schema>;
/** A server with all that a definition may leave out. */
export type RegionServer = Written['servers'][number] & Required<Pick<Written['servers'][number], 'class' | 'roles'>>;
/** What an operator wants a region to be: every rule holds that needs no look at the servers. */
export type RegionDefinition = Omit<Written, 'servers'> & { readonly servers: readonly RegionServer[] };

/**
 * Reads a definition, YAML or JSON. Throws UserError (exit code 3) of the first finding, telling all of them; nothing is changed
 * by then.
 */
export function parseDefinition(bytes: Uint8Array): RegionDefinition {
  const parsed = schema.safeParse(read(bytes));
  if (!parsed.success) {
    refuseFindings(parsed.error.issues.flatMap(findingsOf), NEXT);
    throw new TypeError('a failed parse has an issue');
  }
  const definition = complete(parsed.data);
  refuseFindings(checkDefinition(definition), NEXT);
  return definition;
}

const NEXT = 'Put the definition right and run the command again: nothing was changed.';

function read(bytes: Uint8Array): unknown {
  try {
    return parseStrictYaml(bytes, { bytes: MAX_BYTES });
  } catch (fault) {
    if (!(fault instanceof DocumentFault)) throw fault;
    throw new UserError('region-definition-malformed', `The definition can't be read: ${fault.message}.`, {
      cause: fault,
      exitCode: ExitCode.refused,
      nextSteps: [NEXT],
    });
  }
}

function complete({ servers, ...rest }: Written): RegionDefinition {
  const first = rest.classes[0]?.name ?? '';
  return {
    ...rest,
    servers: servers.map((it, index) => ({
      ...it,
      roles: it.roles ?? [...defaultRoles(index)],
      class: it.class ?? first,
    })),
  };
}

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  const at = (path: readonly PropertyKey[]) => `/${path.map(String).join('/')}`;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: 'region-key-unknown',
      where: at([...issue.path, key]),
      reason: 'no definition has this key',
    }));
  }
  return [{ code: 'region-definition-malformed', where: at(issue.path), reason: issue.message }];
}
