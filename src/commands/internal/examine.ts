import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** The region's side of proofs, beside its main gatekeeper (docs/classes.md). */
export default class InternalExamine extends LogosCommand {
  static override hidden = true;
  static override description = 'ask the machines of this region for proofs of what they claim';
  static override flags = {
    listen: Flags.string({ description: 'address to listen on', default: '127.0.0.1', helpValue: 'HOST' }),
    port: Flags.integer({ description: 'port to listen on', min: 0, max: 65_535, default: 7845 }),
    chain: Flags.string({ description: 'a development chain, without having joined it', helpValue: 'URL' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(InternalExamine);
    const { examinedText, examineRegion } = await import('../../service/index.ts');
    await examineRegion({
      home: this.home,
      url: flags.chain,
      host: flags.listen,
      port: flags.port,
      signal: this.abort.signal,
      onReady: (port) => this.progress({ event: 'ready', url: `tcp://${flags.listen}:${port}` }),
      report: (event) => this.progress({ event: 'note', message: examinedText(event), detail: { ...event } }),
    });
    return undefined;
  }
}
