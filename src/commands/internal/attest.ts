import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** The child process of NGd that tells the chain what it found (src/service/ngd/attestation.ts). */
export default class InternalAttest extends LogosCommand {
  static override hidden = true;
  static override description = 'tell the chain, with the key of the guard, what it found of this host';

  static override flags = {
    manifest: Flags.string({ required: true, description: 'SHA-256 of what must be in force' }),
    intact: Flags.boolean({ allowNo: true, required: true, description: 'whether it is' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { manifest, intact } = (await this.parse(InternalAttest)).flags;
    const { answerAttest } = await import('../../service/ngd/answer-attest.ts');
    return { ...(await answerAttest(this.home, { manifest, intact })) };
  }
}
