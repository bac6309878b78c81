import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { REGION_ARGS, REGION_FLAGS } from './common.ts';

const ROLES = ['compute', 'network'] as const;

export default class RegionAddServer extends LogosCommand {
  static override description = `give a region one more server

Writes the server into the definition, pins its host key from a known_hosts
file, and raises the version: what it is to be has another closure then,
which operators approve. With --propose that is proposed at once. After it,
\`logos region bootstrap\` lays out the new server and tells the others of it;
on those nothing else changes. A server comes as compute or network; votes
and copies are shared out when a region is made.`;

  static override examples = [
    '<%= config.bin %> region add-server berlin.yaml --server s5=10.0.0.15',
    `<%= config.bin %> region add-server berlin.yaml --server s6=root@10.0.0.16 \\
  --role network --role compute --propose`,
  ];

  static override args = REGION_ARGS;

  static override flags = {
    server: Flags.string({ description: 'NAME=[USER@]ADDRESS[:PORT]', required: true }),
    role: Flags.option({ description: 'what it is to be', options: ROLES, multiple: true, default: ['compute'] })(),
    class: Flags.string({ description: 'its resource class (default: the first one)' }),
    tunnel: Flags.string({ description: 'ADDRESS,CARD where its tunnels end, where that is another card' }),
    'known-hosts': Flags.string({ description: 'file with host keys (default: ~/.ssh/known_hosts)' }),
    platform: REGION_FLAGS.platform,
    propose: Flags.boolean({ description: 'propose it to the chain', default: false }),
    yes: REGION_FLAGS.yes,
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionAddServer);
    const { parseServer, withServer } = await import('../../region/index.ts');
    const { keepRecord, openRegion, proposeRegion } = await import('../../service/index.ts');
    const { localExec } = await import('../../system/exec.ts');
    const { knownKey } = await import('../../system/known-hosts.ts');
    const { writeFileAtomic } = await import('../../system/files.ts');
    const before = await openRegion(args.definition, flags.platform);
    const hosts = flags['known-hosts'] ?? join(homedir(), '.ssh/known_hosts');
    const key = await knownKey(localExec, hosts, parseServer(flags.server));
    const { server, role: roles, class: resourceClass, tunnel } = flags;
    const text = await readFile(args.definition, 'utf8');
    const next = withServer(text, { server, roles, class: resourceClass, tunnel }, key);
    const { name, version } = next.definition;
    const added = next.definition.servers.at(-1);
    this.say(`${name} ${before.definition.version} → ${version}`);
    this.say(`+ ${added?.name} ${added?.address}  ${added?.roles.join(', ')}  class ${added?.class}`);
    await this.confirm(`Write it to ${args.definition}?`, flags.yes);
    await writeFileAtomic(args.definition, next.text, 0o644);
    const region = await openRegion(args.definition, flags.platform);
    const closure = await keepRecord(this.home, region);
    this.say(`closure ${closure}`);
    const told = { region: name, version, server: added?.name, roles: added?.roles, closure };
    if (!flags.propose) {
      this.say('Propose it with `logos region init --propose`; once approved, run `logos region bootstrap`.');
      return told;
    }
    const { receipt } = await proposeRegion(this.home, region);
    this.say(`Proposal ${receipt.proposal ?? '(pending)'}; once approved, run \`logos region bootstrap\`.`);
    return { ...told, proposal: receipt.proposal ?? null, outcome: receipt.outcome };
  }
}
