import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class DvmListen extends LogosCommand {
  static override description = `let hosts with a certificate of your authority move DVMs here

Runs until it is stopped. Whoever has such a certificate may do anything with
this host's DVMs. Hosts that come by SSH don't need it.`;
  static override examples = [
    '<%= config.bin %> dvm listen --address 10.0.0.2',
    '<%= config.bin %> dvm listen --address 10.0.0.2 --port 16516 --pki /etc/pki/libvirt',
  ];
  static override flags = {
    address: Flags.string({ required: true, description: "this host's address to listen at" }),
    port: Flags.integer({ description: 'port (default: 16516)', min: 0, max: 65_535 }),
    pki: Flags.string({ description: 'directory of certificates (default: /etc/pki/libvirt)' }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(DvmListen);
    const { listenTls, PKI_DIRECTORY, TLS_PORT } = await import('../../hypervisor/index.ts');
    const { servedHost } = await import('../../service/dvm-host.ts');
    const { address, port = TLS_PORT, pki = PKI_DIRECTORY } = flags;
    const listener = await listenTls({ address, port, pki }, await servedHost(this.home));
    this.progress({ event: 'note', message: `Listening at ${address}:${listener.port}.` });
    const { signal } = this.abort;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await listener.close();
    return { address, port: listener.port };
  }
}
