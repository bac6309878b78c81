import { Duplex } from 'node:stream';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** What ssh runs for a migration from another host: its input and output are the connection. */
export default class InternalDvmAgent extends LogosCommand {
  static override hidden = true;
  static override description = "do another host's part of a migration over standard input and output";

  protected async execute(): Promise<Detail | undefined> {
    await this.parse(InternalDvmAgent);
    const { serveRemote } = await import('../../hypervisor/index.ts');
    const { servedHost } = await import('../../service/dvm-host.ts');
    const stream = Duplex.from({ writable: process.stdout, readable: process.stdin });
    await serveRemote(stream, await servedHost(this.home));
    // Nothing more may come on the connection: a result line would be a migration's bytes.
    process.exit();
  }
}
