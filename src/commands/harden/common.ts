import { availableParallelism, totalmem } from 'node:os';
import { Flags } from '@oclif/core';
import type { Deviation, HardeningPlan, LentLimits, PlanHostOptions, PolicySource } from '../../hardening/index.ts';
import { ExitCode, UserError } from '../../system/errors.ts';
import { hasEntry } from '../../system/files.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** Where the policy comes from, and what the owner lends: the same for `plan` and `apply`. */
export const POLICY_FLAGS = {
  policy: Flags.string({ description: 'a host policy file, with its host-* files beside it', helpValue: 'FILE' }),
  chain: Flags.string({ description: 'take the policy from this chain', helpValue: 'URL', exclusive: ['policy'] }),
  genesis: Flags.string({
    description: 'hash of its genesis block, from a source that you trust',
    helpValue: 'HASH',
  }),
  spec: Flags.string({ description: 'raw specification of the chain, in place of the hash', helpValue: 'FILE' }),
  cores: Flags.string({ description: 'CPU cores to lend, such as 1.5 (default: as the owner configured)' }),
  memory: Flags.integer({ description: 'memory to lend in MiB (default: as the owner configured)', min: 1 }),
  device: Flags.string({
    description: 'also lend this PCI device to guests, such as 0000:01:00.0',
    helpValue: 'ADDRESS',
    multiple: true,
  }),
  'one-way': Flags.string({
    description: 'also throw this switch, which only the next boot takes back',
    helpValue: 'CONTROL',
    multiple: true,
  }),
};

export interface PolicyFlags {
  policy?: string;
  chain?: string;
  genesis?: string;
  spec?: string;
  cores?: string;
  memory?: number;
  device?: string[];
  'one-way'?: string[];
}

/** What the commands under `logos harden` share. */
export abstract class HardenCommand extends LogosCommand {
  protected async options(flags: PolicyFlags): Promise<Omit<PlanHostOptions, 'probe'>> {
    const source = await this.source(flags);
    return { home: this.home, source, limits: await this.limits(flags), agreed: flags['one-way'] };
  }

  private async source(flags: PolicyFlags): Promise<PolicySource> {
    const { policyFromFile, policyFromSection } = await import('../../hardening/index.ts');
    if (flags.policy) return policyFromFile(flags.policy);
    if (!flags.chain) {
      throw new UserError('policy-source-missing', 'Which policy? Neither --chain nor --policy was given.', {
        exitCode: ExitCode.usage,
        nextSteps: ['Name the chain with --chain URL, or a file with --policy FILE.'],
      });
    }
    const { openArtifacts } = await import('../../chain/index.ts');
    const { readChain, readConfig } = await import('../../service/index.ts');
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

  private async limits({ cores, memory, device }: PolicyFlags): Promise<LentLimits> {
    const named = cores === undefined ? undefined : Number(cores);
    if (named !== undefined && !(named > 0 && named <= availableParallelism()))
      throw wrongLimit(`--cores ${cores}`, `more than 0 and at most ${availableParallelism()}`);
    const most = Math.floor(totalmem() / 1_048_576);
    if (memory !== undefined && memory > most) throw wrongLimit(`--memory ${memory}`, `at most ${most}`);
    const devices = device?.map((address) => address.toLowerCase());
    if (named !== undefined && memory !== undefined) return { cpuCores: named, memoryMiB: memory, devices };
    const { ownerLimits, takeInventory } = await import('../../host/index.ts');
    const { readConfig } = await import('../../service/index.ts');
    const config = await readConfig(this.home);
    const lent = ownerLimits(await takeInventory(), config);
    const cpuCores = named ?? lent.cpuShare * availableParallelism();
    return { cpuCores, memoryMiB: memory ?? lent.memoryMiB, devices: devices ?? config.lend?.devices };
  }

  /** What hardening did is root's: anybody else could only see half of it. Throws UserError `root-needed`. */
  protected async refuseOthers(): Promise<void> {
    if (process.getuid?.() === 0 || !(await hasEntry(this.home.journal))) return;
    throw new UserError('root-needed', 'What hardening changed on this machine is for root to look at and to undo.', {
      exitCode: ExitCode.unauthorised,
      nextSteps: ['Run the command again as root, with sudo or su.'],
    });
  }

  protected showPlan(plan: HardeningPlan): void {
    for (const { what, from, to, why } of plan.changes) this.say(`${what}: ${from} → ${to}\n    ${why}`);
    for (const { name, step, until } of plan.oneWay) {
      this.say(`left alone: ${name}: ${step.from} → ${step.to} can't be taken back before the next boot`);
      this.say(`    ${step.why}; it would stop ${until}. To agree: --one-way ${name}`);
    }
    for (const { feature, reason } of plan.unsupported) this.say(`unsupported: ${feature}: ${reason}`);
    for (const { code, message } of plan.blockers) this.say(`in the way: ${message} (${code})`);
    if (plan.changes.length === 0) this.say('Nothing to change.');
  }

  protected planDetail(plan: HardeningPlan): Detail {
    const changes = plan.changes.map((change) => {
      const { kind, what, from, to, why } = change;
      return change.kind === 'control'
        ? { kind, control: change.control, what, from, to, why }
        : { kind, what, from, to, why };
    });
    const oneWay = plan.oneWay.map(({ name, step: { from, to, why }, until, required }) => ({
      name,
      ...{ from, to, why, until, required },
    }));
    return { changes, oneWay, unsupported: plan.unsupported, blockers: plan.blockers };
  }

  /** Throws `policy-deviation` when something is not as it was applied, after naming each. */
  protected refuse(deviations: readonly Deviation[]): void {
    for (const { code, target, expected, actual } of deviations) {
      const message = `${code}: ${target}: expected ${expected}, found ${actual}`;
      this.progress({ event: 'note', phase: 'harden', message, detail: { code, target, expected, actual } });
    }
    if (deviations.length === 0) return;
    throw new UserError('policy-deviation', `${deviations.length} settings are not as the policy wants them.`, {
      exitCode: ExitCode.refused,
      nextSteps: [
        'Run `logos harden apply` with the same policy to set them again, or `logos harden restore` to undo all of it.',
      ],
    });
  }
}

function wrongLimit(given: string, allowed: string): UserError {
  return new UserError('owner-limits-invalid', `${given} is nothing that this machine can lend.`, {
    exitCode: ExitCode.usage,
    nextSteps: [`Give a number that is ${allowed}.`],
  });
}
