import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { HostPaths } from '../paths.ts';
import { GUEST_IMAGES, parseSelinux, renderModule } from '../selinux.ts';
import { accessKey, rulesIn } from '../selinux-access.ts';
import { lookAtSelinux, type SelinuxFacts, storeRoot } from './selinux-look.ts';
import { BOOLEAN, COMMITS, LABEL, MODULE, PRIORITY, STORE_TIMEOUT_MS, selinuxUndoers } from './selinux-undo.ts';
import { type ControlStep, type ControlVerdict, control } from './types.ts';

const ARTIFACT = 'host-selinux';

const targetSchema = z.object({
  module: z.object({ name: z.string(), path: z.string(), text: z.string() }),
  /** Booleans that have to be off. */
  off: z.array(z.string()),
  /** Type by directory. */
  labels: z.record(z.string(), z.string()),
  /** What the kernel must refuse. */
  deny: z.array(
    z.object({ source: z.string(), target: z.string(), class: z.string(), permissions: z.array(z.string()) }),
  ),
});
type Target = z.infer<typeof targetSchema>;

/** SELinux: what guests' emulators need to be confined, and what the kernel has to refuse to them. */
export const selinux = control({
  name: 'selinux',
  title: 'SELinux confines guests’ emulators, each by categories of its own',
  owner:
    'Each guest’s emulator has its own pair of categories: broken out of, it reaches neither your files nor another guest’s disk. Guests get no USB device, network share or screen of yours; this counts for your own libvirt machines too.',
  leaves:
    'SELinux’s mode is yours: a machine that only warns is reported and not switched. Your modules, users, ports, containers and their booleans stay as they are.',
  schema: z.strictObject({}),
  target: targetSchema,
  undo: selinuxUndoers,
  look: (host, { target }) => {
    const module = target?.module ?? moduleOf(host.paths, host.instance);
    const directories = target ? Object.keys(target.labels) : [GUEST_IMAGES];
    return lookAtSelinux(host, { module, deny: (target?.deny ?? []) as never, directories });
  },
  plan({ artifacts, facts, paths, instance }) {
    const bytes = artifacts.get(ARTIFACT);
    if (facts.mode === 'absent') return { steps: [], keeps: [], unsupported: 'this kernel runs without SELinux' };
    if (facts.mode === 'permissive')
      return {
        steps: [],
        keeps: [],
        unsupported: 'SELinux only warns on this host (setenforce 1 and /etc/selinux/config decide)',
      };
    if (!bytes) return { steps: [], keeps: [], refused: `the policy names ${ARTIFACT}, which is not there` };
    if (facts.off) return { steps: [], keeps: [], unsupported: facts.off };
    const definition = parseSelinux(bytes);
    const module = moduleOf(paths, instance);
    const target: Target = {
      module: { ...module, text: renderModule(definition, module.name) },
      off: definition.booleans.map(({ name }) => name),
      labels: Object.fromEntries(definition.labels.map(({ directory, type }) => [directory, type])),
      deny: definition.deny.map(({ why: _, ...rule }) => rule),
    };
    const keeps = [
      ...[target.module.name, target.module.path, ...target.off, ...Object.keys(target.labels)],
      ...(facts.commits ? [facts.commits.path] : []),
    ];
    return { target, keeps, steps: steps(target, facts) };
  },
  check(target, facts) {
    const wrong = (expected: string, actual: string): ControlVerdict => ({ state: 'not-held', expected, actual });
    if (facts.mode !== 'enforcing') return wrong('SELinux enforcing', facts.mode);
    const missing = moduleIsMissing(target, facts);
    if (missing) return wrong(`module ${target.module.name} loaded`, missing);
    for (const name of target.off) if (facts.booleans[name]) return wrong(`${name} off`, 'on');
    for (const rule of target.deny) {
      const answer = facts.answers[accessKey(rule as never)];
      if (answer !== 'none') return wrong(`refused: ${accessKey(rule as never)}`, `granted: ${answer}`);
    }
    for (const [path, type] of Object.entries(target.labels)) {
      const label = facts.labels[path];
      if (label !== undefined && label.split(':')[2] !== type) return wrong(`${path} as ${type}`, label);
    }
    if (facts.off) return wrong('domains confined by default', facts.off);
    const absent = Object.keys(target.labels).filter((path) => facts.labels[path] === undefined);
    return domainsVerdict(facts, absent.length === 0 ? '' : `; not there to be labelled: ${absent.join(', ')}`);
  },
});

/** Beside the stores, because semodule's own domain may map a file there and not in /etc. */
function moduleOf(paths: HostPaths, instance: string): { name: string; path: string } {
  const name = `${instance}_guests`;
  return { name, path: join(storeRoot(paths), `${name}.cil`) };
}

function steps({ module, off, labels }: Target, facts: SelinuxFacts): ControlStep[] {
  const why = 'a guest that breaks out of its emulator must not reach the machine';
  const missing = moduleIsMissing({ module }, facts);
  const { commits } = facts;
  return [
    ...(missing && commits
      ? [
          {
            do: 'undo-last' as const,
            what: commits.path,
            from: 'the number of changes so far',
            to: 'the same after a restore',
            why: 'the store counts our changes too',
            undo: { kind: COMMITS, target: commits.path, before: commits.content },
          },
        ]
      : []),
    ...(facts.text === module.text.trim()
      ? []
      : [
          {
            do: 'file' as const,
            what: module.path,
            from: facts.text === undefined ? 'absent' : 'another content',
            to: 'as the policy says',
            why,
            path: module.path,
            content: module.text,
            mode: 0o644,
          },
        ]),
    ...(missing
      ? [
          {
            do: 'run' as const,
            what: `SELinux module ${module.name}`,
            from: missing,
            to: 'in the policy store and loaded',
            why,
            command: 'semodule',
            args: [PRIORITY, `--install=${module.path}`],
            timeoutMs: STORE_TIMEOUT_MS,
            again: true as const,
            undo: { kind: MODULE, target: module.name, before: null },
          },
        ]
      : []),
    ...off
      .filter((name) => facts.booleans[name])
      .map((name) => ({
        do: 'run' as const,
        what: `SELinux boolean ${name}`,
        from: 'on',
        to: 'off',
        why: 'guests get nothing of the owner’s devices, shares and screen',
        command: 'setsebool',
        args: [name, 'off'],
        undo: { kind: BOOLEAN, target: name, before: 'on' },
      })),
    ...Object.entries(labels).flatMap(([path, type]): ControlStep[] => {
      const label = facts.labels[path];
      if (label === undefined || label.split(':')[2] === type) return [];
      const words = { what: `context of ${path}`, from: label, to: type, why: 'guests may use what lies there' };
      const undo = { kind: LABEL, target: path, before: label, made: type };
      return [{ do: 'run', ...words, command: 'restorecon', args: ['-F', path], undo }];
    }),
  ];
}

/** Why the module does not hold: by its file, by the store's digest, and by what the kernel says it grants. */
function moduleIsMissing({ module }: Pick<Target, 'module'>, facts: SelinuxFacts): string | undefined {
  if (facts.text !== module.text.trim()) return `${module.path} ${facts.text === undefined ? 'absent' : 'changed'}`;
  if (facts.stored === undefined) return 'not in the policy store';
  const digest = createHash('sha256').update(module.text).digest('hex');
  if (facts.stored !== '' && facts.stored !== digest) return 'another content in the policy store';
  // What this policy has no name for was left out, and nobody needs it.
  const isLost = (answer: string | undefined): boolean => answer !== 'all' && answer !== 'unknown';
  const lost = rulesIn(module.text).find((rule) => isLost(facts.answers[accessKey(rule)]));
  return lost && `the kernel does not grant ${accessKey(lost)}`;
}

/** Each emulator of the region runs as a guest, and no two share their categories. */
function domainsVerdict({ emulators }: SelinuxFacts, besides: string): ControlVerdict {
  const seen = new Map<string, string>();
  // The owner's come first: theirs are not judged, and still no guest may share their categories.
  for (const { domain, label, ours } of emulators.toSorted((a, b) => Number(a.ours) - Number(b.ours))) {
    const [, type, categories] = /^[^:]+:[^:]+:(\w+):s0:(c\d+,c\d+)$/.exec(label) ?? [];
    const alone = categories !== undefined && !seen.has(categories);
    if (ours && (!['svirt_t', 'svirt_tcg_t', 'svirt_kvm_t'].includes(type ?? '') || !alone))
      return { state: 'not-held', expected: `domain ${domain} as svirt_t with a pair of its own`, actual: label };
    if (categories !== undefined) seen.set(categories, domain);
  }
  return {
    state: 'held',
    detail: `module loaded, ${emulators.length} domains confined by categories of their own${besides}`,
  };
}
