import { Args, Flags } from '@oclif/core';
import { type Detail, REGION_PHASES } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';
import { REGION_FLAGS } from './common.ts';

export default class RegionStatus extends LogosCommand {
  static override description = `show a region: its servers, services, classes, and what it survives

On a terminal a live view: hosts, capacity by class with what is kept free,
services, evacuations, and what differs from the chain and from what was
applied. Elsewhere the same once, as text or with --json. It changes nothing.
--drift compares every server's files, packages and units with what the last
run from this machine left, and names what differs. --offline asks no server:
how far the runs from this machine came, and what the region survives.`;

  static override examples = [
    '<%= config.bin %> region status berlin.yaml',
    '<%= config.bin %> region status berlin.yaml --drift --json',
    '<%= config.bin %> region status berlin.yaml --offline',
  ];

  static override args = {
    definition: Args.string({ description: 'file of the definition', required: true }),
  };

  static override flags = {
    identity: REGION_FLAGS.identity,
    chain: REGION_FLAGS.chain,
    'closure-hash': REGION_FLAGS['closure-hash'],
    platform: REGION_FLAGS.platform,
    drift: Flags.boolean({ description: 'compare the files of every server', default: false }),
    offline: Flags.boolean({ description: 'ask no server and no chain', default: false, exclusive: ['drift'] }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(RegionStatus);
    const { readDefinition, watchRegion } = await import('../../service/index.ts');
    if (flags.offline) return this.#written(await readDefinition(args.definition));
    const watch = await watchRegion(this.home, args.definition, flags);
    try {
      if (!flags.json && !flags.drift && process.stdout.isTTY && process.stdin.isTTY && process.env.TERM !== 'dumb') {
        const { runRegionView } = await import('../../tui/index.ts');
        await runRegionView(watch);
        return undefined;
      }
      const { regionText } = await import('../../region/index.ts');
      const { signal } = this.abort;
      const [look, standing, drift] = await Promise.all([
        watch.look(signal),
        watch.standing(),
        flags.drift ? watch.drift(signal) : undefined,
      ]);
      for (const line of regionText(watch.definition, look, drift)) this.say(line);
      for (const line of [`chain: ${standing.state}`, ...standing.told]) this.say(line);
      const { cloud, ...rest } = look;
      return {
        ...(await this.#written(watch.definition)),
        ...rest,
        ...cloud,
        chain: standing,
        ...(drift && { drift }),
      };
    } finally {
      await watch.close();
    }
  }

  /** What this machine wrote down of its runs. */
  async #written(definition: Awaited<ReturnType<typeof import('../../service/index.ts').readDefinition>>) {
    const { name, servers } = definition;
    const { regionsDirectory } = await import('../../service/index.ts');
    const { failureTable, regionState } = await import('../../region/index.ts');
    const { phases: known } = await regionState(regionsDirectory(this.home), name);
    const phases = REGION_PHASES.flatMap((phase) => {
      const its = known[phase];
      return its === undefined ? [] : [{ phase, state: its.state, at: its.at, ms: its.ms, changed: its.changed }];
    });
    const survives = failureTable(servers);
    if (phases.length === 0) this.say(`${name}: nothing was run from this machine.`);
    for (const { phase, state, at, ms, changed } of phases)
      this.say(`${phase.padEnd(12)} ${state.padEnd(8)} ${at}  ${(ms / 1000).toFixed(1)} s, ${changed} changed`);
    for (const { name: server, address, roles } of servers)
      this.say(`${server.padEnd(12)} ${address.padEnd(15)} ${roles.join(', ')}`);
    for (const { lost, api, computes, networks, storages } of survives)
      this.say(
        `without ${lost.join(' and ')}: API ${api}, ${computes} compute, ${networks} network, ${storages} storage left`,
      );
    return { region: name, phases, servers: servers.map(({ ssh: _, ...server }) => server), survives };
  }
}
