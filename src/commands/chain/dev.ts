import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ChainDev extends LogosCommand {
  static override description =
    'run a development chain on this machine, in the foreground, until Ctrl-C; it goes on where it was stopped';

  static override examples = [
    '<%= config.bin %> chain dev',
    '<%= config.bin %> chain dev --port 9955 --dir /tmp/chain --block-time 6000',
  ];

  static override flags = {
    port: Flags.integer({ description: 'port on 127.0.0.1; 0 takes a free one', default: 9944, min: 0, max: 65_535 }),
    'block-time': Flags.integer({
      description: 'build a block at least every so many milliseconds; 0 builds them for transactions only',
      default: 3_000,
      min: 0,
      max: 3_600_000,
    }),
    dir: Flags.directory({ description: 'where the chain is kept (default: chain/dev in LOGOS_HOME)' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainDev);
    const { startDevChain } = await import('../../chain/index.ts');
    const chain = await startDevChain({
      port: flags.port,
      directory: flags.dir ?? join(this.home.chain, 'dev'),
      blockTimeMs: flags['block-time'] === 0 ? undefined : flags['block-time'],
    });
    this.progress({ event: 'ready', url: chain.url });
    this.say(`The development chain answers at ${chain.url}. Ctrl-C stops it.`);
    await new Promise<void>((resolve) => {
      if (this.abort.signal.aborted) resolve();
      this.abort.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await chain.close();
    return { url: chain.url };
  }
}
