import type { Exec } from '../../system/exec.ts';
import type { Undoers } from '../../system/journal.ts';

/** `systemd-reload` is recorded before a unit's file, so that it is undone after the file has gone. */
export const RELOAD = 'systemd-reload';
export const UNIT = 'systemd-unit';

export function systemdUndoers(exec: Exec): Undoers {
  return {
    [UNIT]: async (change) => {
      // 1 and 5: the unit is not loaded or not enabled, so there is nothing to undo (systemctl(1)).
      await exec('systemctl', ['disable', '--now', change.target], { accept: [0, 1, 5] });
      await exec('systemctl', ['reset-failed', change.target], { accept: [0, 1, 5] });
    },
    [RELOAD]: async () => {
      await exec('systemctl', ['daemon-reload']);
    },
  };
}
