import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { ReferendumOptions } from '../../chain/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class ChainDeploy extends LogosCommand {
  static override description = `Put all contracts of a region on the chain, with their first values.

One transaction makes, configures and registers what is missing. What is there
stays; contracts of older code are upgraded where the new code reads what they
stored. Where the key doesn't administer the chain, the call that registers
the contracts is printed for those who do, or put to a referendum (--by
referendum). Its deposits, 510 LOGOS and some for the text, come back when it
is over.`;

  static override examples = [
    '<%= config.bin %> chain deploy',
    '<%= config.bin %> chain deploy --chain wss://chain.example.org \\\n    --region eu-1 --from host --json',
    '<%= config.bin %> chain deploy --chain wss://chain.example.org \\\n    --from host --by referendum',
  ];

  static override flags = {
    chain: Flags.string({ description: 'WebSocket address of the chain', default: 'ws://127.0.0.1:9944' }),
    region: Flags.string({ description: 'region whose contracts they are', default: 'local' }),
    from: Flags.string({
      description:
        "who signs: host (this host's key), a directory with host.json, or //Alice (default on development chains)",
    }),
    'passphrase-file': Flags.file({ description: 'file with the passphrase of the key' }),
    by: Flags.option({
      options: ['sudo', 'referendum'] as const,
      description: 'who registers the contracts: the key, where it administers the chain, or everybody',
      default: 'sudo',
    })(),
    timeout: Flags.integer({
      description: 'seconds to wait for each transaction of a referendum',
      default: 300,
      min: 1,
      max: 86_400,
    }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainDeploy);
    const { deployContracts } = await import('../../chain/index.ts');
    const { from } = flags;
    await this.confirm(`Deploy the contracts of region ${flags.region} on ${flags.chain}?`, flags.yes);
    const deployment = await deployContracts(flags.chain, {
      region: flags.region,
      key: from === undefined ? undefined : { from, keys: this.home.keys, passphraseFile: flags['passphrase-file'] },
      referendum: flags.by === 'referendum' ? this.#referendum(flags.timeout) : undefined,
    });
    for (const { section, contract, address, state } of deployment.contracts) {
      this.say(`${section}  ${contract}  ${address}  ${state}`);
    }
    if (deployment.receipt !== undefined) this.say(`in block ${deployment.receipt.height}`);
    if (deployment.referendum !== undefined) {
      this.say(`Referendum ${deployment.referendum} decides whether they are registered.`);
    } else if (deployment.registration !== undefined) {
      this.say(`to be registered by governance: ${deployment.registration}`);
    }
    const transactions = deployment.transactions?.map(({ fee, ...rest }) => ({ ...rest, fee: fee.toString() }));
    return { ...deployment, transactions };
  }

  #referendum(timeout: number): ReferendumOptions {
    return {
      records: join(this.home.chain, 'transactions'),
      timeoutMs: timeout * 1_000,
      signal: this.abort.signal,
      onStep: (message) => this.progress({ event: 'note', message }),
    };
  }
}
