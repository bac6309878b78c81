import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ChainTx extends LogosCommand {
  static override description = `Send any call of the runtime as a transaction, and wait until it is final.

Arguments are JSON; a text that is no JSON needs no quotes. The plan shows the
fee before anything is signed. A run that was cut off is taken up by the same
command: it waits for the transaction that was sent, and sends no second one.`;

  static override examples = [
    '<%= config.bin %> chain tx balances.transferKeepAlive \\\n    5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty 1000000000000 \\\n    --from //Alice',
    '<%= config.bin %> chain tx system.remark 0x6869 --dry-run',
    `<%= config.bin %> chain tx sudo.sudo '{"call":"system.remark","args":["0x00"]}' \\\n    --from //Alice --yes --json`,
  ];

  static override strict = false;

  static override args = {
    call: Args.string({ description: 'pallet.call, such as balances.transferKeepAlive', required: true }),
  };

  static override flags = {
    chain: Flags.string({ description: 'WebSocket address of the chain', default: 'ws://127.0.0.1:9944' }),
    from: Flags.string({
      description: "who signs: host (this host's key), a directory with host.json, or //Alice on a development chain",
      default: 'host',
    }),
    'passphrase-file': Flags.file({ description: 'file with the passphrase of the key' }),
    'dry-run': Flags.boolean({ description: 'show the plan and send nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    timeout: Flags.integer({ description: 'seconds to wait until it is final', default: 300, min: 1, max: 86_400 }),
  };

  protected async execute(): Promise<Detail> {
    const { args, argv, flags } = await this.parse(ChainTx);
    const { describePlan, openTransactions, readArgument } = await import('../../chain/index.ts');
    const values = (argv as string[]).slice(1).map(readArgument);
    const session = await openTransactions(flags.chain, {
      key: { from: flags.from, keys: this.home.keys, passphraseFile: flags['passphrase-file'] },
      records: join(this.home.chain, 'transactions'),
    });
    try {
      const transaction = session.call(args.call, values);
      const plan = await session.plan(transaction);
      const shown = { ...plan, fee: plan.fee.toString(), balance: plan.balance.toString() };
      for (const line of describePlan(plan)) this.say(line);
      if (flags['dry-run']) return { plan: shown };
      await this.confirm('Sign and send this?', flags.yes);
      const outcome = await session.submit(transaction, {
        timeoutMs: flags.timeout * 1_000,
        signal: this.abort.signal,
      });
      if (outcome.resumed) this.say('An earlier run had sent it already.');
      this.say(
        `Final in block ${outcome.height} (${outcome.block}), transaction ${outcome.index}, fee ${outcome.fee} Planck`,
      );
      for (const { pallet, name, data } of outcome.events) this.say(`  ${pallet}.${name} ${JSON.stringify(data)}`);
      return { plan: shown, ...outcome, fee: outcome.fee.toString() };
    } finally {
      await session.close();
    }
  }
}
