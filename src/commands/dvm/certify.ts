import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmCertify extends LogosCommand {
  static override strict = false;
  static override description = `make certificates with which hosts trust each other's DVMs

An authority of your own is made in the directory the first time, and for each
host a directory with its part: copy that to /etc/pki/libvirt there. cakey.pem
makes further certificates: keep it off the hosts.`;
  static override examples = ['<%= config.bin %> dvm certify a.example b.example --into /root/dvm-pki'];
  static override args = { hosts: Args.string({ required: true, description: 'names or addresses of hosts' }) };
  static override flags = {
    into: Flags.string({ required: true, description: 'directory of the authority' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { argv, flags } = await this.parse(DvmCertify);
    const { certify } = await import('../../hypervisor/index.ts');
    const { localExec } = await import('../../system/exec.ts');
    const directories = await certify(resolve(flags.into), argv.map(String), localExec);
    for (const directory of directories) this.say(`Copy ${directory} to /etc/pki/libvirt on its host.`);
    return { directories };
  }
}
