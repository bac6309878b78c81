import { Flags } from '@oclif/core';
import type { PlanItem } from '../service/provide/index.ts';
import { type Detail, PHASES } from '../system/progress.ts';
import { LogosCommand } from './base.ts';
import { agreed } from './confirm.ts';
import { canElevate, runElevated } from './elevate.ts';

export default class Provide extends LogosCommand {
  static override description = `Make this machine a host that lends compute.

It is checked, measured and classed, registered on the chain, hardened as the
chain says, and runs a guest that the chain asks for. Each step is resumed
where an earlier run was stopped. On a terminal it stays and shows what
happens; Ctrl-C then ends guests and services. Elsewhere, or with --detach, it
ends when the host is ready and the services go on.

--role storage checks whether this machine could be a storage node, and says
its class or what is missing. It joins none yet: that is the region's
operators' to do (docs/classes.md).`;

  static override examples = [
    { description: 'Try it out on an embedded chain', command: '<%= config.bin %> provide --chain dev' },
    { description: 'See what would be changed', command: '<%= config.bin %> provide --chain dev --dry-run' },
    {
      description: 'Join a network, without questions',
      command: '<%= config.bin %> provide --chain wss://node.example --spec chain.json --yes',
    },
    {
      description: 'Measure again, and nothing else',
      command: '<%= config.bin %> provide --chain dev --phase benchmark',
    },
    {
      description: 'Commit to being there each night, UTC',
      command: '<%= config.bin %> provide --sla "22:00-06:00"',
    },
    { description: 'End guests and services', command: '<%= config.bin %> provide --stop' },
  ];

  static override flags = {
    chain: Flags.string({
      description: '`dev` for an embedded chain, or the WebSocket URL of a node',
      helpValue: 'dev|URL',
    }),
    'chain-port': Flags.integer({ description: 'port of the embedded chain on 127.0.0.1', min: 1, max: 65_535 }),
    genesis: Flags.string({
      description: 'hash of the genesis block of the chain, from a source that you trust',
      helpValue: 'HASH',
    }),
    spec: Flags.string({ description: 'raw specification of the chain, in place of the hash', helpValue: 'FILE' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
    'dry-run': Flags.boolean({ description: 'show the plan and change nothing' }),
    phase: Flags.option({
      options: PHASES,
      description: 'run one step; those before it are taken from their saved results',
    })(),
    fresh: Flags.boolean({ description: 'run every step anew' }),
    detach: Flags.boolean({ description: 'end when the host is ready, also on a terminal' }),
    role: Flags.option({
      description: 'what to lend; a storage node is checked, not joined',
      options: ['compute', 'storage'] as const,
      default: 'compute',
    })(),
    sla: Flags.string({
      description: 'hours (UTC) that you commit to: "mon-fri 20:00-08:00", "always"',
      multiple: true,
      helpValue: 'HOURS',
    }),
    stop: Flags.boolean({
      description: 'end guests and services of this host',
      exclusive: ['dry-run', 'phase', 'fresh', 'detach'],
    }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(Provide);
    const { localExec } = await import('../system/exec.ts');
    if (flags.stop) return this.stop();
    if (flags.sla) await (await import('../service/index.ts')).saveSla(this.home, flags.sla);
    if (flags.role === 'storage') return this.checkStorage();

    const { provide } = await import('../service/provide/index.ts');
    let elevated: number | undefined;
    await provide({
      home: this.home,
      exec: localExec,
      progress: this.progress,
      signal: this.abort.signal,
      chain: flags.chain,
      chainPort: flags['chain-port'],
      trust: { genesis: flags.genesis, specification: flags.spec },
      only: flags.phase,
      fresh: flags.fresh,
      dryRun: flags['dry-run'],
      confirm: async (plan) => {
        this.showPlan(plan);
        const go = await agreed('Do all of this?', { yes: flags.yes, json: flags.json, signal: this.abort.signal });
        if (!go || !canElevate()) return go;
        this.say('Root is needed for the steps marked *.');
        elevated = await runElevated(['provide', ...this.argv, '--yes']);
        return false;
      },
    }).catch((error: unknown) => {
      if (elevated === undefined) throw error;
      process.exitCode = elevated;
    });
    if (elevated !== undefined || flags['dry-run'] || flags.phase) return undefined;
    if (!flags.detach && !flags.json && process.stdout.isTTY) await this.stay();
    return undefined;
  }

  private async checkStorage(): Promise<Detail> {
    const [{ checkStorageRole }, { localExec }] = await Promise.all([
      import('../service/index.ts'),
      import('../system/exec.ts'),
    ]);
    const verdict = await checkStorageRole(this.home, localExec);
    this.say(`This machine could be a storage node of class ${verdict.class}.`);
    for (const note of verdict.notes) this.say(`Not looked at: ${note}.`);
    for (const { what } of verdict.next?.reasons ?? []) this.say(`Missing for ${verdict.next?.class}: ${what}.`);
    this.say("It was not joined: ask your region's operators, who set storage nodes up (docs/classes.md).");
    return { storage: verdict };
  }

  private showPlan(plan: readonly PlanItem[]): void {
    this.say('This will:');
    for (const { what, why, undo, needsRoot } of plan)
      this.say(`  ${needsRoot ? '*' : '·'} ${what}\n      ${why}; undo: ${undo}`);
  }

  /** Shows what happens until Ctrl-C, which ends what this command started. */
  private async stay(): Promise<void> {
    const { followEvents } = await import('../service/index.ts');
    this.say('Ctrl-C ends guests and services; `logos status` in another terminal shows them.');
    await followEvents(this.home, this.abort.signal, (line) => this.say(line));
    await this.stop();
  }

  private async stop(): Promise<Detail> {
    const [{ stopProviding }, { localExec }] = await Promise.all([
      import('../service/index.ts'),
      import('../system/exec.ts'),
    ]);
    const dvms = await stopProviding(this.home, localExec);
    this.say(
      `Ended ${dvms.length} guests and the services. \`logos provide\` goes on, \`logos reset\` undoes everything.`,
    );
    return { stopped: dvms };
  }
}
