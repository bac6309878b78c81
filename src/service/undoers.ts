import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileUndoers } from '../system/changes.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import type { Change, Journal, Undoers } from '../system/journal.ts';
import { bootUndoers } from './boot/boot-start.ts';
import { type ServiceDefinition, updateServices } from './definitions.ts';
import { instanceName } from './instance.ts';
import { endSupervisor } from './supervisor/end-supervisor.ts';
import { systemdUndoers } from './systemd/undoers.ts';

/** How long the supervisor may take to end its services by itself. */
const GRACE_MS = 30_000;

/**
 * Undoes what a service manager did: processes, units, links for the start at boot. The files among it are journalled
 * as files (`fileUndoers`). `root` stands for `/`.
 */
export function serviceUndoers(home: Home, exec: Exec, root = '/'): Undoers {
  return {
    'service-supervisor': async () => {
      await endSupervisor(home, await wantNothing(home), GRACE_MS);
      await rm(join(home.state, 'services.json'), { force: true });
      await rm(join(home.run, 'services.json'), { force: true });
    },
    ...bootUndoers(root, exec),
    ...systemdUndoers(exec),
  };
}

async function wantNothing(home: Home): Promise<readonly ServiceDefinition[]> {
  try {
    const after = await updateServices(home, (services) => ({
      ...services,
      services: services.services.map((service) => ({ ...service, wanted: 'stopped' })),
    }));
    return after.services;
  } catch {
    // Damaged: nobody can start anything from it; what runs is in the supervisor's record.
    await rm(join(home.state, 'services.json'), { force: true });
    return [];
  }
}

interface Removal {
  home: Home;
  journal: Journal;
  exec: Exec;
  root: string;
}

/** Takes back everything a service manager did on this host, and nothing else that the journal holds. */
export async function removeServices({ home, journal, exec, root }: Removal): Promise<void> {
  const ours = serviceUndoers(home, exec, root);
  const places = ['etc/init.d', 'etc/cron.d', 'etc/systemd/system'].map((place) =>
    join(root, place, instanceName(home)),
  );
  const isOurs = (change: Change): boolean =>
    change.kind in ours || (change.kind === 'file' && places.some((place) => change.target.startsWith(place)));
  await journal.undo({ ...fileUndoers, ...ours }, isOurs);
}
