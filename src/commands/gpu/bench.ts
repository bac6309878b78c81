import { Flags } from '@oclif/core';
import type { BenchRow } from '../../gpu/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GpuBench extends LogosCommand {
  static override description = `measure what a GPU service costs beside the bare driver

Products of matrices and passes over memory, of several sizes: by the driver in
this process, and sent to a service over the loopback interface. Rates are of
whole jobs with their transfers. clpeak's figures stand beside it if it is
installed.`;
  static override examples = ['<%= config.bin %> gpu bench', '<%= config.bin %> gpu bench --rounds 9 --json'];
  static override flags = {
    rounds: Flags.integer({ description: 'rounds of which the middle one counts', default: 5, min: 1, max: 99 }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(GpuBench);
    const { benchmarkGpu, clpeak } = await import('../../gpu/index.ts');
    const { localExec } = await import('../../system/exec.ts');
    const onRow = (row: BenchRow) => this.say(describe(row));
    const rows = await benchmarkGpu({ rounds: flags.rounds, signal: this.abort.signal, onRow });
    const peak = await clpeak(localExec);
    if (peak) this.say(`clpeak: ${peak.gigaflops} GFLOP/s, ${peak.gigabytesPerSecond} GB/s`);
    return { rows, clpeak: peak ?? null };
  }
}

function describe({ name, size, unit, local, network, ratio, computeShare }: BenchRow): string {
  const rates = `here ${local} ${unit}, through the service ${network} ${unit}`;
  return `${name} ${size}: ${rates}: ${percent(ratio)}; computing ${percent(computeShare)} of the time`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
