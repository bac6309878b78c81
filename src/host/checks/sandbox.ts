import { LogosError } from '../../system/errors.ts';
import type { RunCheck } from './types.ts';

/** The name spaces that every native tool is run in, with nothing in them but this machine's programs. */
const TRY = [
  ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--cap-drop', 'ALL', '--ro-bind', '/', '/'],
  ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', 'true'],
];

/** Whether native tools can be run here: without a sandbox none is. */
export const checkSandbox: RunCheck = async ({ exec }) => {
  try {
    await exec('bwrap', TRY, { timeout: 10_000 });
    return { name: 'sandbox', severity: 'ok', message: 'native tools can be run in sandboxes' };
  } catch (error) {
    if (!(error instanceof LogosError)) throw error;
    if (error.code === 'command-missing') {
      return {
        name: 'sandbox',
        severity: 'warning',
        // Its fix is among those of the packages.
        message: 'bubblewrap is missing: no native tool can be run',
      };
    }
    return {
      name: 'sandbox',
      severity: 'warning',
      message: `bubblewrap can't make a sandbox, so that no native tool can be run: ${error.message}`,
      hint: 'In a container, allow it name spaces and mounts of its own.',
    };
  }
};
