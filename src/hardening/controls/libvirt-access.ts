import { join } from 'node:path';
import { z } from 'zod';
import { type LibvirtCaller, polkitRules } from './polkit-rules.ts';
import { type ControlStep, control } from './types.ts';

const name = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/);
const domain = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const callerSchema = z
  .strictObject({
    user: name.optional(),
    group: name.optional(),
    domain: domain.optional(),
    prefix: domain.optional(),
    except: domain.optional(),
    may: z.union([
      z.literal('all'),
      z
        .array(z.string().regex(/^[a-z][a-z-]{0,40}$/))
        .min(1)
        .max(64),
    ]),
  })
  .refine(({ user, group }) => (user === undefined) !== (group === undefined), {
    message: 'either a user or a group',
  });

const fileSchema = z.object({ path: z.string(), content: z.string() });
const UNIT = 'libvirtd.service';
const RESTART = 'libvirtd-restart';

interface Facts {
  readonly daemon?: string;
  readonly driver?: string;
  readonly rules?: string;
  readonly hasPolkit: boolean;
  readonly systemd: boolean;
}

/** Fine-grained access to the system's libvirtd by polkit: https://libvirt.org/aclpolkit.html. */
export const libvirtAccess = control({
  name: 'libvirt-access',
  title: 'Who may do what with which virtual machines',
  owner:
    'Members of the group libvirt manage your own virtual machines as before, and can but look at those of the region. Emulators run as a user without rights, under a filter of system calls.',
  leaves:
    'Your machines, networks and pools keep their definitions, and restarting libvirtd ends none of them. Root may do everything, as before.',
  schema: z.strictObject({ callers: z.array(callerSchema).min(1).max(32) }),
  target: z.object({ files: z.array(fileSchema) }),
  undo: (exec) => ({
    [RESTART]: async ({ target }) => {
      // 5: its package is gone; without systemd it was never restarted.
      await exec('systemctl', ['try-restart', target], { accept: [0, 5] });
    },
  }),
  async look({ files, paths, instance }): Promise<Facts> {
    const { daemon, driver, rules } = pathsIn(paths.etc, instance);
    return {
      daemon: await files.read(daemon),
      driver: await files.read(driver),
      rules: await files.read(rules),
      hasPolkit: await files.isDirectory(join(paths.etc, 'polkit-1')),
      systemd: await files.isDirectory(paths.systemdRuntime),
    };
  },
  plan({ config, facts, paths, instance }) {
    const at = pathsIn(paths.etc, instance);
    const keeps = [at.daemon, at.rules, at.rulesDirectory, UNIT];
    const reason = lacking(facts);
    if (reason !== undefined) return { steps: [], keeps, unsupported: reason };
    const rules = polkitRules(config.callers as readonly LibvirtCaller[]);
    const daemon = withDriver(facts.daemon ?? '', instance);
    const steps: ControlStep[] = [
      ...fileStep(at.rules, rules, facts.rules),
      ...(usesPolkit(facts.daemon ?? '') ? [] : fileStep(at.daemon, daemon, facts.daemon)),
    ];
    const restart = { what: UNIT, from: 'running as configured before', to: 'asks polkit for each call', why: WHY };
    const first = { ...restart, do: 'undo-last', undo: { kind: RESTART, target: UNIT, before: null } } as const;
    const last = { ...restart, do: 'run', command: 'systemctl', args: ['try-restart', UNIT] } as const;
    return {
      keeps,
      target: { files: [{ path: at.rules, content: rules.trim() }] },
      steps: steps.length === 0 ? [] : [first, ...steps, last],
    };
  },
  check({ files: [wanted] }, { rules, daemon = '', driver = '' }) {
    if (wanted && rules !== wanted.content)
      return { state: 'not-held', expected: wanted.path, actual: rules === undefined ? 'absent' : 'another content' };
    if (!usesPolkit(daemon)) return { state: 'not-held', expected: 'access_drivers = ["polkit"]', actual: 'none' };
    const root = asRoot(driver);
    if (root !== undefined) return { state: 'not-held', expected: 'guests without rights', actual: root };
    return { state: 'held', detail: 'libvirtd asks polkit for each call' };
  },
});

const WHY = 'the region’s virtual machines are for the gatekeeper alone';

function pathsIn(etc: string, instance: string) {
  const rulesDirectory = join(etc, 'polkit-1/rules.d');
  return {
    daemon: join(etc, 'libvirt/libvirtd.conf'),
    driver: join(etc, 'libvirt/qemu.conf'),
    rulesDirectory,
    rules: join(rulesDirectory, `50-${instance}.rules`),
  };
}

function lacking({ daemon, driver = '', hasPolkit, systemd }: Facts): string | undefined {
  if (daemon === undefined) return 'the system’s libvirtd is not installed; our own takes only root';
  if (!hasPolkit) return 'polkit is not installed';
  if (!systemd) return 'nothing manages the system’s libvirtd here';
  if (/^\s*access_drivers\s*=/m.test(daemon) && !usesPolkit(daemon))
    return 'your libvirtd.conf names other access_drivers, which stay';
  return asRoot(driver);
}

function usesPolkit(daemon: string): boolean {
  return /^\s*access_drivers\s*=\s*\[[^\]]*"polkit"/m.test(daemon);
}

/** Debian's defaults are a user of its own and a filter; the owner's file can say otherwise, and stays as it is. */
function asRoot(driver: string): string | undefined {
  if (/^\s*user\s*=\s*"(root|\+?0)"/m.test(driver)) return 'your qemu.conf runs guests as root';
  return /^\s*seccomp_sandbox\s*=\s*0/m.test(driver) ? 'your qemu.conf switches the system call filter off' : undefined;
}

function withDriver(daemon: string, instance: string): string {
  return `${daemon.trimEnd()}\n\n# Added by ${instance}; \`logos harden restore\` takes it away.\naccess_drivers = [ "polkit" ]\n`;
}

function fileStep(path: string, content: string, now: string | undefined): ControlStep[] {
  if (now === content.trim()) return [];
  const from = now === undefined ? 'absent' : 'another content';
  return [{ do: 'file', what: path, from, to: 'as the policy says', why: WHY, path, content, mode: 0o644 }];
}
