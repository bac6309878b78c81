import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GatekeeperLibraries extends LogosCommand {
  static override description = `list the reference libraries that ship with this program

For each: its version, digest and tools, and how many commands it lets
through; --json names them.`;
  static override examples = [
    '<%= config.bin %> gatekeeper libraries',
    '<%= config.bin %> gatekeeper libraries --json',
  ];

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(GatekeeperLibraries);
    const { builtInLibraries } = await import('../../service/index.ts');
    const libraries = builtInLibraries().all.map(({ name, version, digest, tools, commands }) => ({
      name,
      version,
      digest,
      tools: [...tools],
      operations: commands.map(({ operation }) => operation.replaceAll('.', '/')),
    }));
    for (const { name, version, digest, tools, operations } of libraries) {
      this.say(`${name} ${version} (${digest.slice(0, 8)}), for ${tools.join(', ')}: ${operations.length} commands`);
    }
    return { libraries };
  }
}
