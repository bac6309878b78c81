import { ExitCode, UserError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import { type ConnectOptions, connectLibvirt } from './connect.ts';
import type { Libvirt } from './libvirt.ts';
import { planLibvirtd } from './plan.ts';

/**
 * Connects to this host's libvirt, whichever it is, for as long as `use` takes. Throws UserError `root-needed` | `libvirt-missing`,
 * ExternalError `libvirt-unreachable`.
 */
export async function withLibvirt<T>(
  home: Home,
  use: (libvirt: Libvirt) => Promise<T>,
  options: ConnectOptions & { uid?: number } = {},
): Promise<T> {
  if ((options.uid ?? process.getuid?.()) !== 0) {
    throw new UserError('root-needed', 'Only root may talk to libvirt on this host.', {
      exitCode: ExitCode.unauthorised,
      nextSteps: ['Run the same command with sudo. `logos status` shows the DVMs to everybody.'],
    });
  }
  const { endpoint } = await planLibvirtd(home);
  const libvirt = await connectLibvirt(endpoint, options);
  try {
    return await use(libvirt);
  } finally {
    await libvirt.close();
  }
}
