import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LogosError } from '../../system/errors.ts';
import { readIfPresent } from '../../system/files.ts';
import { hasSystemd } from './system.ts';
import type { CheckContext, RunCheck } from './types.ts';

const DAEMONS = ['chronyd', 'ntpd', 'ntpd-rs', 'openntpd', 'systemd-timesyncd', 'systemd-timesyn', 'ptp4l', 'phc2sys'];
const HINT = 'Install one: apt-get install systemd-timesyncd (or chrony).';

export const checkTime: RunCheck = async (context) => {
  const synchronized = await askSystemd(context);
  if (synchronized === true) return { name: 'time-sync', severity: 'ok', message: 'the clock is synchronized' };
  const daemon = await runningDaemon(context.root);
  if (daemon) {
    return synchronized === false
      ? { name: 'time-sync', severity: 'warning', message: `${daemon} runs, but the clock is not synchronized yet` }
      : { name: 'time-sync', severity: 'ok', message: `${daemon} keeps the clock` };
  }
  const source = (
    await readIfPresent(join(context.root, 'sys/devices/system/clocksource/clocksource0/current_clocksource'))
  )?.trim();
  if (source && ['kvm-clock', 'hyperv_clocksource_tsc_page', 'xen'].includes(source)) {
    return { name: 'time-sync', severity: 'ok', message: `the clock is kept by this guest's host (${source})` };
  }
  return { name: 'time-sync', severity: 'warning', message: 'nothing synchronizes the clock', hint: HINT };
};

/** systemd's answer; `undefined` where it is not the init or can't be asked. */
async function askSystemd(context: CheckContext): Promise<boolean | undefined> {
  if (!(await hasSystemd(context))) return undefined;
  try {
    const { stdout } = await context.exec('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
      timeout: 5_000,
    });
    return stdout.trim() === 'yes';
  } catch (error) {
    if (error instanceof LogosError) return undefined;
    throw error;
  }
}

async function runningDaemon(root: string): Promise<string | undefined> {
  const processes = (await readdir(join(root, 'proc')).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(
    processes.map((pid) => readIfPresent(join(root, 'proc', pid, 'comm')).catch(() => undefined)),
  );
  return names.map((name) => name?.trim()).find((name) => name !== undefined && DAEMONS.includes(name));
}
