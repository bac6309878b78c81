import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Args, Flags } from '@oclif/core';
import { ExitCode, UserError } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** What a definition can't do without: the flag, and how it is asked for. */
const QUESTIONS = [
  ['name', 'Name of the region, such as berlin'],
  ['domain', 'Domain, such as berlin.example.org'],
  ['vip', 'Address at which the API answers'],
  ['management', "Network of the servers' addresses, such as 10.0.0.0/24"],
  ['tenant', 'Network for guests, such as 10.64.0.0/16'],
] as const;
type Answers = Record<(typeof QUESTIONS)[number][0] | 'server', string>;

export default class RegionInit extends LogosCommand {
  static override description = `write a region's definition, and propose it

Asks for what the flags don't say. Host keys are taken from a known_hosts
file and pinned: nothing is asked of the network. A file that is there
already is checked and left as it is. Prints the closure: the digest of the
definition and of every file that will build the region. --propose puts it
on chain, where operators approve it with \`logos deploy approve\`.`;

  static override examples = [
    `<%= config.bin %> region init berlin.yaml --name berlin \\
  --domain berlin.example.org --vip 10.0.0.10 \\
  --management 10.0.0.0/24 --tenant 10.64.0.0/16 \\
  --server s1=10.0.0.11 --server s2=10.0.0.12 \\
  --server s3=10.0.0.13 --server s4=10.0.0.14`,
    '<%= config.bin %> region init berlin.yaml --propose --yes',
  ];

  static override args = {
    definition: Args.string({ description: 'file of the definition', required: true }),
  };

  static override flags = {
    name: Flags.string({ description: 'name of the region' }),
    domain: Flags.string({ description: 'domain of its services' }),
    vip: Flags.string({ description: 'address at which the API answers' }),
    management: Flags.string({ description: "network of the servers' addresses" }),
    tenant: Flags.string({ description: 'network for guests' }),
    server: Flags.string({ description: 'NAME=[USER@]ADDRESS[:PORT]; four or more', multiple: true }),
    class: Flags.string({
      description: 'NAME=VCPUS,MEMORY_MIB,DISK_GIB of a guest',
      multiple: true,
      default: ['compute-1=1,1024,10'],
    }),
    'known-hosts': Flags.string({ description: 'file with host keys (default: ~/.ssh/known_hosts)' }),
    platform: Flags.string({ description: 'tree of playbooks (default: the one that ships)' }),
    propose: Flags.boolean({ description: 'propose it to the chain', default: false }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionInit);
    const { keepRecord, openRegion, proposeRegion } = await import('../../service/index.ts');
    const written = !existsSync(args.definition);
    if (written) await this.#write(args.definition, flags);
    const region = await openRegion(args.definition, flags.platform);
    const closure = await keepRecord(this.home, region);
    const { name, version } = region.definition;
    this.say(`${written ? 'Wrote' : 'Checked'} ${args.definition}: ${name} ${version}`);
    this.say(`closure ${closure}  ${region.files.length} files`);
    const told = { region: name, version, definition: args.definition, written, closure };
    if (!flags.propose) return told;
    await this.confirm('Propose it?', flags.yes);
    const { receipt } = await proposeRegion(this.home, region);
    this.say(`Proposal ${receipt.proposal ?? '(pending)'}`);
    return { ...told, proposal: receipt.proposal ?? null, outcome: receipt.outcome };
  }

  /** Asks for what is missing, checks it, and only then writes the file. */
  async #write(file: string, flags: Readonly<Record<string, unknown>>): Promise<void> {
    const { composeDefinition, parseDefinition, parseServer } = await import('../../region/index.ts');
    const { localExec } = await import('../../system/exec.ts');
    const { knownKey } = await import('../../system/known-hosts.ts');
    const { writeFileAtomic } = await import('../../system/files.ts');
    const answers = await this.#ask(flags);
    const servers = answers.server.split(' ').filter((word) => word !== '');
    const knownHosts = (flags['known-hosts'] as string | undefined) ?? join(homedir(), '.ssh/known_hosts');
    const keys: Record<string, string> = {};
    for (const server of servers.map(parseServer)) keys[server.name] = await knownKey(localExec, knownHosts, server);
    const { name, domain, vip, management, tenant } = answers;
    const classes = flags.class as string[];
    const text = composeDefinition({ name, domain, vip, management, tenant, servers, classes }, keys);
    parseDefinition(Buffer.from(text));
    await writeFileAtomic(file, text, 0o644);
  }

  async #ask(flags: Readonly<Record<string, unknown>>): Promise<Answers> {
    const questions = [...QUESTIONS, ['server', 'Servers, NAME=ADDRESS, four or more, with spaces between']] as const;
    const given = (flag: string) =>
      Array.isArray(flags[flag]) ? flags[flag].join(' ') : (flags[flag] as string | undefined);
    const missing = questions.filter(([flag]) => given(flag) === undefined).map(([flag]) => `--${flag}`);
    const asks = !this.argv.includes('--json') && process.stdin.isTTY && process.stdout.isTTY;
    if (missing.length > 0 && !asks) {
      throw new UserError('wrong-usage', `There is nobody to ask for ${missing.join(', ')}.`, {
        exitCode: ExitCode.usage,
        nextSteps: ['Give these flags; see `logos region init --help`.'],
      });
    }
    const terminal =
      missing.length === 0 ? undefined : createInterface({ input: process.stdin, output: process.stdout });
    try {
      const answers: [string, string][] = [];
      for (const [flag, question] of questions)
        answers.push([flag, given(flag) ?? (await terminal?.question(`${question}: `))?.trim() ?? '']);
      return Object.fromEntries(answers) as Answers;
    } finally {
      terminal?.close();
    }
  }
}
