import { z } from 'zod';
import { parseStrict } from './parse.ts';

/** Whose rights a policy may complete: the domains of libvirt and of its guests, and who answers them on the bus. */
const SUBJECTS = ['svirt_t', 'virtd_t', 'virtlogd_t', 'systemd_machined_t', 'systemd_logind_t'] as const;
const ON_THE_BUS = ['virtd_t', 'systemd_machined_t', 'systemd_logind_t'];

/**
 * What these may be given, by class of object: to read, to map and to search, but not to write, run, relabel or own.
 * `self` has classes of its own, which concern nothing but the process.
 */
const GRANTABLE: Readonly<Record<string, readonly string[]>> = {
  file: ['getattr', 'open', 'read', 'map', 'lock', 'ioctl'],
  dir: ['getattr', 'open', 'read', 'search'],
  filesystem: ['getattr', 'unmount'],
  dbus: ['send_msg'],
};
const GRANTABLE_SELF: Readonly<Record<string, readonly string[]>> = {
  anon_inode: ['create', 'map', 'read', 'write', 'getattr', 'ioctl'],
  process: ['execmem', 'getsched'],
  bpf: ['map_create', 'map_read', 'map_write', 'prog_load', 'prog_run'],
  capability2: ['bpf', 'perfmon'],
};
/** Only libvirtd itself sets up control groups, and it does so with eBPF. */
const ONLY_VIRTD = ['bpf', 'capability2', 'filesystem'];
/**
 * Whose objects a rule may reach, by class: what every emulator needs of the host's topology, programs and daemons. No type
 * of people's files, of passwords and keys, of other guests or of the kernel's memory is among them.
 */
const FILES = [
  ...['sysfs_t', 'virt_content_t', 'virtd_t', 'bin_t', 'lib_t', 'usr_t', 'locale_t', 'cgroup_t'],
  ...['sysctl_kernel_t', 'sysctl_vm_t', 'syslogd_runtime_t', 'initrc_runtime_t'],
];
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  file: FILES,
  dir: FILES,
  filesystem: ['device_t', 'devpts_t', 'hugetlbfs_t', 'tmpfs_t'],
  dbus: ON_THE_BUS,
};

/** What guests start from, in the home that services have: no keys, no state. */
export const GUEST_IMAGES = '/var/lib/logos/cache/guest';

const type = z.string().regex(/^[a-z][a-z0-9_]{0,60}_t$/);
const why = z.string().min(1).max(200);
const permissions = z
  .array(z.string().regex(/^[a-z][a-z0-9_]{1,40}$/))
  .min(1)
  .max(16);

const grant = z
  .strictObject({
    source: z.enum(SUBJECTS),
    target: z.union([z.literal('self'), type]),
    class: z.string().regex(/^[a-z][a-z0-9_]{1,30}$/),
    permissions,
    why,
  })
  .superRefine((rule, context) => {
    const grantable = rule.target === 'self' ? GRANTABLE_SELF : GRANTABLE;
    // A class may be called like something that every object has.
    const allowed = Object.hasOwn(grantable, rule.class) ? (grantable[rule.class] ?? []) : [];
    const extra = rule.permissions.filter((permission) => !allowed.includes(permission));
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    if (extra.length > 0) refuse(`${rule.source} may not be given ${rule.class} ${extra.join(' ')} on ${rule.target}`);
    const targets = Object.hasOwn(TARGETS, rule.class) ? (TARGETS[rule.class] ?? []) : [];
    if (rule.target !== 'self' && !targets.includes(rule.target)) refuse(`no rule may reach ${rule.target}`);
    const bus = rule.class === 'dbus';
    if (bus && ![rule.source, rule.target].every((name) => ON_THE_BUS.includes(name)))
      refuse(`${rule.source} may not be given dbus on ${rule.target}`);
    if (!bus && (ONLY_VIRTD.includes(rule.class) || rule.source.startsWith('systemd_')) && rule.source !== 'virtd_t')
      refuse(`${rule.source} may not be given ${rule.class}`);
  });

/** What the kernel has to refuse; it is asked, and nothing is changed for it. */
const denial = z.strictObject({
  source: z.enum(SUBJECTS),
  target: z.union([z.literal('self'), type]),
  class: z.string().regex(/^[a-z][a-z0-9_]{1,30}$/),
  permissions,
  why,
});

/** Only what libvirt's own rules ask about, and only a bar taken down stays down: see `booleans`. */
const BOOLEAN = /^virt_(use|sandbox|transition)_[a-z_]{2,40}$/;

/**
 * `host-selinux` of security-section-1, version 1.
 *
 * - `allow`: what the distribution's policy forgot and a confined guest needs to start. Rights to read and to search alone.
 * - `booleans`: switches of the policy for guests. They can only be turned off: each of them opens something.
 * - `labels`: directories of ours whose files guests may use, and as what.
 * - `deny`: what the kernel must refuse to a guest's emulator. Where it would not, the host does not hold the policy.
 */
const schema = z.strictObject({
  version: z.literal(1),
  allow: z.array(grant).max(128),
  booleans: z.array(z.strictObject({ name: z.string().regex(BOOLEAN), value: z.literal(false), why })).max(32),
  labels: z
    .array(
      z.strictObject({
        directory: z.literal(GUEST_IMAGES),
        type: z.enum(['virt_image_t', 'virt_content_t']),
        why,
      }),
    )
    .max(8),
  deny: z.array(denial).min(1).max(64),
});

export type SelinuxDefinition = z.infer<typeof schema>;
export type AccessRule = z.infer<typeof denial>;

/** Checks a module from the chain or a file. Throws UserError `policy-invalid`. */
export function parseSelinux(bytes: Uint8Array): SelinuxDefinition {
  return parseStrict(bytes, schema, 'SELinux policy');
}

/**
 * The module in SELinux's common intermediate language (secilc's reference guide). Each statement is optional by itself:
 * distributions name types differently, and what one of them does not know is left out there.
 */
export function renderModule({ allow, labels }: SelinuxDefinition, name: string): string {
  const statements = [
    ...allow.map((rule) => `(allow ${rule.source} ${rule.target} (${rule.class} (${rule.permissions.join(' ')})))`),
    ...labels.map(
      ({ directory, type: of }) => `(filecon "${directory}(/.*)?" any (system_u object_r ${of} ((s0) (s0))))`,
    ),
  ];
  return [
    '; Made by logos from the host policy of its chain; `logos harden restore` takes it away.',
    ...statements.map((statement, index) => `(optional ${name}_${index} ${statement})`),
    '',
  ].join('\n');
}
