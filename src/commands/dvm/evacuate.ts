import { Flags } from '@oclif/core';
import { ExitCode } from '../../system/errors.ts';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmEvacuate extends LogosCommand {
  static override description = `start the DVMs of a host that is lost here, with their disks

For those on storage that both hosts have. A host's id is its machine-id(5)
and its LOGOS_HOME; the latter is enough where it fits one other host only.
Make sure that the other host is off; when it comes back, it gives them up
(\`logos dvm collect\`).`;
  static override examples = ['<%= config.bin %> dvm evacuate --from /srv --host "$(jq -r .host /srv/web.dvm.json)"'];
  static override flags = {
    from: Flags.string({ required: true, description: 'directory of the shared storage' }),
    host: Flags.string({ required: true, description: 'id of the lost host, as its claims there name it' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(DvmEvacuate);
    const { evacuateHere } = await import('../../hypervisor/index.ts');
    const { withDvmHost } = await import('../../service/dvm-host.ts');
    const { signal } = this.abort;
    await this.confirm(`Is ${flags.host} off, and shall its DVMs start here?`, flags.yes);
    const dvms = await withDvmHost(this.home, (host) => evacuateHere(host, flags.from, flags.host, signal), { signal });
    for (const { name, is, ms, why } of dvms)
      this.say(`${name}: ${is}${ms ? ` after ${ms} ms` : ''}${why ? ` (${why})` : ''}`);
    if (dvms.length === 0) this.say(`No DVM on ${flags.from} was of ${flags.host}.`);
    if (dvms.some(({ is }) => is === 'failed' || is === 'disk-missing')) process.exitCode = ExitCode.failed;
    return { dvms };
  }
}
