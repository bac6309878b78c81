import { Flags } from '@oclif/core';
import type { Restored } from '../../hardening/index.ts';
import type { Detail } from '../../system/progress.ts';
import { HardenCommand } from './common.ts';

export default class HardenRestore extends HardenCommand {
  static override description = `Put back everything that hardening changed on this machine.

From the journal, newest first: contents, modes, owners, attributes and times
of files, settings of the kernel, firewall table, groups, units. What you
changed since then stays and is named, unless --overwrite. It goes on after
what can't be put back, names it, and ends with 1; run again, also after an
interruption, it does the rest. What only a reboot takes back is named. While
the services run it refuses: end them with \`logos provide --stop\`.`;
  static override examples = [
    '<%= config.bin %> harden restore --dry-run',
    '<%= config.bin %> harden restore --yes',
    '<%= config.bin %> harden restore --overwrite',
  ];
  static override flags = {
    'dry-run': Flags.boolean({ description: 'show what would be put back, and change nothing' }),
    overwrite: Flags.boolean({ description: 'also put back what you changed since' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  protected override async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(HardenRestore);
    await this.phase(
      'harden',
      () => this.restore(flags),
      (detail) => detail,
    );
    return undefined;
  }

  private async restore(flags: { 'dry-run': boolean; overwrite: boolean; yes: boolean }): Promise<Detail> {
    const { 'dry-run': dryRun, overwrite, yes } = flags;
    await this.refuseOthers();
    const { HOST_PATHS, instanceName, isOneWay, isOurs, restoreHost } = await import('../../hardening/index.ts');
    const { localExec } = await import('../../system/exec.ts');
    const { Journal } = await import('../../system/journal.ts');
    const instance = instanceName(this.home.root);
    const pending = (await new Journal(this.home.journal).pending()).filter((change) =>
      isOurs(change, instance, HOST_PATHS),
    );
    const oneWay = pending.filter(isOneWay).map(({ target }) => target);
    const shown = pending.filter((change) => !isOneWay(change)).reverse();
    const said = dryRun || !yes ? 'would put back' : 'puts back';
    for (const { kind, target } of shown) this.say(`${said}: ${kind} ${target}`);
    for (const target of oneWay) this.say(`stays until the next boot: ${target}`);
    const changes = shown.map(({ kind, target }) => ({ kind, target }));
    if (dryRun) return { changes, oneWay, dryRun, summary: `${changes.length} changes would be undone` };
    if (pending.length === 0) return { restored: [], kept: [], oneWay, summary: 'nothing to undo' };
    const { isServing, lockOut, serviceRunning } = await import('../../service/index.ts');
    if (await isServing(this.home)) throw serviceRunning();
    await this.confirm('Undo these changes, and end what runs within the limits?', yes);
    const lock = await lockOut(this.home);
    try {
      return this.detail(await restoreHost(this.home, { exec: localExec, paths: HOST_PATHS, overwrite }), oneWay);
    } finally {
      lock?.release();
    }
  }

  private async detail({ undone, kept }: Restored, oneWay: readonly string[]): Promise<Detail> {
    const { isOneWay } = await import('../../hardening/index.ts');
    for (const { change, reason } of kept) this.say(`kept: ${change.kind} ${change.target}: ${reason}`);
    const restored = undone.filter((change) => !isOneWay(change)).map(({ kind, target }) => ({ kind, target }));
    const rest = oneWay.length === 0 ? '' : `; until the next boot stays: ${oneWay.join(', ')}`;
    const yours = kept.length === 0 ? '' : `; ${kept.length} that you changed since stay (see --overwrite)`;
    return {
      restored,
      kept: kept.map(({ change: { kind, target }, reason }) => ({ kind, target, reason })),
      oneWay,
      summary: `${restored.length} changes undone${yours}${rest}`,
    };
  }
}
