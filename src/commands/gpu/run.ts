import { Args, Flags } from '@oclif/core';
import type { GpuClient } from '../../gpu/index.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GpuRun extends LogosCommand {
  static override description = `have a compute job done

The file says what to compile, what the buffers hold, what to start on how many
work items and where the results go (docs/gpu.md). The job is sent to a GPU
service; with --local it runs in a sandboxed worker of this command's own.`;
  static override examples = [
    '<%= config.bin %> gpu run job.json --local',
    '<%= config.bin %> gpu run job.json --connect unix:/run/logos/gpu.sock --json',
  ];
  static override args = { job: Args.string({ required: true, description: 'the file of the job' }) };
  static override flags = {
    connect: Flags.string({ description: 'the service; 127.0.0.1:7843 if not given', helpValue: 'ADDRESS' }),
    local: Flags.boolean({ description: 'run it here, without a service', exclusive: ['connect'] }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { args, flags } = await this.parse(GpuRun);
    const {
      DEFAULT_ADDRESS,
      GpuClient: Client,
      parseAddress,
      readJobFile,
      withLocalService,
      writeOutputs,
    } = await import('../../gpu/index.ts');
    const filed = await readJobFile(args.job);
    const { signal } = this.abort;
    const work = (client: GpuClient) => client.run(filed.job, { signal });
    const remote = async () => {
      const client = await Client.connect(parseAddress(flags.connect ?? DEFAULT_ADDRESS));
      return work(client).finally(() => client.close());
    };
    const outcome = await (flags.local ? withLocalService(work) : remote());
    const written = await writeOutputs(filed, outcome);
    const { timings, program, printed, printedDropped, totalMs } = outcome;
    if (printed !== '') this.say(printed.trimEnd());
    for (const file of written) this.say(`${file} is written.`);
    const parts = Object.entries(timings).map(([name, ms]) => `${name.replace(/Ms$/, '')} ${ms.toFixed(1)} ms`);
    this.say(`${parts.join(', ')}; ${totalMs.toFixed(1)} ms in all; program ${program}.`);
    return { timings: { ...timings }, totalMs, program, printed, printedDropped, outputs: written };
  }
}
