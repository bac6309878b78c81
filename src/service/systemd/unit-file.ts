import type { Home } from '../../system/home.ts';
import type { ServiceDefinition, UnitDirectives } from '../definitions.ts';
import { instanceName } from '../instance.ts';

/** `logos-ng.service`, or with the instance's digits for another LOGOS_HOME. */
export function unitName(home: Home, name: ServiceDefinition['name']): string {
  return `${instanceName(home)}-${name}.service`;
}

/** One word of a command line in a unit (systemd.service(5), COMMAND LINES): `%` and `$` would be expanded. */
export function unitWord(text: string): string {
  return `"${escapeUnit(text).replaceAll('$', '$$$$')}"`;
}

/** An assignment for Environment= (systemd.exec(5)); `$` is plain text there. */
function assignment(name: string, value: string): string {
  return `"${escapeUnit(`${name}=${value}`)}"`;
}

/** A path for ReadOnlyPaths= and the like, which need not be there (`-`); quoted, as systemd.syntax(7) splits at spaces. */
export function quotedPath(path: string): string {
  return `"-${escapeUnit(path)}"`;
}

function escapeUnit(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('%', '%%');
}

/** The unit of a service: always started anew, without a limit, because back-off is systemd's business here. */
export function renderUnit(
  home: Home,
  definition: ServiceDefinition,
  environment: Readonly<Record<string, string>>,
): string {
  const { description, command, env = {}, after = [], sandbox = {} } = definition;
  const order = after.map((name) => unitName(home, name));
  return render({
    Unit: {
      Description: `Logos: ${description.replaceAll('%', '%%').replaceAll('\n', ' ')}`,
      After: ['network.target', ...order].join(' '),
      StartLimitIntervalSec: '0',
    },
    Service: {
      Type: 'exec',
      ExecStart: command.map(unitWord).join(' '),
      Environment: Object.entries({ ...environment, ...env }).map(([name, value]) => assignment(name, value)),
      Restart: 'always',
      RestartSec: '100ms',
      KillMode: 'mixed',
      TimeoutStopSec: '15s',
      ...sandbox,
    },
    Install: { WantedBy: 'multi-user.target' },
  });
}

/** A slice with the owner's limits, for guests and for our own services (systemd.slice(5)). */
export function renderSlice(description: string, directives: UnitDirectives): string {
  return render({ Unit: { Description: `Logos: ${description}` }, Slice: directives });
}

function render(sections: Readonly<Record<string, UnitDirectives>>): string {
  return Object.entries(sections)
    .map(([section, directives]) => {
      const lines = Object.entries(directives).flatMap(([name, value]) =>
        (typeof value === 'string' ? [value] : value).map((one) => `${name}=${one}`),
      );
      return `[${section}]\n${lines.join('\n')}\n`;
    })
    .join('\n');
}
