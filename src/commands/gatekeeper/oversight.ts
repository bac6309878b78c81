import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GatekeeperOversight extends LogosCommand {
  static override description = `show each lent machine of the region, what was decided, and why

For each: what was seen, the rule and the decision. All of it comes from the
chain: the rules, the heartbeats, the operations and the decisions so far. Any
gatekeeper may look. With --apply a main gatekeeper reports the faults that
the chain can't see and judges answers to challenges; the chain decides by its
rules.`;

  static override examples = [
    '<%= config.bin %> gatekeeper oversight',
    '<%= config.bin %> gatekeeper oversight --json',
    '<%= config.bin %> gatekeeper oversight --apply --from //Alice',
    '<%= config.bin %> gatekeeper oversight --challenge 5F…',
  ];

  static override flags = {
    chain: Flags.string({ description: "WebSocket address of the chain (default: this host's)" }),
    region: Flags.string({ description: 'region whose machines they are', default: 'local' }),
    from: Flags.string({
      description: "who signs: host (this host's key), a directory with host.json, or //Alice",
      default: 'host',
    }),
    'passphrase-file': Flags.file({ description: 'file with the passphrase of the key' }),
    apply: Flags.boolean({ description: 'tell the chain what was seen (main gatekeeper)' }),
    challenge: Flags.string({ description: 'ask this machine a question (main gatekeeper)', exclusive: ['exclude'] }),
    exclude: Flags.string({ description: 'exclude this machine for good (main gatekeeper)' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(GatekeeperOversight);
    const { checkOrders, regionOversight } = await import('../../service/index.ts');
    checkOrders(flags);
    const { describeOversight } = await import('../../gatekeeper/index.ts');
    const key = { from: flags.from, keys: this.home.keys, passphraseFile: flags['passphrase-file'] };
    const region = await regionOversight(this.home, { url: flags.chain, region: flags.region });
    try {
      const oversight = await region.look();
      this.say(describeOversight(oversight));
      const { apply, challenge, exclude } = flags;
      if (exclude !== undefined) await this.confirm(`Exclude ${exclude} and take its collateral?`, flags.yes);
      const told = await region.tell(key, oversight, { apply, challenge, exclude });
      for (const one of told) this.say(`told the chain: ${one.told} ${one.account}`);
      const rules = { ...oversight.rules, collateral: oversight.rules.collateral.toString() };
      return { ...oversight, rules, told };
    } finally {
      await region.close();
    }
  }
}
