import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

const MAX_BLOCK_TIME_MS = 3_600_000;

export default class ChainDev extends LogosCommand {
  static override description = `run a development chain on this machine, in the foreground, until Ctrl-C

It goes on where it was stopped.`;

  static override examples = [
    '<%= config.bin %> chain dev',
    '<%= config.bin %> chain dev --port 9955 --dir /tmp/chain --block-time 6000',
    '<%= config.bin %> chain dev --block-time instant',
    '<%= config.bin %> chain dev --block-time 3000 --timed',
    '<%= config.bin %> chain dev --fork wss://chain.example.org --dir /tmp/fork',
  ];

  static override flags = {
    port: Flags.integer({ description: 'port on 127.0.0.1; 0 takes a free one', default: 9944, min: 0, max: 65_535 }),
    'block-time': Flags.string({
      description: 'build a block at least every so many milliseconds; "instant" builds them for transactions only',
      default: '3000',
    }),
    timed: Flags.boolean({
      description:
        'let transactions wait for the block of --block-time, as on a real chain, instead of building one at once',
    }),
    upgrade: Flags.boolean({
      description: 'put the runtime of this program in place of the older one that the chain began with',
    }),
    fork: Flags.string({
      description: 'begin with a copy of a live chain, by its WebSocket address; needs an empty --dir',
    }),
    dir: Flags.directory({ description: 'where the chain is kept (default: chain/dev in LOGOS_HOME)' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainDev);
    const blockTimeMs = blockTime(flags['block-time']);
    if (flags.timed && blockTimeMs === undefined) throw wrongUsage('--timed needs a --block-time in milliseconds.');
    const { startDevChain } = await import('../../chain/index.ts');
    const chain = await startDevChain({
      port: flags.port,
      directory: flags.dir ?? join(this.home.chain, 'dev'),
      blockTimeMs,
      timed: flags.timed,
      upgrade: flags.upgrade,
      fork: flags.fork,
    });
    const { running, builtIn } = chain.runtime;
    if (running < builtIn) {
      const versions = `This chain began with version ${running} of the runtime and runs it on; this program has ${builtIn}.`;
      const choice = 'Start it with --upgrade to change that, or begin a new one with another --dir.';
      this.progress({ event: 'note', message: `${versions} ${choice}`, detail: { running, builtIn } });
    }
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

/** Milliseconds; `undefined` for blocks that come for transactions only. */
function blockTime(given: string): number | undefined {
  if (given === 'instant' || given === '0') return undefined;
  if (!/^\d{1,7}$/.test(given) || Number(given) > MAX_BLOCK_TIME_MS) {
    throw wrongUsage(`--block-time takes "instant" or 1 to ${MAX_BLOCK_TIME_MS} milliseconds, not "${given}".`);
  }
  return Number(given);
}

function wrongUsage(message: string): UserError {
  return new UserError('wrong-usage', message, { exitCode: ExitCode.usage });
}
