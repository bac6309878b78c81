import { Args } from '@oclif/core';
import { type Detail, REGION_PHASES } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class RegionStatus extends LogosCommand {
  static override description = `show how far a region is, and what it survives

Reads what this machine wrote down of its runs; asks no server.`;

  static override examples = [
    '<%= config.bin %> region status berlin.yaml',
    '<%= config.bin %> region status berlin.yaml --json',
  ];

  static override args = {
    definition: Args.string({ description: 'file of the definition', required: true }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args } = await this.parse(RegionStatus);
    const { readDefinition, regionsDirectory } = await import('../../service/index.ts');
    const { failureTable, regionState } = await import('../../region/index.ts');
    const { name, servers } = await readDefinition(args.definition);
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
