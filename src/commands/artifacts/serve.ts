import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ArtifactsServe extends LogosCommand {
  static override description = `serve the artefact store to other hosts over HTTP, read-only

It runs in the foreground, until Ctrl-C.`;

  static override examples = [
    '<%= config.bin %> artifacts serve',
    '<%= config.bin %> artifacts serve --host 10.0.0.2 --port 8480',
  ];

  static override flags = {
    host: Flags.string({
      description: 'address to listen on; the default is reached from this machine only',
      default: '127.0.0.1',
    }),
    port: Flags.integer({ description: 'port; 0 takes a free one', default: 8480, min: 0, max: 65_535 }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ArtifactsServe);
    const { serveArtifacts } = await import('../../chain/index.ts');
    const server = await serveArtifacts({ directory: this.home.artifacts, host: flags.host, port: flags.port });
    this.progress({ event: 'ready', url: server.url });
    this.say(`The artefacts are at ${server.url}. Ctrl-C stops it.`);
    await new Promise<void>((resolve) => {
      if (this.abort.signal.aborted) resolve();
      this.abort.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await server.close();
    return { url: server.url };
  }
}
