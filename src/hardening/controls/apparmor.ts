import { basename } from 'node:path';
import { z } from 'zod';
import { type AppArmorDefinition, parseAppArmor, renderDomainRules, renderProfiles, renderTrial } from '../apparmor.ts';
import { type AppArmorFacts, apparmorPlaces, lookAtAppArmor } from './apparmor-look.ts';
import { apparmorUndoers, DOMAINS, domainFiles, PROFILES } from './apparmor-undo.ts';
import { type ControlStep, type ControlVerdict, control, type UndoLine } from './types.ts';

const ARTIFACT = 'host-apparmor';
const PARSER = 'apparmor_parser';

const targetSchema = z.object({
  /** Text by path, as the files have to be. */
  files: z.record(z.string(), z.string()),
  /** Text by name: each has to be loaded, in enforce mode, exactly as this compiles. */
  profiles: z.record(z.string(), z.string()),
  /** The line that has to be in libvirt's local additions. */
  hook: z.object({ path: z.string(), line: z.string() }),
});
type Target = z.infer<typeof targetSchema>;

/** AppArmor (apparmor.d(5)): rules for every QEMU that libvirt confines, and profiles for programs of ours. */
export const apparmor = control({
  name: 'apparmor',
  title: 'AppArmor confines guests’ emulators and GPU work',
  owner:
    'A guest that breaks out of its emulator still can’t read your passwords, keys and browser, send raw packets or load a module: the kernel refuses and logs it. This counts for your own libvirt machines too.',
  leaves:
    'Your profiles and your additions to libvirt’s rules stay. Profiles of ours have no path to attach to, so no program of yours is confined by them; containers, snaps and debuggers keep the profiles they have.',
  schema: z.strictObject({}),
  target: targetSchema,
  undo: apparmorUndoers,
  look: (host, { target }) => lookAtAppArmor(host, target?.profiles),
  plan({ artifacts, facts, paths, instance }) {
    const bytes = artifacts.get(ARTIFACT);
    if (!facts.active) return { steps: [], keeps: [], unsupported: 'this kernel runs without AppArmor' };
    if (!bytes) return { steps: [], keeps: [], refused: `the policy names ${ARTIFACT}, which is not there` };
    if (!facts.hook)
      return {
        steps: [],
        keeps: [],
        unsupported: 'libvirt’s AppArmor rules (package libvirt-daemon-system) are not installed',
      };
    if (facts.off) return { steps: [], keeps: [], unsupported: facts.off };
    const definition = parseAppArmor(bytes);
    const places = apparmorPlaces(paths, instance);
    const profiles = renderProfiles(definition, instance);
    const files = {
      [places.domains]: renderDomainRules(definition),
      ...Object.fromEntries(Object.entries(profiles).map(([name, text]) => [places.profile(name), text])),
    };
    const hook = { path: places.additions, line: `include if exists <local/${instance}-domains>` };
    const target: Target = { files, profiles, hook };
    return {
      target,
      keeps: [...Object.keys(files), hook.path, `${instance}-`, DOMAINS],
      steps:
        check(target, facts).state === 'held' ? [] : steps(target, definition, facts, { instance, etc: paths.etc }),
    };
  },
  check,
});

function steps(
  { files, profiles, hook }: Target,
  definition: AppArmorDefinition,
  facts: AppArmorFacts,
  { instance, etc }: { instance: string; etc: string },
): ControlStep[] {
  const { texts, loaded, emulators } = facts;
  const why = 'a guest that breaks out of its emulator must not reach the machine';
  const changed = Object.keys(files).filter((path) => texts[path] !== files[path]?.trim());
  const hooked = hasLine(texts[hook.path] ?? '', hook.line);
  const additions = texts[hook.path] ?? '';
  const toLoad = Object.keys(profiles).filter(
    (name) => profileFault(name, facts) !== undefined || changed.some((path) => basename(path) === name),
  );
  const rulesChanged = !hooked || changed.some((path) => !(basename(path) in profiles));
  const running = domainFiles(Object.keys(loaded), etc);
  const reload = rulesChanged || emulators.some(({ label, ours }) => ours && !isConfined(label)) ? running : [];
  return [
    ...(changed.length === 0 && hooked
      ? []
      : [
          {
            do: 'run' as const,
            what: 'AppArmor policy',
            from: 'not looked at',
            to: 'compiled as a trial',
            why: 'a policy that this parser does not understand changes nothing',
            command: PARSER,
            args: ['--skip-kernel-load', '--skip-cache'],
            input: renderTrial(definition, instance),
            undo: { kind: DOMAINS, target: DOMAINS, before: null },
          },
        ]),
    ...changed.map((path): ControlStep => {
      const words = { what: path, from: path in texts ? 'another content' : 'absent', to: 'as the policy says', why };
      return { do: 'file', ...words, path, content: files[path] ?? '', mode: 0o644 };
    }),
    ...(hooked
      ? []
      : [
          {
            do: 'append' as const,
            what: hook.path,
            from: additions === '' ? 'empty' : 'the machine’s own additions',
            to: 'the same and one line that includes ours',
            why,
            path: hook.path,
            text: `${hook.line}\n`,
            mode: 0o644,
          },
        ]),
    ...replaceStep(
      { what: `AppArmor profiles ${toLoad.join(', ')}`, from: 'not loaded, or otherwise', to: 'in enforce mode', why },
      Object.keys(files).filter((path) => toLoad.includes(basename(path))),
      { kind: PROFILES, target: `${instance}-`, before: null },
    ),
    ...replaceStep(
      { what: `AppArmor profiles of ${reload.length} domains`, from: 'without our rules', to: 'with our rules', why },
      reload,
    ),
  ];
}

function replaceStep(
  words: Pick<ControlStep, 'what' | 'from' | 'to' | 'why'>,
  paths: readonly string[],
  undo?: UndoLine,
): ControlStep[] {
  if (paths.length === 0) return [];
  return [{ do: 'run', ...words, command: PARSER, args: ['--replace', '--skip-cache', ...paths], again: true, undo }];
}

function check({ files, profiles, hook }: Target, facts: AppArmorFacts): ControlVerdict {
  const { active, texts, emulators } = facts;
  const wrong = (expected: string, actual: string): ControlVerdict => ({ state: 'not-held', expected, actual });
  if (!active) return wrong('AppArmor active in the kernel', 'a kernel without it');
  for (const [path, text] of Object.entries(files))
    if (texts[path] !== text.trim()) return wrong(`${path} as the policy says`, path in texts ? 'changed' : 'absent');
  if (!hasLine(texts[hook.path] ?? '', hook.line)) return wrong(`${hook.line} in ${hook.path}`, 'absent');
  for (const name of Object.keys(profiles)) {
    const fault = profileFault(name, facts);
    if (fault) return wrong(`profile ${name} enforced as the policy says`, fault);
  }
  if (facts.off) return wrong('domains confined by default', facts.off);
  const free = emulators.filter(({ label }) => !isConfined(label));
  for (const { domain, label, ours } of free) if (ours) return wrong(`domain ${domain} confined`, label);
  const yours = free.length === 0 ? '' : `; not confined, and yours: ${free.map(({ domain }) => domain).join(', ')}`;
  const [loaded, confined] = [Object.keys(profiles).length, emulators.length - free.length];
  return { state: 'held', detail: `${loaded} profiles enforced, ${confined} domains confined${yours}` };
}

/** Why a profile does not hold. The digest tells one of the same name that lets more through. */
function profileFault(name: string, { loaded, compiled }: AppArmorFacts): string | undefined {
  const found = loaded[name];
  if (found?.mode !== 'enforce') return found?.mode ?? 'not loaded';
  if (compiled[name] === undefined) return 'apparmor_parser can’t compile it';
  // A kernel that keeps no text of any profile (apparmor.export_binary=0) can only be asked for name and mode.
  if (Object.values(loaded).every(({ digest }) => digest === '')) return undefined;
  return found.digest === compiled[name] ? undefined : `loaded from another text (${found.digest})`;
}

function isConfined(label: string): boolean {
  return /^libvirt-[0-9a-f-]{36} \(enforce\)$/.test(label);
}

function hasLine(text: string, line: string): boolean {
  return text.split('\n').includes(line);
}
