import { Flags } from '@oclif/core';
import type { Detail } from '../../../../system/progress.ts';
import { LogosCommand } from '../../../base.ts';

export default class ChainNodeKeysRotate extends LogosCommand {
  static override description =
    'have the validator on this host make new session keys, and print what its account then signs; the old ones stay until the chain has taken up the new';

  static override examples = [
    '<%= config.bin %> chain node keys rotate',
    '<%= config.bin %> chain node keys rotate --account 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --json',
  ];

  static override flags = {
    account: Flags.string({ description: "address of the validator's account (default: this host's key)" }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainNodeKeysRotate);
    const { nodeSettings, rotateSessionKeys } = await import('../../../../service/index.ts');
    const { hostAddress } = await import('../../../../chain/index.ts');
    const settings = await nodeSettings(this.home);
    const account = flags.account ?? (await hostAddress(this.home.keys));
    const { keys, proof } = await rotateSessionKeys(settings, account);
    this.say(`keys   ${keys}`);
    if (proof !== undefined) this.say(`proof  ${proof}`);
    this.say(`Sign session.setKeys with these from ${account}; they count from the session after the next one.`);
    return { account, keys, proof };
  }
}
