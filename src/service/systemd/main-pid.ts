import { toLogosError } from '../../system/errors.ts';
import type { Exec } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';

/**
 * The process that a unit is, as systemd knows it, whatever the process says of itself; `undefined` where systemd does not
 * run this machine, or does not run the unit. `booted`: what is there where systemd is process 1 (sd_booted(3)).
 * Throws when systemd can't be asked.
 */
export async function unitMainPid(
  unit: string,
  exec: Exec,
  booted = '/run/systemd/system',
): Promise<number | undefined> {
  if (!(await isThere(booted))) return undefined;
  try {
    const { stdout } = await exec('systemctl', ['show', '--property', 'MainPID', '--value', unit], { timeout: 10_000 });
    const pid = Number(stdout.trim());
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    throw new Error(`systemd does not tell of ${unit}: ${toLogosError(error).message}`);
  }
}
