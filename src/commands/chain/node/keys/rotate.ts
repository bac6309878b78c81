import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { NodeSettings } from '../../../../service/index.ts';
import type { Detail } from '../../../../system/progress.ts';
import { LogosCommand } from '../../../base.ts';

export default class ChainNodeKeysRotate extends LogosCommand {
  static override description = `Have the validator on this host make new session keys.

What its account then signs is printed; with --submit it is signed and sent
here. The old keys stay until the chain has taken up the new ones, in the
session after the next one.`;

  static override examples = [
    '<%= config.bin %> chain node keys rotate',
    '<%= config.bin %> chain node keys rotate \\\n    --account 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --json',
    '<%= config.bin %> chain node keys rotate --submit --from host --yes',
  ];

  static override flags = {
    account: Flags.string({
      description: "address of the validator's account (default: this host's key)",
      exclusive: ['submit'],
    }),
    submit: Flags.boolean({ description: 'sign and send session.setKeys with the new keys' }),
    from: Flags.string({
      description: "whose validator it is: host (this host's key), a directory with host.json, or //Alice",
      default: 'host',
    }),
    'passphrase-file': Flags.file({ description: 'file with the passphrase of the key' }),
    'dry-run': Flags.boolean({ description: 'show the plan, make no keys and send nothing', dependsOn: ['submit'] }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    timeout: Flags.integer({ description: 'seconds to wait until it is final', default: 300, min: 1, max: 86_400 }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainNodeKeysRotate);
    const { nodeSettings, rotateSessionKeys } = await import('../../../../service/index.ts');
    const settings = await nodeSettings(this.home);
    if (flags.submit) return this.#submit(settings, flags);
    const { hostAddress } = await import('../../../../chain/index.ts');
    const account = flags.account ?? (await hostAddress(this.home.keys));
    const { keys, proof } = await rotateSessionKeys(settings, account);
    this.say(`keys   ${keys}`);
    if (proof !== undefined) this.say(`proof  ${proof}`);
    this.say(`Sign session.setKeys with these from ${account}; they count from the session after the next one.`);
    return { account, keys, proof };
  }

  async #submit(
    settings: NodeSettings,
    flags: { from: string; 'passphrase-file'?: string; 'dry-run': boolean; yes: boolean; timeout: number },
  ): Promise<Detail> {
    const { describePlan, openTransactions, planSessionKeys, registerSessionKeys } = await import(
      '../../../../chain/index.ts'
    );
    const { rotateSessionKeys } = await import('../../../../service/index.ts');
    const session = await openTransactions(`ws://127.0.0.1:${settings.rpcPort}`, {
      key: { from: flags.from, keys: this.home.keys, passphraseFile: flags['passphrase-file'] },
      records: join(this.home.chain, 'transactions'),
      timeoutMs: 60_000,
    });
    try {
      const { account } = session;
      const { call, fee, balance, ...plan } = await planSessionKeys(session);
      this.say(`new session keys in the node on port ${settings.rpcPort}, for the validator of ${account}`);
      for (const line of describePlan({ ...plan, call, fee, balance, arguments: {} })) this.say(line);
      const shown = { call, account, fee: fee.toString(), balance: balance.toString() };
      if (flags['dry-run']) return { account, plan: shown };
      await this.confirm('Make the keys, sign and send this?', flags.yes);
      const made = await rotateSessionKeys(settings, account);
      const options = { timeoutMs: flags.timeout * 1_000, signal: this.abort.signal };
      const outcome = await registerSessionKeys(session, made, options);
      this.say(`Final in block ${outcome.height}: the keys count from the session after the next one.`);
      const { keys, proof } = made;
      return { account, keys, proof, plan: shown, ...outcome, fee: outcome.fee.toString() };
    } finally {
      await session.close();
    }
  }
}
