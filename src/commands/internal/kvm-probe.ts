import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

/** The child process of `probeKvm` (src/hypervisor/kvm): prints what it knows before each step that may never return. */
export default class InternalKvmProbe extends LogosCommand {
  static override hidden = true;
  static override description = 'run a raw guest on /dev/kvm and tell how fast it is';

  protected async execute(): Promise<Detail | undefined> {
    const { rawKvmProbe } = await import('../../hypervisor/index.ts');
    const { writeSync } = await import('node:fs');
    // Synchronous: the next thing this process does may block it for good.
    const line = (probe: unknown, complete: boolean): void => {
      writeSync(1, `${JSON.stringify({ event: 'kvm', probe, complete })}\n`);
    };
    const probe = await rawKvmProbe((known) => line(known, false));
    line(probe, true);
    return undefined;
  }
}
