import { Args, Flags } from '@oclif/core';
import { ExitCode } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DeployPlan extends LogosCommand {
  static override description = `check a deployment, and show what it would change

Packs the directory, reads every command by its reference library and every
file that it will use, and compares it with what its target has on chain.
Changes nothing; without a chain (in CI) it checks alone. Exit code 3 when
something is wrong. The same files give the same closure.`;

  static override examples = [
    '<%= config.bin %> deploy plan infrastructure/base',
    '<%= config.bin %> deploy plan infrastructure/base --offline --json',
    '<%= config.bin %> deploy plan infrastructure/base --chain wss://chain.example.org',
  ];

  static override args = {
    directory: Args.string({ description: 'directory with a deployment.yaml', required: true }),
  };

  static override flags = {
    chain: Flags.string({ description: 'WebSocket address of the chain (default: the one this host joined)' }),
    offline: Flags.boolean({ description: 'ask no chain', default: false, exclusive: ['chain'] }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(DeployPlan);
    const { openDeployChain, planDeployment, planText } = await import('../../service/index.ts');
    const chain = flags.offline ? undefined : await openDeployChain(this.home, flags.chain);
    try {
      const plan = await planDeployment(this.home, args.directory, chain);
      if (plan.findings.length > 0) process.exitCode = ExitCode.refused;
      this.say(planText(plan));
      const { closure, findings, rules, current, difference } = plan;
      return {
        ok: findings.length === 0,
        rules,
        findings: findings.map((finding) => ({ ...finding })),
        closure: closure?.digest,
        size: closure?.archive.length,
        name: closure?.declaration.name,
        version: closure?.declaration.version,
        target: closure?.declaration.target,
        replaces: current?.change.closure ?? null,
        difference,
        files: closure?.manifest.files,
      };
    } finally {
      await chain?.close();
    }
  }
}
