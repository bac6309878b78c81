import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ChainUpgrade extends LogosCommand {
  static override description = `Put a new runtime on the chain, without a halt.

The hash of the new code is authorised first: on a chain with an administrator
by sudo, otherwise by a referendum about it. Then anybody may send the code
(--apply). Running the command again goes on where the chain is.`;

  static override examples = [
    '<%= config.bin %> chain upgrade logos-runtime.compact.compressed.wasm \\\n    --dry-run --from //Alice',
    '<%= config.bin %> chain upgrade --chain wss://chain.example.org --by referendum',
    '<%= config.bin %> chain upgrade logos-runtime.wasm.gz --apply',
  ];

  static override args = {
    runtime: Args.string({ description: 'file of the runtime (default: the one that logos carries)' }),
  };

  static override flags = {
    chain: Flags.string({ description: 'WebSocket address of the chain', default: 'ws://127.0.0.1:9944' }),
    from: Flags.string({
      description: "who signs: host (this host's key), a directory with host.json, or //Alice",
      default: 'host',
    }),
    'passphrase-file': Flags.file({ description: 'file with the passphrase of the key' }),
    by: Flags.option({
      options: ['sudo', 'referendum'] as const,
      description: 'who decides (default: sudo if the key may)',
    })(),
    apply: Flags.boolean({ description: 'only send the code that was authorised' }),
    output: Flags.string({ char: 'o', description: 'also write the code as the chain stores it, for others to apply' }),
    'dry-run': Flags.boolean({ description: 'show the plan and send nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    timeout: Flags.integer({ description: 'seconds to wait for each step', default: 300, min: 1, max: 86_400 }),
  };

  protected async execute(): Promise<Detail> {
    const { args, flags } = await this.parse(ChainUpgrade);
    const { describeUpgrade, openTransactions, openUpgrade } = await import('../../chain/index.ts');
    const { builtInRuntime, planUpgrade, readRuntimeFile, runUpgrade } = await openUpgrade();
    const runtime = args.runtime === undefined ? builtInRuntime() : await readRuntimeFile(args.runtime);
    const session = await openTransactions(flags.chain, {
      key: { from: flags.from, keys: this.home.keys, passphraseFile: flags['passphrase-file'] },
      records: join(this.home.chain, 'transactions'),
      timeoutMs: 60_000,
    });
    try {
      const plan = await planUpgrade(session, runtime, { by: flags.by, applyOnly: flags.apply });
      for (const line of describeUpgrade(plan)) this.say(line);
      if (flags.output !== undefined) await writeFile(flags.output, runtime.code());
      if (flags['dry-run']) return { plan };
      if (!plan.done) await this.confirm('Upgrade the chain?', flags.yes);
      const result = await runUpgrade(session, runtime, plan, {
        timeoutMs: flags.timeout * 1_000,
        signal: this.abort.signal,
        onStep: (message) => this.progress({ event: 'note', message }),
      });
      const { specName, specVersion } = plan.next;
      if (result.state === 'running') this.say(`${specName} ${specVersion} runs.`);
      else this.say(`Referendum ${result.referendum} decides. Once it is enacted: \`logos chain upgrade --apply\`.`);
      const transactions = result.transactions.map(({ fee, ...rest }) => ({ ...rest, fee: fee.toString() }));
      return { plan, ...result, transactions };
    } finally {
      await session.close();
    }
  }
}
