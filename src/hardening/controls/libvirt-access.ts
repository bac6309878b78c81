import { join } from 'node:path';
import { z } from 'zod';
import { PERMISSIONS, polkitRules } from './polkit-rules.ts';
import { type ControlStep, control } from './types.ts';

const fileSchema = z.object({ path: z.string(), content: z.string() });
const UNIT = 'libvirtd.service';
/** Undone last: the daemon reads its files only when it starts. */
export const RESTART = 'libvirtd-restart';

interface Facts {
  readonly daemon?: string;
  readonly driver?: string;
  readonly rules?: string;
  /** Directory of polkit's rules; polkit 0.105 and older read none. */
  readonly readsRules: boolean;
  readonly systemd: boolean;
  /** Whether another daemon than libvirtd serves the system. */
  readonly modular: boolean;
  /** Whether libvirtd also serves by network, where polkit knows nobody. */
  readonly network: boolean;
}

/** Fine-grained access to the system's libvirtd by polkit: https://libvirt.org/aclpolkit.html. */
export const libvirtAccess = control({
  name: 'libvirt-access',
  title: 'Who may do what with which virtual machines',
  owner:
    'Whoever could manage your own virtual machines manages them as before, whatever they are called, and can but look at those of the region. Emulators run as a user without rights, under a filter of system calls.',
  leaves:
    'Your machines, networks, pools and volumes, also those that the region’s machines use, are handled as before, and restarting libvirtd ends no machine. Root may do everything.',
  schema: z.strictObject({ others: z.array(z.enum(PERMISSIONS)).max(PERMISSIONS.length) }),
  target: z.object({ files: z.array(fileSchema) }),
  undo: (exec) => ({
    [RESTART]: async ({ target }) => {
      // 5: its package is gone; without systemd it was never restarted.
      await exec('systemctl', ['try-restart', target], { accept: [0, 5] });
    },
  }),
  async look({ files, paths, instance }): Promise<Facts> {
    const { daemon, driver, rules } = pathsIn(paths.etc, instance);
    const run = join(paths.systemdRuntime, '../../libvirt');
    return {
      daemon: await files.read(daemon),
      driver: await files.read(driver),
      rules: await files.read(rules),
      readsRules: await files.isDirectory(join(paths.etc, 'polkit-1/rules.d')),
      systemd: await files.isDirectory(paths.systemdRuntime),
      modular: (await files.names(run)).some((name) => name === 'virtqemud-sock'),
      network: (await files.names(join(paths.systemdUnits, 'sockets.target.wants'))).some((name) =>
        /^libvirtd-(tls|tcp)\.socket$/.test(name),
      ),
    };
  },
  plan({ config, facts, paths, instance }) {
    const at = pathsIn(paths.etc, instance);
    const keeps = [at.daemon, at.rules, at.rulesDirectory, UNIT];
    const reason = lacking(facts);
    if (reason !== undefined) return { steps: [], keeps, unsupported: reason };
    const rules = polkitRules(config.others);
    const steps: ControlStep[] = [
      ...fileStep(at.rules, rules, facts.rules),
      ...(usesPolkit(facts.daemon ?? '') ? [] : [driverStep(at.daemon, instance)]),
    ];
    const restart = { what: UNIT, from: 'running as configured before', to: 'asks polkit for each call', why: WHY };
    const first = { ...restart, do: 'undo-last', undo: { kind: RESTART, target: UNIT, before: null } } as const;
    const last = { ...restart, do: 'run', command: 'systemctl', args: ['try-restart', UNIT], again: true } as const;
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

function lacking({ daemon, driver = '', readsRules, systemd, modular, network }: Facts): string | undefined {
  if (daemon === undefined) return 'the system’s libvirtd is not installed; our own takes only root';
  if (!readsRules) return 'polkit is not installed, or one that reads no rules (0.105 and older)';
  if (!systemd) return 'nothing manages the system’s libvirtd here';
  if (modular) return 'virtqemud serves this machine, and reads another file';
  if (network || /^\s*listen_tcp\s*=\s*1/m.test(daemon))
    return 'your libvirtd also serves by network, where polkit would refuse everybody';
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

function driverStep(path: string, instance: string): ControlStep {
  const text = `# Added by ${instance}; \`logos harden restore\` takes it away.\naccess_drivers = [ "polkit" ]\n`;
  const words = { what: path, from: 'no access_drivers', to: 'the same and access_drivers', why: WHY };
  return { do: 'append', ...words, path, text, mode: 0o644 };
}

function fileStep(path: string, content: string, now: string | undefined): ControlStep[] {
  if (now === content.trim()) return [];
  const from = now === undefined ? 'absent' : 'another content';
  return [{ do: 'file', what: path, from, to: 'as the policy says', why: WHY, path, content, mode: 0o644 }];
}
