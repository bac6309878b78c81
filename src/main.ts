import { Config, type Interfaces, Plugin, run } from '@oclif/core';
import { normalizeArgv } from '@oclif/core/help';
import packageJson from '../package.json' with { type: 'json' };
import { type CommandTable, commandTable } from './commands/index.ts';
import { rendererFor } from './commands/render.ts';
import { closest } from './commands/suggest.ts';
import { endWhenUnread } from './commands/unread.ts';
import { ExitCode, type LogosError, reportOf, toLogosError, UserError } from './system/errors.ts';

/** Runs one command line. The outcome is in what is printed and in `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  endWhenUnread();
  const args = globalFlagsLast(argv);
  try {
    const config = await loadConfig();
    const refusal = refuse(args, config);
    if (refusal) fail(refusal, args);
    else await run([...args], config);
  } catch (error) {
    fail(toLogosError(error), args);
  }
}

/** The framework's view of this program: one plugin, whose commands come from the table and not from a package on disk. */
export async function loadConfig(table: CommandTable = commandTable()): Promise<Config> {
  const pjson = packageJson as unknown as Interfaces.PJSON;
  const root = import.meta.dirname;
  const plugin = new Plugin({ root, isRoot: true, pjson, errorOnManifestCreate: true });
  Object.assign(plugin, {
    getCommandIDs: async () => [...table.ids],
    findCommand: async (id: string) => Object.assign(await table.load(id), { id, plugin }),
    ...(table.manifest && { _manifest: async () => table.manifest }),
  });
  await plugin.load();
  return Config.load({ root, pjson, plugins: new Map([[plugin.name, plugin]]), devPlugins: false, userPlugins: false });
}

/** `logos --json status` means `logos status --json`. */
function globalFlagsLast(argv: readonly string[]): readonly string[] {
  const start = argv.findIndex((argument) => argument !== '--json' && argument !== '--verbose');
  return start < 1 ? argv : [...argv.slice(start), ...argv.slice(0, start)];
}

/** Why these words name no command; `undefined` when they do, or ask for help or the version. */
function refuse(argv: readonly string[], config: Config): LogosError | undefined {
  const [id] = normalizeArgv(config, [...argv]);
  const json = argv.includes('--json');
  if (id === undefined || ['--help', '-h', '--version'].some((flag) => argv.includes(flag))) return undefined;
  if (config.findCommand(id)) return undefined;
  if (config.findTopic(id) && !json) return undefined;
  const words = id.replaceAll(':', ' ');
  const shown = config.commands.filter((command) => !command.hidden).map((command) => command.id.replaceAll(':', ' '));
  const similar = closest(words, shown);
  return new UserError('unknown-command', `There is no command \`logos ${words}\`.`, {
    exitCode: ExitCode.usage,
    nextSteps: [...(similar ? [`Did you mean \`logos ${similar}\`?`] : []), 'See `logos help` for all commands.'],
  });
}

function fail(error: LogosError, argv: readonly string[]): void {
  const renderer = rendererFor({ json: argv.includes('--json') });
  renderer.failure(error, argv.includes('--verbose'));
  renderer.result({ event: 'result', ok: false, error: reportOf(error) });
  process.exitCode = error.exitCode;
}
