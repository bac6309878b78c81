import { z } from 'zod';
import { parseStrict } from './parse.ts';

/** Programs of ours that a profile can be made for; a profile for anything else is refused. */
const CONFINED = ['gpu-worker'] as const;
export type ConfinedProgram = (typeof CONFINED)[number];

/** Absolute, with AppArmor's globs but without what ends a rule, starts another or names a variable of the parser. */
const path = z
  .string()
  .max(200)
  .regex(/^\/(?!.*\.\.)[A-Za-z0-9_./*?@+:{},[\]-]*$/)
  .refine((text) => !/@\{/.test(text), 'a variable may not be used');
/**
 * What may be taken from guests' emulators: passwords and keys, hidden files of people, what the kernel starts from and is
 * reached by. Nothing that an emulator or an owner's machine works with, such as disks, libraries or /dev/kvm.
 */
const TAKEN =
  /^\/(?:etc\/(?:g?shadow-?|sudoers|(?:ssh|sudoers\.d|NetworkManager|wireguard|openvpn)\/\S+)|(?:root|home\/\*)\/\.[a-z][A-Za-z0-9_-]*(?:\/\S+)?|boot\/\S+|dev\/(?:mem|kmem|port)|proc\/(?:kcore|sysrq-trigger)|sys\/kernel\/(?:security|debug|tracing)\/\S+)$/;
/** Where a program of ours may read and run, and where it may also write. */
const READABLE =
  /^\/(?:usr\/(?:bin|lib|local|share)|opt|etc\/(?:OpenCL|vulkan)|sys\/(?:devices|class\/drm))\/|^\/etc\/ld\.so\.cache$/;
const WRITABLE = /^\/(?:dev\/dri\/|dev\/nvidia|dev\/kfd$|(?:var\/lib|run)\/logos\/gpu\/)/;

const why = z.string().min(1).max(200);
const capability = z.string().regex(/^[a-z][a-z_]{2,30}$/);
const network = z
  .string()
  .regex(/^(inet|inet6|unix|netlink|packet|bluetooth)(?: (stream|dgram|raw|seqpacket))?$|^raw$/);

const takenPath = path.regex(TAKEN, 'not among what may be taken from an emulator');
const pathsOf = (one: typeof path) => z.array(one).min(1).max(64);

/** A right that is taken away, and logged when somebody reaches for it. */
const denialOf = (one: typeof path) =>
  z.union([
    z.strictObject({ paths: pathsOf(one), access: z.enum(['w', 'rw', 'rwx']), why }),
    z.strictObject({ capabilities: z.array(capability).min(1).max(41), why }),
    z.strictObject({ networks: z.array(network).min(1).max(16), why }),
  ]);
const denial = denialOf(path);

/** A right that a program of ours keeps. Programs that it starts inherit its profile: nothing leads out of it. */
const grant = z.union([
  z.strictObject({
    paths: pathsOf(path.refine((text) => READABLE.test(text) || WRITABLE.test(text), 'not a place of our programs')),
    access: z.enum(['r', 'rm', 'rix', 'mrix']),
    why,
  }),
  z.strictObject({
    paths: pathsOf(path.regex(WRITABLE, 'not a place where our programs write')),
    access: z.enum(['rw', 'rwk', 'rwkm']),
    why,
  }),
  z.strictObject({ networks: z.array(z.enum(['unix', 'unix stream', 'unix dgram', 'unix seqpacket'])).min(1), why }),
]);

/**
 * `host-apparmor` of security-section-1, version 1.
 *
 * - `domains`: what is taken from every QEMU that libvirt confines, over and above libvirt's own template. It can only take
 *   away: a policy never lets a guest's emulator do more than libvirt does.
 * - `profiles`: what a program of ours is held to. A profile has no path to attach to, so it confines what is started under
 *   its name and nothing of the owner's.
 */
const schema = z
  .strictObject({
    version: z.literal(1),
    domains: z.array(denialOf(takenPath)).max(64),
    profiles: z
      .array(
        z.strictObject({
          name: z.enum(CONFINED),
          why,
          allow: z.array(grant).max(64),
          deny: z.array(denial).max(64),
        }),
      )
      .max(CONFINED.length),
  })
  .superRefine(({ profiles }, context) => {
    const names = profiles.map(({ name }) => name);
    if (new Set(names).size < names.length)
      context.addIssue({ code: 'custom', path: ['profiles'], message: 'a profile is given twice' });
  });

export type AppArmorDefinition = z.infer<typeof schema>;
type Rule = z.infer<typeof denial> | z.infer<typeof grant>;

/** Checks profiles from the chain or a file. Throws UserError `policy-invalid`. */
export function parseAppArmor(bytes: Uint8Array): AppArmorDefinition {
  return parseStrict(bytes, schema, 'AppArmor policy');
}

/** Name in the kernel of a program's profile. */
export function profileName(instance: string, program: ConfinedProgram): string {
  return `${instance}-${program}`;
}

/** One file for each profile of this instance, by the profile's name; apparmor.d(5). */
export function renderProfiles({ profiles }: AppArmorDefinition, instance: string): Record<string, string> {
  return Object.fromEntries(
    profiles.map((profile) => {
      const name = profileName(instance, profile.name);
      return [name, `${HEADER}${TUNABLES}${profileText(name, profile)}`];
    }),
  );
}

/** The file that libvirt's abstraction for QEMU includes. `audit`, because AppArmor keeps silent about a plain denial. */
export function renderDomainRules({ domains }: AppArmorDefinition): string {
  return `${HEADER}${domains.flatMap((rule) => lines(rule, DENY)).join('\n')}\n`;
}

/** All of it as one text, for the parser to look at before anything is changed. */
export function renderTrial(definition: AppArmorDefinition, instance: string): string {
  const profiles = definition.profiles.map((profile) => profileText(profileName(instance, profile.name), profile));
  const domains = definition.domains.flatMap((rule) => lines(rule, DENY)).join('\n');
  return `${TUNABLES}${profiles.join('')}profile ${instance}-trial {\n${domains}\n}\n`;
}

function profileText(name: string, { why: reason, allow, deny }: AppArmorDefinition['profiles'][number]): string {
  const rules = [
    '  include <abstractions/base>',
    ...allow.flatMap((rule) => lines(rule, '')),
    ...deny.flatMap((rule) => lines(rule, DENY)),
  ];
  return `# ${oneLine(reason)}\nprofile ${name} flags=(attach_disconnected) {\n${rules.join('\n')}\n}\n`;
}

const DENY = 'audit deny ';
const TUNABLES = 'include <tunables/global>\n\n';
const HEADER = '# Made by logos from the host policy of its chain; `logos harden restore` takes it away.\n';

function lines(rule: Rule, effect: string): string[] {
  const rights =
    'paths' in rule
      ? rule.paths.map((glob) => `"${glob}" ${deniedAs(rule.access, effect)}`)
      : 'capabilities' in rule
        ? rule.capabilities.map((name) => `capability ${name}`)
        : rule.networks.map((name) => `network ${name}`);
  return [`  # ${oneLine(rule.why)}`, ...rights.map((right) => `  ${effect}${right},`)];
}

/** A comment ends with its line, and whatever follows would be a rule. */
function oneLine(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ');
}

/** To write is to link and to lock as well; AppArmor names each of them. */
function deniedAs(access: string, effect: string): string {
  if (effect === '') return access;
  return access.replace('w', 'wkl').replace('r', 'mr');
}
