import { z } from 'zod';
import { isCredentialPath, isReadable, isSocketPath, isWritable } from './paths.ts';

/**
 * Capabilities that a library may give a tool (capabilities(7)). Those are absent that lead out of the sandbox whatever else
 * is closed: to administer or trace the system, load code into the kernel, make devices, open files by handle.
 */
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_IPC_LOCK',
  'CAP_KILL',
  'CAP_NET_ADMIN',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
] as const;

/** Devices that a library may show: none through which memory, disks or ports are reached. */
const DEVICES = ['/dev/kvm', '/dev/net/tun', '/dev/vhost-net', '/dev/vhost-vsock'] as const;

/** Variables by which programs load or run code, or that the sandbox itself sets. */
const NOT_A_VARIABLE =
  /^(?:PATH|HOME|SHELL|ENV|IFS|TMPDIR|USER|LOGNAME|LC_ALL|BASH_.*|LD_.*|GCONV_PATH|GLIBC_.*|MALLOC_.*|NODE_.*|PYTHON.*|PERL.*|RUBY.*|GIT_.*|EDITOR|VISUAL|PAGER|BROWSER)$/;

const variable = z
  .string()
  .max(64)
  .regex(/^[A-Z][A-Z0-9_]*$/)
  .refine((name) => !NOT_A_VARIABLE.test(name), 'this variable is not for a library to set');
const value = z
  .string()
  .max(512)
  .regex(/^[\x20-\x7e]*$/, 'printable ASCII');
const absolute = z
  .string()
  .max(512)
  .regex(/^(?:\/[A-Za-z0-9][A-Za-z0-9_.+-]*)+$/, 'an absolute path without ".."');
const below = z
  .string()
  .max(128)
  .regex(/^\.?[A-Za-z0-9][A-Za-z0-9_.-]*(?:\/\.?[A-Za-z0-9][A-Za-z0-9_.-]*){0,4}$/, 'a path below the work directory');
const directory = z
  .string()
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/);
const fileName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/);

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const bytes = z
  .string()
  .regex(/^[1-9][0-9]{0,4}(?:MiB|GiB)$/)
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('GiB') ? GIB : MIB));

const credential = z.union([
  /** A file that is shown at `at` in the work directory; `variable` then holds where that is. */
  z.strictObject({
    file: fileName,
    at: below.refine(isCredentialPath, 'programs are told there what to run'),
    variable: variable.optional(),
    required: z.boolean().default(true),
  }),
  /** A file of lines `NAME=value`, of which these names go into the environment. */
  z.strictObject({ file: fileName, names: z.array(variable).min(1).max(32), required: z.boolean().default(true) }),
]);
export type Credential = z.output<typeof credential>;

/** What of its host a tool may touch (docs/libraries.md); each member may be given for a library and again for a command. */
const members = z.strictObject({
  /** Directories of the host that it may write. */
  write: z.array(absolute.refine(isWritable, 'a library may not have this written')).max(16),
  /** Paths of the host that it may read, beside programs and plain settings. */
  read: z.array(absolute.refine(isReadable, 'a library may not have this read')).max(32),
  network: z.enum(['none', 'host']),
  devices: z.array(z.enum(DEVICES)).max(8),
  /** Unix sockets of the host's services. */
  sockets: z.array(absolute.refine(isSocketPath, 'sockets are below /run')).max(8),
  capabilities: z.array(z.enum(CAPABILITIES)).max(16),
  environment: z.record(variable, value).refine((it) => Object.keys(it).length <= 64, 'at most 64 variables'),
  credentials: z.array(credential).max(16),
  /** Directories in the work directory that the tool finds again at its next run. */
  keep: z.array(directory).max(8),
  /** The one of these that it starts in. */
  startIn: directory.optional(),
  /** Longest that it runs. */
  limitSeconds: z.int().min(1).max(86_400),
  memory: bytes.refine((it) => it <= 64 * GIB, 'at most 64GiB'),
  /** Most processes and threads at a time. */
  tasks: z.int().min(16).max(32_768),
  /** Most that its work directory and each of its temporary directories hold. */
  scratch: bytes.refine((it) => it <= 64 * GIB, 'at most 64GiB'),
  /** Most that is kept of what it prints. */
  logBytes: z
    .int()
    .min(1_024)
    .max(64 * MIB),
  /** Whether it may run beside another command of the same tool. */
  parallel: z.boolean(),
});
export const sandboxSchema = members.partial();
export type SandboxMembers = z.output<typeof sandboxSchema>;
export type Sandbox = z.output<typeof members>;

/** What a tool has of which no library says anything: nothing of the host but its programs. */
const NOTHING: Sandbox = {
  write: [],
  read: [],
  network: 'none',
  devices: [],
  sockets: [],
  capabilities: [],
  environment: {},
  credentials: [],
  keep: [],
  limitSeconds: 3_600,
  memory: 2 * GIB,
  tasks: 512,
  scratch: GIB,
  logBytes: 16 * MIB,
  parallel: false,
};

/**
 * The sandbox of a command: a member of its own stands in place of its library's. Throws an Error that says what contradicts
 * itself.
 */
export function sandboxOf(library: SandboxMembers, command: SandboxMembers): Sandbox {
  const it: Sandbox = { ...NOTHING, ...library, ...command };
  if (it.startIn !== undefined && !it.keep.includes(it.startIn))
    throw new Error(`its sandbox starts in ${it.startIn}, which it doesn't keep`);
  const names = [
    ...Object.keys(it.environment),
    ...it.credentials.flatMap((one) => ('names' in one ? one.names : (one.variable ?? []))),
  ];
  if (new Set(names).size !== names.length) throw new Error('its sandbox sets a variable twice');
  const places = it.credentials.flatMap((one) => ('at' in one ? one.at : []));
  for (const [index, place] of places.entries())
    for (const other of [...places.slice(index + 1), ...it.keep])
      if (place === other || place.startsWith(`${other}/`) || other.startsWith(`${place}/`))
        throw new Error(`its sandbox has ${place} and ${other} in one place`);
  return it;
}
