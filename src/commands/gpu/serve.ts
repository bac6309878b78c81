import { Flags } from '@oclif/core';
import type { Detail } from '../../system/progress.ts';
import { LogosCommand } from '../base.ts';

export default class GpuServe extends LogosCommand {
  static override description = `lend this machine's compute devices to programs on it

Jobs come over a socket and run in sandboxed workers, one client's apart from
another's. Runs until Ctrl-C. Only addresses of this machine are listened on.`;
  static override examples = [
    '<%= config.bin %> gpu serve',
    '<%= config.bin %> gpu serve --listen unix:/run/logos/gpu.sock --memory 2048',
  ];
  static override flags = {
    listen: Flags.string({ description: 'where to listen; 127.0.0.1:7843 if not given', helpValue: 'ADDRESS' }),
    memory: Flags.integer({ description: "most of a job's buffers together", helpValue: 'MIB', min: 1 }),
    seconds: Flags.integer({ description: 'longest that a job may run', helpValue: 'SECONDS', min: 1 }),
    'compile-seconds': Flags.integer({ description: 'longest that compiling may take', helpValue: 'SECONDS', min: 1 }),
    processors: Flags.integer({ description: 'processors that a worker may use', helpValue: 'COUNT', min: 1 }),
    workers: Flags.integer({ description: 'clients with a worker at once', helpValue: 'COUNT', min: 1, max: 32 }),
  };

  protected async execute(): Promise<Detail | undefined> {
    const { flags } = await this.parse(GpuServe);
    const { addressText, DEFAULT_ADDRESS, parseAddress, startGpuService } = await import('../../gpu/index.ts');
    const service = await startGpuService({
      address: parseAddress(flags.listen ?? DEFAULT_ADDRESS),
      limits: {
        ...(flags.memory !== undefined && { memoryBytes: flags.memory * 2 ** 20 }),
        ...(flags.seconds !== undefined && { seconds: flags.seconds }),
        ...(flags['compile-seconds'] !== undefined && { compileSeconds: flags['compile-seconds'] }),
      },
      ...(flags.workers !== undefined && { workers: flags.workers }),
      ...(flags.processors !== undefined && { processors: flags.processors }),
    });
    const address = addressText(service.address);
    const names = service.devices.map(({ name }) => name);
    this.progress({ event: 'note', message: `${names.join(', ')} at ${address}` });
    const { signal } = this.abort;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await service.close();
    return { address };
  }
}
