import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GuardBaseline extends LogosCommand {
  static override description = 'take down how directories are now, to check or watch them later (docs/guard.md)';

  static override examples = [
    '<%= config.bin %> guard baseline /etc /usr/bin -o /root/host.baseline',
    '<%= config.bin %> guard baseline . -o ../here.baseline --json',
  ];

  // More than one DIR.
  static override strict = false;

  static override args = {
    dir: Args.string({ description: 'a directory or file; more may follow', required: true }),
  };

  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'the file to write; keep it where the guarded machine can not change it',
      required: true,
      helpValue: 'FILE',
    }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { argv, flags } = await this.parse(GuardBaseline);
    const began = performance.now();
    const { refuseTarget, saveBaseline, takeBaseline } = await import('../../guard/engine/index.ts');
    refuseTarget(flags.output, argv as string[]);
    const baseline = await takeBaseline(argv as string[], { signal: this.abort.signal });
    const digest = await saveBaseline(baseline, flags.output);
    const { count: files } = baseline;
    const { content: bytes } = baseline.header;
    this.say(`${files} entries, ${bytes} bytes: ${flags.output}, SHA-256 ${digest}`);
    return { files, bytes, digest, ms: Math.round(performance.now() - began) };
  }
}
