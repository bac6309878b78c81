import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ArtifactsList extends LogosCommand {
  static override description = 'show what the artefact store holds';

  static override examples = ['<%= config.bin %> artifacts list', '<%= config.bin %> artifacts list --json'];

  protected async execute(): Promise<Detail> {
    await this.parse(ArtifactsList);
    const { openArtifacts } = await import('../../chain/index.ts');
    const stored = await openArtifacts(this.home.artifacts).list();
    const bytes = stored.reduce((sum, { size }) => sum + size, 0);
    for (const { digest, size, pinned } of stored) {
      this.say(`${digest}  ${String(size).padStart(12)}${pinned ? '  pinned' : ''}`);
    }
    this.say(`${stored.length} artefacts, ${bytes} bytes`);
    const artifacts = stored.map(({ modified, ...rest }) => ({ ...rest, modified: new Date(modified).toISOString() }));
    return { artifacts, bytes };
  }
}
