import { PROGRAM_DIRECTORIES, type Shown, show } from '../../system/sandbox/programs.ts';
import type { BubblewrapPlan } from '../../system/sandbox/start.ts';
import { isWithin } from './paths.ts';
import type { Sandbox } from './spec.ts';

/** Where the verified files of a command lie for its tool. */
export const FILES_AT = '/run/logos/files';

/** Something of the host, and where the tool finds it. */
export interface Bound {
  readonly source: string;
  readonly at: string;
}

/** What the plan needs to know of the host: everything here was looked at, and is there. */
export interface HostFacts {
  /** The directories of programs and libraries, or the links that stand for them. */
  readonly programs: readonly Shown[];
  /** The parts of /etc that everybody may read. */
  readonly settings: readonly Shown[];
  /** Home directory of the user that runs the tool: programs find it by the user's number and not by HOME. */
  readonly home: string;
  /** What the tool must not see, wherever it lies: this program's own directories. */
  readonly hidden: readonly string[];
  readonly isRoot: boolean;
}

/** What one run has of the host, by the library and by who runs it. */
export interface RunParts {
  readonly program: string;
  readonly args: readonly string[];
  /** Directory of the verified files. */
  readonly files: string;
  /** Whether the tool starts among these, and not in its work directory. */
  readonly startInFiles: boolean;
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly sockets: readonly string[];
  readonly devices: readonly string[];
  /** Directories that hold parts of the program, outside the usual ones. */
  readonly besides: readonly string[];
  /** The program's own file, where it lies in none of these. */
  readonly programFile: readonly Bound[];
  readonly credentials: readonly Bound[];
  /** The kept directories, by their names below the work directory. */
  readonly keep: readonly Bound[];
  readonly variables: Readonly<Record<string, string>>;
  /** What the host's name look-up needs, where the tool has its network. */
  readonly resolver: readonly string[];
}

/**
 * Plans a run. The tool's root is empty and can't be written; what it may see is put there, the deeper path after the one above
 * it, so that the more particular rule holds. Its home, /tmp, /var/tmp and /dev/shm are its own and go with it.
 */
export function planRun(sandbox: Sandbox, facts: HostFacts, parts: RunParts): BubblewrapPlan {
  const { home } = facts;
  const scratch = String(sandbox.scratch);
  const own = (path: string, mode: string) => ['--perms', mode, '--size', scratch, '--tmpfs', path];
  const shown = [...facts.programs, ...facts.settings].flatMap(show);
  const host = [
    ...parts.read.map((path) => ({ how: '--ro-bind-try', path })),
    ...parts.write.map((path) => ({ how: '--bind', path })),
  ].sort((a, b) => a.path.length - b.path.length);
  const beside = parts.credentials.flatMap(({ at }) => parents(at, home));
  return {
    options: [
      ...separation(sandbox, facts),
      // Made by the way, they would be this user's alone, and a tool may change to another.
      ...['/etc', '/run', '/var'].flatMap((path) => ['--perms', '0755', '--dir', path]),
      // Sockets are asked for by their old names still (FHS 3.0, 5.13).
      ...['--symlink', '../run', '/var/run'],
      ...shown,
      ...['--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev'],
      ...own('/dev/shm', '1777'),
      ...parts.devices.flatMap((path) => ['--dev-bind', path, path]),
      ...['--remount-ro', '/dev'],
      ...[...own('/tmp', '1777'), ...own('/var/tmp', '1777'), ...own(home, '0700')],
      ...host.flatMap(({ how, path }) => [how, path, path]),
      ...parts.besides.flatMap((path) => readOnly({ source: path, at: path })),
      ...covered(facts, parts).flatMap((path) => ['--perms', '0700', '--tmpfs', path]),
      ...parts.programFile.flatMap(readOnly),
      ...parts.keep.flatMap(({ source, at }) => ['--bind', source, at]),
      ...[...new Set(beside)].flatMap((path) => ['--perms', '0700', '--dir', path]),
      ...parts.credentials.flatMap(readOnly),
      ...[...parts.sockets, ...parts.resolver].flatMap((path) => readOnly({ source: path, at: path })),
      ...readOnly({ source: parts.files, at: FILES_AT }),
      ...['--remount-ro', '/'],
      ...environment(sandbox, facts, parts),
      ...['--chdir', startsIn(sandbox, facts, parts)],
    ],
    command: [parts.program, ...parts.args],
  };
}

/** Whom and what it can reach, whatever is shown. */
function separation({ network, capabilities }: Sandbox, { isRoot }: HostFacts): string[] {
  return [
    ...['--die-with-parent', '--new-session'],
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(network === 'none' ? ['--unshare-net'] : []),
    // A user name space of root's would take the sockets' word for who asks away; others can't do without.
    ...(isRoot ? [] : ['--unshare-user']),
    ...['--cap-drop', 'ALL'],
    ...capabilities.flatMap((name) => ['--cap-add', name]),
  ];
}

function environment({ environment: constants }: Sandbox, { home }: HostFacts, { variables }: RunParts): string[] {
  const all = { PATH: PROGRAM_DIRECTORIES.join(':'), HOME: home, LC_ALL: 'C.UTF-8', ...constants, ...variables };
  return ['--clearenv', ...Object.entries(all).flatMap(([name, value]) => ['--setenv', name, value])];
}

function startsIn({ startIn }: Sandbox, { home }: HostFacts, { startInFiles }: RunParts): string {
  if (startInFiles) return FILES_AT;
  return startIn === undefined ? home : `${home}/${startIn}`;
}

/** Hidden directories that lie in something that is shown. */
function covered({ programs, settings, hidden }: HostFacts, { besides }: RunParts): string[] {
  const roots = [...programs, ...settings].flatMap((it) => ('target' in it ? [] : it.path));
  return hidden.filter((path) => [...roots, ...besides].some((root) => isWithin(path, root)));
}

function readOnly({ source, at }: Bound): string[] {
  return ['--ro-bind', source, at];
}

/** Directories between `top` and what lies below it, from above. */
function parents(path: string, top: string): string[] {
  const steps = path
    .slice(top.length + 1)
    .split('/')
    .slice(0, -1);
  return steps.map((_, index) => [top, ...steps.slice(0, index + 1)].join('/'));
}
