import { Flags } from '@oclif/core';
import type { Detail } from '../../../system/progress.ts';
import { LogosCommand } from '../../base.ts';

export default class ChainSpecNew extends LogosCommand {
  static override description = `Make the chain specification that a new network starts from.

The founders say who they are in a file (--network; --skeleton prints one to
fill in), or by flags, which win over the file. The first block is built by
the runtime itself. All founders get the same bytes, and compare the hash.`;

  static override examples = [
    '<%= config.bin %> chain spec new --skeleton > network.json',
    '<%= config.bin %> chain spec new --network network.json --output logos.json',
    '<%= config.bin %> chain spec new --network network.json \\\n    --name "Logos Test" --id logos_test --type Local --output test.json',
  ];

  static override flags = {
    skeleton: Flags.boolean({ description: 'print a network file to fill in, and end' }),
    network: Flags.string({ description: 'JSON file of what the founders decided' }),
    name: Flags.string({ description: 'name of the network' }),
    id: Flags.string({ description: 'its id: small letters, digits and _' }),
    type: Flags.option({ options: ['Live', 'Local', 'Development'] as const, description: 'kind of chain' })(),
    validator: Flags.string({ description: 'ADDRESS=0xSESSIONKEYS, as author_rotateKeys gives them', multiple: true }),
    endow: Flags.string({ description: 'ADDRESS=AMOUNT, in Planck or as "1000 LOGOS"', multiple: true }),
    stake: Flags.string({ description: 'what each validator bonds' }),
    council: Flags.string({ description: 'address of a member of the first council', multiple: true }),
    admin: Flags.string({ description: 'address of the administrator; not on a live chain' }),
    'boot-node': Flags.string({ description: 'multiaddress of a boot node', multiple: true }),
    runtime: Flags.string({ description: 'file of the runtime (default: the one that logos carries)' }),
    preset: Flags.string({ description: "the runtime's preset that gives all else", default: 'template' }),
    output: Flags.string({ char: 'o', description: 'file to write', default: 'chain-spec.json' }),
  };

  protected async execute(): Promise<Detail> {
    const { flags } = await this.parse(ChainSpecNew);
    const { openSpecifications } = await import('../../../chain/index.ts');
    const { SKELETON, describeSpecification, networkFrom, newSpecification } = await openSpecifications();
    if (flags.skeleton) {
      this.say(JSON.stringify(SKELETON, null, 2));
      return { network: SKELETON };
    }
    const network = await networkFrom(flags.network, {
      name: flags.name,
      id: flags.id,
      chainType: flags.type,
      stake: flags.stake,
      validators: flags.validator,
      endowments: flags.endow,
      council: flags.council,
      administrator: flags.admin,
      bootNodes: flags['boot-node'],
    });
    const { output, preset, runtime } = flags;
    const summary = await newSpecification({ network, runtime, preset, output });
    for (const line of describeSpecification(summary)) this.say(line);
    this.say(`Written to ${output}.`);
    return { ...summary, output };
  }
}
