import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GatekeeperShow extends LogosCommand {
  static override description = 'show the gatekeeper that the chain deployed to this host: what it admits, from whom';

  static override examples = ['<%= config.bin %> gatekeeper show', '<%= config.bin %> gatekeeper show --json'];

  static override flags = {};

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(GatekeeperShow);
    const { bootstrapDefinition, describeDefinition, loadGatekeeper } = await import('../../gatekeeper/index.ts');
    const deployed = await loadGatekeeper(this.home);
    const definition = deployed?.definition ?? bootstrapDefinition();
    this.say(describeDefinition(definition, deployed));
    return { deployed: deployed !== undefined, digest: deployed?.digest, path: deployed?.path, definition };
  }
}
