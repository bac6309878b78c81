import type { Home } from '../../system/home.ts';
import { instanceName } from '../instance.ts';

/** One argument for a POSIX shell: init scripts and cron are read by one, there is no other way to name a command. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function commandLine(home: Home, command: readonly string[], ...args: string[]): string {
  return [`LOGOS_HOME=${shellWord(home.root)}`, ...[...command, ...args].map(shellWord)].join(' ');
}

/** An init script (LSB 5.0, chapter 22) whose work the program does itself. */
export function initScript(home: Home, command: readonly string[]): string {
  const name = instanceName(home);
  return `#!/bin/sh
### BEGIN INIT INFO
# Provides:          ${name}
# Required-Start:    $local_fs $network $remote_fs
# Required-Stop:     $local_fs $network $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Logos: lends the unused part of this machine
### END INIT INFO
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
case "$1" in
  start) ${commandLine(home, command, 'service', 'start', '--boot')} ;;
  stop) ${commandLine(home, command, 'service', 'stop', '--shutdown')} ;;
  restart | force-reload) "$0" stop && "$0" start ;;
  status) ${commandLine(home, command, 'service', 'status')} ;;
  *) echo "Usage: $0 {start|stop|restart|force-reload|status}" >&2; exit 2 ;;
esac
`;
}

/** A line of crontab(5) for cron.d, where a percent sign would end the command. */
export function cronEntry(home: Home, command: readonly string[]): string {
  const line = commandLine(home, command, 'service', 'start', '--boot').replaceAll('%', '\\%');
  return `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n@reboot root ${line}\n`;
}
