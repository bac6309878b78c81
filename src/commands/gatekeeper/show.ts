import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GatekeeperShow extends LogosCommand {
  static override description = `show what the gatekeeper of this host admits, and from whom

That is its definition, as the chain deployed it to this host; before the host
has joined, a built-in one.`;

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
