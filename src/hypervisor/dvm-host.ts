import { join } from 'node:path';
import { UserError } from '../system/errors.ts';
import type { Exec } from '../system/exec.ts';
import type { Home } from '../system/home.ts';
import { Journal } from '../system/journal.ts';
import { tryKernelLock } from '../system/kernel-lock.ts';
import { Definitions, type DvmDefinition } from './definitions.ts';
import { Disks } from './disks.ts';
import { checkDvmName } from './domain-xml.ts';
import { hostId } from './host-id.ts';
import type { GuestImage } from './image/prepare.ts';
import type { Libvirt } from './libvirt.ts';
import { planLibvirtd } from './plan.ts';
import { GUEST_USER, privateLayout } from './private/layout.ts';

/** What the hypervisor writes down of its changes. */
export type DvmJournal = Pick<Journal, 'record' | 'pending' | 'find' | 'markUndone'>;

export interface DvmLock {
  release(): void | Promise<void>;
}

/** A host on which DVMs live, with what it knows of them. */
export interface DvmHost {
  /** What other hosts call it (`hostId`). */
  readonly id: string;
  readonly libvirt: Libvirt;
  readonly journal: DvmJournal;
  readonly definitions: Pick<Definitions, 'list' | 'find' | 'write' | 'forget'>;
  readonly disks: Pick<Disks, 'make' | 'isThere' | 'remove' | 'sweep' | 'sameStorage'>;
  /** Where disks of its own are. */
  readonly diskDirectory: string;
  /** Where its end of a migration's streams is; undefined where the daemon has no such place. */
  readonly sockets?: string;
  /** Takes the lock under which something is done with a DVM; undefined while somebody else has it. */
  lock(name: string): Promise<DvmLock | undefined>;
  /** What its guests boot from. */
  image(): Promise<GuestImage>;
}

interface DvmHostOptions {
  home: Home;
  libvirt: Libvirt;
  exec: Exec;
  image(): Promise<GuestImage>;
}

/** This machine's, as one instance of the program sees it. Throws UserError `libvirt-missing`. */
export async function dvmHost({ home, libvirt, exec, image }: DvmHostOptions): Promise<DvmHost> {
  const plan = await planLibvirtd(home);
  const layout = privateLayout(home.libvirt);
  const isPrivate = plan.kind === 'private';
  const journal = new Journal(home.journal);
  return {
    id: await hostId(home),
    libvirt,
    journal,
    definitions: new Definitions(join(home.state, 'dvm-definitions')),
    disks: new Disks({ exec, journal, owner: isPrivate ? GUEST_USER : undefined }),
    diskDirectory: isPrivate ? layout.disks : '/var/lib/libvirt/images',
    sockets: isPrivate ? layout.sockets : undefined,
    lock: dvmLocks(home).lock,
    image,
  };
}

/** The locks of an instance's DVMs: a file each. Throws UserError `dvm-spec-invalid`. */
export function dvmLocks(home: Home): Pick<DvmHost, 'lock'> {
  return {
    lock: async (name) => {
      checkDvmName(name);
      return tryKernelLock(join(home.run, 'dvm-locks', name));
    },
  };
}

/** Does something with a DVM while nobody else does. Throws UserError `dvm-busy` | `dvm-spec-invalid`. */
export async function withDvm<T>(host: Pick<DvmHost, 'lock'>, name: string, act: () => Promise<T>): Promise<T> {
  const lock = await host.lock(name);
  if (!lock) {
    throw new UserError('dvm-busy', `Something else is being done with the DVM ${name}.`, {
      nextSteps: ['Wait until it is done, then run the command again.'],
    });
  }
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

/**
 * The same definition, unless a migration of it broke off: then nobody but `collectDvms` knows what to do with it. Throws UserError
 * `dvm-migration-unsettled`.
 */
export function settled<T extends DvmDefinition | undefined>(definition: T): T {
  if (!definition?.moving) return definition;
  const { name, moving } = definition;
  throw new UserError('dvm-migration-unsettled', `A migration of the DVM ${name} broke off and is not settled.`, {
    nextSteps: [`Run \`logos dvm collect\` here and on the other host, ${moving.peer}.`],
  });
}

/** The definition, which must be there. Throws UserError `dvm-not-found`. */
export async function definitionOf(host: DvmHost, name: string): Promise<DvmDefinition> {
  const definition = await host.definitions.find(name);
  if (definition) return definition;
  throw new UserError('dvm-not-found', `There is no DVM ${name} that was defined on this host.`, {
    nextSteps: ['See `logos dvm list`; what the chain started can only be stopped.'],
  });
}
