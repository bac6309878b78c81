import { Flags } from '@oclif/core';
import type { Benchmark, ClassVerdict, Figure } from '../host/index.ts';
import { UserError } from '../system/errors.ts';
import type { Detail } from '../system/progress.ts';
import { LogosCommand } from './base.ts';

const BUILT_IN = 'chain/seed/compute/resource-classes.json';
const LABELS = {
  cpuSingle: 'CPU, one thread',
  cpuAll: 'CPU, all threads',
  memoryBandwidth: 'memory bandwidth',
  diskWrite: 'disk write',
  diskRead: 'disk read',
  diskRandom: 'disk random read',
  gpu: 'GPU',
} as const;

export default class MeasureHost extends LogosCommand {
  static override description = `Measure CPU, memory, disk and GPU of this machine, and say which class it has.

CPU and memory are given for each second of CPU time, beside the share of time
that was delivered: a busy machine has the same score and a lower share. The
class is by the thresholds that this version ships with, unless --classes
names others; the chain's decide when you provide.

With --paths it tries each way to lend this machine instead (guests on KVM,
emulated guests, the GPU alone), has a guest and the host do the same work,
and writes a report with plots. That takes a few minutes and needs root.`;
  static override examples = [
    '<%= config.bin %> benchmark',
    '<%= config.bin %> benchmark --json | jq .benchmark.cpuSingle',
    'sudo <%= config.bin %> benchmark --paths --report paths.html',
  ];
  static override flags = {
    classes: Flags.string({ description: 'resource classes to use instead of the built-in ones', helpValue: 'FILE' }),
    paths: Flags.boolean({ description: 'compare the ways to lend this machine', exclusive: ['classes'] }),
    report: Flags.string({
      description: 'where the comparison is written, as HTML; default: logos-paths.html',
      helpValue: 'FILE',
      dependsOn: ['paths'],
    }),
  };

  protected override async execute(): Promise<Detail> {
    const { flags } = await this.parse(MeasureHost);
    if (flags.paths) return this.comparePaths(flags.report ?? 'logos-paths.html');
    const { classify, inventoryDigest, parseResourceClasses, probeGpu, runBenchmark, takeInventory } = await import(
      '../host/index.ts'
    );
    const { signal } = this.abort;
    const classes = parseResourceClasses(await this.classBytes(flags.classes));
    const inventory = await this.phase(
      'inventory',
      () => takeInventory({ probeGpu: () => probeGpu(), signal }),
      (found) => ({ ...found, summary: `${found.cpu.model}, ${found.cpu.threads} threads` }),
    );
    const onProgress = (message: string): void => this.progress({ event: 'note', phase: 'benchmark', message });
    const benchmark = await this.phase(
      'benchmark',
      () => runBenchmark({ directory: this.home.root, signal, onProgress }),
      (found) => ({ ...found }),
    );
    const verdict = await this.phase(
      'class',
      async () => classify(inventory, benchmark, classes),
      (found) => ({ ...found }),
    );
    const emulated = classify(inventory, benchmark, classes, { path: 'qemu' });
    this.show(benchmark, [verdict, emulated]);
    const digest = inventoryDigest(inventory, benchmark);
    return {
      benchmark,
      class: verdict.class ?? null,
      classOn: { kvm: verdict, qemu: emulated },
      inventoryDigest: digest,
    };
  }

  private async comparePaths(file: string): Promise<Detail> {
    const [{ compareHostPaths }, { reportHtml, reportLines }, { writeFile }] = await Promise.all([
      import('../service/index.ts'),
      import('../host/index.ts'),
      import('node:fs/promises'),
    ]);
    // Found out now rather than after minutes.
    await writeFile(file, '').catch((cause: Error) => {
      throw new UserError('file-unwritable', `${file} can't be written: ${cause.message}`, {
        cause,
        nextSteps: ['Name another file with --report.'],
      });
    });
    const { home, progress } = this;
    const comparison = await compareHostPaths({ home, progress, signal: this.abort.signal });
    await writeFile(file, reportHtml(comparison));
    for (const line of reportLines(comparison)) this.say(line);
    this.say(`The report is in ${file}.`);
    return { comparison: JSON.parse(JSON.stringify(comparison)), report: file };
  }

  private async classBytes(file: string | undefined): Promise<Uint8Array> {
    if (file === undefined) return (await import('../system/assets.ts')).asset(BUILT_IN);
    try {
      return await (await import('node:fs/promises')).readFile(file);
    } catch (cause) {
      throw new UserError('file-unreadable', `${file} can't be read: ${(cause as Error).message}`, {
        cause,
        nextSteps: [
          'Give the path of a file with resource classes, as chain/seed/compute/resource-classes.json is one.',
        ],
      });
    }
  }

  private show(benchmark: Benchmark, verdicts: readonly ClassVerdict[]): void {
    for (const [name, label] of Object.entries(LABELS)) {
      const figure = benchmark[name as keyof typeof LABELS];
      if (figure) this.say(`${label.padEnd(17)} ${describe(figure)}`);
    }
    for (const verdict of verdicts) this.say(`on ${verdict.path.padEnd(4)}  ${verdict.summary}`);
  }
}

function describe(figure: Figure): string {
  const share = figure.share === null ? '' : `, ${Math.round(figure.share * 100)} % of the time delivered`;
  const spread = figure.dispersion === null ? '' : ` ± ${(figure.dispersion * 100).toFixed(1)} %`;
  const doubt = figure.why === undefined ? '' : `, unstable: ${figure.why}`;
  return `${figure.score} ${figure.unit}${spread}, ${figure.windows} windows${share}${doubt}`;
}
