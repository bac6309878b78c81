import { availableParallelism } from 'node:os';
import { Flags } from '@oclif/core';
import type { Deviation, HardeningPlan, PolicySource } from '../hardening/index.ts';
import { ExitCode, UserError } from '../system/errors.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

export default class Harden extends LogosCommand {
  static override description = `Apply the chain's host policy to this machine.

Limits that keep the owner's share, a firewall table for guests, kernel
settings. What will change is shown and asked about first. Each change is
journalled before it is made; --restore puts back exactly what was there.`;
  static override examples = [
    '<%= config.bin %> harden --chain ws://127.0.0.1:9944 --plan',
    '<%= config.bin %> harden --policy host-policy.json --cores 1 --memory 1024 --yes',
    '<%= config.bin %> harden --verify',
    '<%= config.bin %> harden --restore --yes',
  ];
  static override flags = {
    policy: Flags.string({ description: 'a host policy file, with host-firewall.json beside it', helpValue: 'FILE' }),
    chain: Flags.string({ description: 'take the policy from this chain', helpValue: 'URL', exclusive: ['policy'] }),
    genesis: Flags.string({
      description: 'hash of its genesis block, from a source that you trust',
      helpValue: 'HASH',
    }),
    spec: Flags.string({ description: 'raw specification of the chain, in place of the hash', helpValue: 'FILE' }),
    cores: Flags.string({ description: 'CPU cores to lend, such as 1.5 (default: as the owner configured)' }),
    memory: Flags.integer({ description: 'memory to lend in MiB (default: as the owner configured)', min: 1 }),
    plan: Flags.boolean({ description: 'show what would change, and change nothing', aliases: ['dry-run'] }),
    verify: Flags.boolean({
      description: 'compare this machine with what was applied',
      exclusive: ['plan', 'restore'],
    }),
    restore: Flags.boolean({ description: 'undo all of it', exclusive: ['plan'] }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  protected override async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(Harden);
    const work = flags.verify
      ? () => this.verify()
      : flags.restore
        ? () => this.restore(flags.yes)
        : () => this.harden(flags);
    await this.phase('harden', work, (detail) => detail);
    return undefined;
  }

  private async harden(flags: HardenFlags): Promise<Detail> {
    const { hardenHost, planHost } = await import('../hardening/index.ts');
    const source = await this.source(flags);
    const limits = await this.limits(flags);
    // Looking comes first and changes nothing; the kernel's word is put to the test only once the owner has agreed.
    const first = await planHost({ home: this.home, source, limits, probe: false });
    this.showPlan(first);
    if (flags.plan) return { ...planDetail(first), dryRun: true, summary: `${first.changes.length} changes planned` };
    if (first.changes.length > 0 && first.blockers.length === 0) await this.confirm('Apply these changes?', flags.yes);
    const { prepareHome } = await import('../service/index.ts');
    const { Journal } = await import('../system/journal.ts');
    await prepareHome(this.home, new Journal(this.home.journal));
    const plan = await planHost({ home: this.home, source, limits, probe: true });
    const { applied, deviations } = await hardenHost(plan, { home: this.home });
    this.refuse(deviations);
    const { cgroupProcs, partition, unsupported } = applied;
    for (const { feature, reason } of unsupported.slice(first.unsupported.length))
      this.say(`unsupported: ${feature}: ${reason}`);
    const summary =
      plan.changes.length === 0 ? 'nothing to change' : `${plan.changes.length} changes applied and verified`;
    return { ...planDetail(plan), unsupported, cgroupProcs, partition, deviations, summary };
  }

  private async verify(): Promise<Detail> {
    const { readApplied, verifyPlan } = await import('../hardening/index.ts');
    const { Journal } = await import('../system/journal.ts');
    const applied = await readApplied(this.home);
    if (!applied) {
      throw new UserError('not-hardened', 'No host policy was applied to this machine.', {
        nextSteps: ['Run `logos harden --chain URL`, or `logos provide`.'],
      });
    }
    const probe = process.getuid?.() === 0 ? new Journal(this.home.journal) : undefined;
    const deviations = await verifyPlan(applied, { probe });
    this.refuse(deviations);
    for (const { feature, reason } of applied.unsupported) this.say(`unsupported: ${feature}: ${reason}`);
    return { deviations, unsupported: applied.unsupported, policy: applied.policy, summary: 'all of it holds' };
  }

  private async restore(yes: boolean): Promise<Detail> {
    const { HOST_PATHS, instanceName, isOurs, restoreHost } = await import('../hardening/index.ts');
    const { localExec } = await import('../system/exec.ts');
    const { Journal } = await import('../system/journal.ts');
    const instance = instanceName(this.home.root);
    const pending = (await new Journal(this.home.journal).pending()).filter((change) =>
      isOurs(change, instance, HOST_PATHS),
    );
    for (const { kind, target } of pending.toReversed()) this.say(`put back: ${kind} ${target}`);
    if (pending.length > 0) await this.confirm('Undo these changes, and end what runs within the limits?', yes);
    const undone = await restoreHost(this.home, { exec: localExec, paths: HOST_PATHS });
    const restored = undone.map(({ kind, target }) => ({ kind, target }));
    return { restored, summary: restored.length === 0 ? 'nothing to undo' : `${restored.length} changes undone` };
  }

  private async source(flags: HardenFlags): Promise<PolicySource> {
    const { policyFromFile, policyFromSection } = await import('../hardening/index.ts');
    if (flags.policy) return policyFromFile(flags.policy);
    if (!flags.chain) {
      throw new UserError('policy-source-missing', 'Which policy? Neither --chain nor --policy was given.', {
        exitCode: ExitCode.usage,
        nextSteps: ['Name the chain with --chain URL, or a file with --policy FILE.'],
      });
    }
    const { openArtifacts } = await import('../chain/index.ts');
    const { readChain, readConfig } = await import('../service/index.ts');
    const { artifactMirrors: mirrors, trust } = await readConfig(this.home);
    const artifacts = openArtifacts(this.home.artifacts, { mirrors });
    const chosen = {
      url: flags.chain,
      trust: {
        ...trust,
        ...(flags.genesis && { genesis: flags.genesis }),
        ...(flags.spec && { specification: flags.spec }),
      },
    };
    const chain = await readChain(this.home, chosen, ({ code, message }) => this.say(`[${code}] ${message}`));
    try {
      return await policyFromSection(await chain.section('security-section-1'), (ref) => artifacts.fetch(ref));
    } finally {
      await chain.close();
    }
  }

  private async limits({ cores, memory }: HardenFlags): Promise<{ cpuCores: number; memoryMiB: number }> {
    const named = cores === undefined ? undefined : Number(cores);
    if (named !== undefined && memory !== undefined) return { cpuCores: named, memoryMiB: memory };
    const { ownerLimits, takeInventory } = await import('../host/index.ts');
    const { readConfig } = await import('../service/index.ts');
    const lent = ownerLimits(await takeInventory(), await readConfig(this.home));
    return { cpuCores: named ?? lent.cpuShare * availableParallelism(), memoryMiB: memory ?? lent.memoryMiB };
  }

  private showPlan(plan: HardeningPlan): void {
    for (const { what, from, to, why } of plan.changes) this.say(`${what}: ${from} → ${to}\n    ${why}`);
    for (const { feature, reason } of plan.unsupported) this.say(`unsupported: ${feature}: ${reason}`);
    for (const { code, message } of plan.blockers) this.say(`in the way: ${message} (${code})`);
    if (plan.changes.length === 0) this.say('Nothing to change.');
  }

  private refuse(deviations: readonly Deviation[]): void {
    for (const { code, target, expected, actual } of deviations) {
      const message = `${code}: ${target}: expected ${expected}, found ${actual}`;
      this.progress({ event: 'note', phase: 'harden', message, detail: { code, target, expected, actual } });
    }
    if (deviations.length === 0) return;
    throw new UserError('policy-deviation', `${deviations.length} settings are not as the policy wants them.`, {
      exitCode: ExitCode.refused,
      nextSteps: [
        'Run `logos harden` with the same policy to set them again, or `logos harden --restore` to undo all of it.',
      ],
    });
  }
}

interface HardenFlags {
  policy?: string;
  chain?: string;
  genesis?: string;
  spec?: string;
  cores?: string;
  memory?: number;
  plan: boolean;
  yes: boolean;
}

function planDetail(plan: HardeningPlan): Detail {
  const changes = plan.changes.map(({ kind, what, from, to, why }) => ({ kind, what, from, to, why }));
  return { changes, unsupported: plan.unsupported, blockers: plan.blockers };
}
