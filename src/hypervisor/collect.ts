import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toLogosError, UserError } from '../system/errors.ts';
import { claimantOf } from './claims.ts';
import { decideStep, type Found, type Step, withoutStarting } from './collect-decision.ts';
import type { DvmDefinition } from './definitions.ts';
import { describe, endDomain, listDvms } from './dvm.ts';
import { type DvmHost, withDvm } from './dvm-host.ts';
import { endProcess, guestProcesses } from './guest-processes.ts';
import { bringUp, forgetDomain, forgetDvm } from './lifecycle.ts';
import { type Look, lives, lookAt, settleAlone, settleMigration } from './settle-migration.ts';
import { domainBefore } from './undo.ts';

export interface CollectOptions {
  /** The other host of a migration that broke off, by its id, when it can be reached. */
  peer?(id: string): Promise<DvmHost | undefined>;
  /** `false`: nothing is started or let go on, and what may end in that is left as it is. Default: true. */
  start?: boolean;
  signal?: AbortSignal;
}

/** What was done with one DVM or one thing left over. */
export interface Collected {
  readonly name: string;
  readonly did: Exclude<Step, 'keep'> | 'busy' | 'unsettled' | 'failed' | 'swept';
  readonly why?: string;
}

/**
 * Brings a host back to what was wanted of it after anything that broke off there: from the definitions, libvirt's own list, the
 * processes and the journal. DVMs that should run are started or let go on, others are ended, and disks and sockets of
 * nobody are removed. What somebody is at work on is left alone. One DVM's failure does not stop the rest. Said again, it changes nothing.
 */
export async function collectDvms(host: DvmHost, options: CollectOptions = {}): Promise<Collected[]> {
  const collected: Collected[] = await endLooseProcesses(host);
  for (const name of await namesOn(host)) {
    options.signal?.throwIfAborted();
    try {
      const did = await withDvm(host, name, () => collectOne(host, name, options));
      if (did !== 'keep') collected.push({ name, did });
    } catch (error) {
      const busy = error instanceof UserError && error.code === 'dvm-busy';
      collected.push({ name, did: busy ? 'busy' : 'failed', why: toLogosError(error).message });
    }
  }
  const disks = await host.disks.sweep(async () => {
    return new Set((await host.definitions.list()).flatMap((one) => one.disks.map(({ file }) => file)));
  });
  const sockets = await sweepSockets(host);
  return [...collected, ...[...disks, ...sockets].map((name) => ({ name, did: 'swept' as const }))];
}

async function namesOn(host: DvmHost): Promise<string[]> {
  const defined = (await host.definitions.list()).map(({ name }) => name);
  const domains = isAlone(host) ? (await listDvms(host.libvirt)).map(({ name }) => name) : [];
  const started = (await host.journal.pending()).filter(({ kind }) => kind === 'domain').map(({ target }) => target);
  return [...new Set([...defined, ...domains, ...started])].sort();
}

/** A daemon of this instance's own has no guests but its; the system's may have those of another instance, under any name. */
function isAlone(host: DvmHost): boolean {
  return host.sockets !== undefined;
}

/** The UUIDs of the domains that the journal says were started under this name. */
async function journalled(host: DvmHost, name: string): Promise<string[]> {
  const changes = (await host.journal.pending()).filter(({ kind, target }) => kind === 'domain' && target === name);
  return changes.map(({ before }) => domainBefore.parse(before).uuid);
}

async function collectOne(host: DvmHost, name: string, options: CollectOptions): Promise<Step | 'unsettled'> {
  const definition = await host.definitions.find(name);
  const started = await journalled(host, name);
  const there = await lookByName(host, name);
  const isOurs = isAlone(host) || [definition?.uuid, ...started].includes(there?.domain.uuid);
  const look = isOurs ? there : undefined;
  const decided = decideStep({
    ...{ definition, look, host: host.id },
    journalled: started.length > 0,
    claimant: definition && (await claimantOf(definition)),
  } satisfies Found);
  const step = options.start === false ? withoutStarting(decided) : decided;
  if (step === 'keep') return step;
  if (step === 'settle' && definition) return settle(host, definition, options);
  if (look && (step === 'resume' || step === 'suspend')) {
    await host.libvirt[step](look.domain);
    return step;
  }
  if (look) await endDomain(host.libvirt, look.domain, 0);
  if (definition && (step === 'start' || step === 'restart')) await bringUp(host, definition, options.signal);
  else if (definition && step !== 'stop') await forgetDvm(host, definition);
  else await forgetDomain(host, name);
  return step;
}

/** A domain of ours, whatever its UUID. */
async function lookByName(host: DvmHost, name: string): Promise<Look | undefined> {
  const domain = await host.libvirt.findDomain(name);
  const dvm = domain && (await describe(host.libvirt, domain));
  return dvm && lookAt(host, dvm);
}

async function settle(host: DvmHost, definition: DvmDefinition, { peer }: CollectOptions): Promise<Step | 'unsettled'> {
  const { name, moving } = definition;
  if (!moving) return 'keep';
  const other = await peer?.(moving.peer);
  if (other) {
    const [source, destination] = moving.way === 'out' ? [host, other] : [other, host];
    const settled = await withDvm(other, name, () => settleMigration(source, destination, name));
    return settled === 'unknown' ? 'unsettled' : 'settle';
  }
  if (moving.way === 'out') return (await settleAlone(host, definition)) === 'unknown' ? 'unsettled' : 'settle';
  if (!lives(await lookAt(host, definition))) return 'unsettled';
  await host.definitions.write({ ...definition, moving: undefined });
  return 'settle';
}

/** Guests of ours that libvirt has lost sight of, as when its own records could not be written. */
async function endLooseProcesses(host: DvmHost): Promise<Collected[]> {
  if (host.sockets === undefined) return []; // nobody can tell whose they are
  const processes = await guestProcesses(dirname(host.sockets));
  const known = new Set((await host.libvirt.listDomains()).map(({ uuid }) => uuid));
  const loose = [...processes].filter(([uuid]) => !known.has(uuid));
  for (const [, identity] of loose) await endProcess(identity);
  return loose.map(([uuid]) => ({ name: uuid, did: 'swept' }));
}

/** Sockets of migrations that are over. */
async function sweepSockets(host: DvmHost): Promise<string[]> {
  const { sockets } = host;
  if (sockets === undefined) return [];
  const there = await readdir(sockets).catch(() => []);
  const moving = (await host.definitions.list()).filter((one) => one.moving).map(({ uuid }) => uuid);
  const left = there.filter((socket) => !moving.some((uuid) => socket.startsWith(uuid)));
  for (const socket of left) await rm(join(sockets, socket), { force: true });
  return left;
}
