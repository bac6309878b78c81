import { fork } from 'node:child_process';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex, pipeline, Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  collectDvms,
  type DvmHost,
  directoryLink,
  listDvms,
  type MigrationLink,
  migrateDvm,
  openConsole,
  resumeDvm,
} from '../src/hypervisor/index.ts';
import type { DvmDeed } from './dvm-child.ts';
import { type DvmLabHost, killHard } from './dvm-hosts.ts';

const CHILD = join(import.meta.dirname, 'dvm-child.ts');
/** A DVM that is made and removed while faults happen; whether it is there is nobody's concern. */
const PASSING = 'passing';
/** More than a full disk has room for; past the first megabyte, in which there is something to lose. */
const WRITE_MUCH = 'dd if=/dev/zero of=/dev/vda bs=1M seek=1 count=6 conv=fsync,notrunc 2>/dev/null &\n';
/** How long after a fault everything may take to be well again. */
const PATIENCE = 240_000;

export const FAULTS = ['libvirtd', 'guest', 'process', 'full-disk', 'network', 'power'] as const;
export type Fault = (typeof FAULTS)[number];

/** Two hosts, and the DVMs that must be on one of them whatever happens. */
export interface Pair {
  readonly hosts: readonly [DvmLabHost, DvmLabHost];
  readonly dvms: readonly string[];
  /** From 0 up to 1, always the same after the same seed. */
  random(): number;
}

/** Mulberry32: a small generator of pseudo-random numbers from a seed of 32 bits. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Has one fault happen to one of the hosts, at a moment of its own. Gives what it was, in words. */
export async function strike(pair: Pair, fault: Fault): Promise<string> {
  const host = pick(pair, pair.hosts);
  const where = host === pair.hosts[0] ? 'a' : 'b';
  if (fault === 'libvirtd') return `${where}: libvirtd killed during ${await during(pair, () => host.lab.kill())}`;
  if (fault === 'power') {
    await host.powerCut();
    return `${where}: power cut`;
  }
  if (fault === 'guest') {
    const [pid] = [...(await host.guests()).values()];
    if (pid !== undefined) killHard(pid);
    return `${where}: ${pid === undefined ? 'no guest to kill' : 'QEMU killed'}`;
  }
  if (fault === 'process') return `logos killed during ${await during(pair, undefined)}`;
  if (fault === 'network') return `network cut: ${await cutNetwork(pair)}`;
  return `${where}: disk full during ${await fullDisk(pair, host)}`;
}

/** What a service manager and the next run of the program do: daemons are started again, and each host is put in order. */
export async function heal({ hosts }: Pair): Promise<void> {
  for (const { lab } of hosts) if (!isAlive(lab.pid)) await lab.start();
  for (const host of hosts) await host.reconnect();
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const done = [];
    for (const { host } of hosts) {
      const peer = async (id: string) => hosts.find((other) => other.host.id === id)?.host;
      done.push(...(await collectDvms(host, { peer })));
    }
    if (done.length === 0) return;
    if (performance.now() > deadline) throw new Error(`Not in order: ${JSON.stringify(done)}`);
  }
}

/** Everything that is not as it must be: a DVM that is lost or doubled, or anything that is left over. */
export async function wrongs({ hosts, dvms }: Pair): Promise<string[]> {
  const wrong: string[] = [];
  const seen: string[] = [];
  for (const { host, lab, guests } of hosts) {
    const definitions = await host.definitions.list();
    const listed = await listDvms(host.libvirt);
    const processes = [...(await guests()).keys()].sort();
    const say = (what: string, found: readonly string[], wanted: readonly string[]): void => {
      const [have, want] = [[...found].sort().join(), [...wanted].sort().join()];
      if (have !== want) wrong.push(`${host.id}: ${what} ${have}; wanted ${want}`);
    };
    seen.push(...definitions.map(({ name }) => name));
    const uuids = definitions.map(({ uuid }) => uuid);
    say(
      'domains',
      listed.map((one) => `${one.uuid} ${one.state}`),
      definitions.map(({ uuid, wanted }) => `${uuid} ${wanted}`),
    );
    say('processes', processes, uuids);
    const disks = definitions.flatMap((one) => one.disks.map(({ file }) => file));
    const files = await readdir(host.diskDirectory).catch(() => []);
    say(
      'disks',
      files.map((file) => join(host.diskDirectory, file)),
      disks,
    );
    say('sockets', await readdir(host.sockets ?? ''), []);
    const pending = await lab.journal.pending();
    const targets = (kind: string) => [...new Set(pending.filter((one) => one.kind === kind).map((one) => one.target))];
    say(
      'journalled domains',
      targets('domain'),
      definitions.map(({ name }) => name),
    );
    say('journalled disks', targets('dvm-disk'), disks);
    say(
      'unsettled',
      definitions.filter(({ moving, up }) => moving || !up).map(({ name }) => name),
      [],
    );
  }
  const [passing] = seen.splice(seen.includes(PASSING) ? seen.indexOf(PASSING) : seen.length, 1);
  if (passing && seen.includes(PASSING)) wrong.push('the passing DVM is there twice');
  if (seen.sort().join() !== [...dvms].sort().join()) wrong.push(`DVMs ${seen.join()}; wanted ${dvms.join()}`);
  return wrong;
}

/** Does each thing once and lets it finish, with no fault. Throws when one fails: then faults would have struck nothing. */
export async function undisturbed(pair: Pair): Promise<void> {
  const [first = ''] = pair.dvms;
  for (const [kind, name] of [
    ['passing', PASSING],
    ['passing', PASSING],
    ['suspend-resume', first],
    ['migrate', first],
  ] as const) {
    const deed = await deedOf(pair, kind, name);
    const { ended } = start(deed);
    const outcome = await ended;
    if (outcome !== 'done') throw new Error(`${deed.deed} of ${deed.name} without a fault: ${outcome}`);
  }
}

/** Does something in a process of its own, and kills that, or lets `act` happen, somewhere in the middle. */
async function during(pair: Pair, act: (() => Promise<void>) | undefined): Promise<string> {
  const deed = await chooseDeed(pair);
  const { child, began, ended } = start(deed);
  await Promise.race([began, ended]);
  const ms = Math.round(pair.random() * 4_000);
  await Promise.race([delay(ms), ended]);
  if (act) await act();
  else child.kill('SIGKILL');
  await ended;
  return `${deed.deed} of ${deed.name} after ${ms} ms`;
}

/** `ended`: the last thing that it said. */
function start(deed: DvmDeed) {
  const child = fork(CHILD, [JSON.stringify(deed)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let said = 'nothing';
  child.on('message', (message) => {
    said = String(message);
  });
  const ended = new Promise<string>((resolve) => child.once('exit', () => resolve(said)));
  const began = new Promise<void>((resolve) => child.once('message', () => resolve()));
  return { child, began, ended };
}

async function chooseDeed(pair: Pair): Promise<DvmDeed> {
  const kind = pick(pair, ['migrate', 'migrate', 'suspend-resume', 'passing'] as const);
  return deedOf(pair, kind, kind === 'passing' ? PASSING : pick(pair, pair.dvms));
}

async function deedOf(pair: Pair, kind: 'migrate' | 'suspend-resume' | 'passing', name: string): Promise<DvmDeed> {
  const holder = await holderOf(pair, name);
  const here = holder ?? pick(pair, pair.hosts);
  const there = pair.hosts.find((host) => host !== here) ?? here;
  const deed = kind === 'passing' ? (holder ? 'remove' : 'create') : kind;
  return { deed, name, here: here.lab.home.root, there: there.lab.home.root };
}

async function holderOf({ hosts }: Pair, name: string): Promise<DvmLabHost | undefined> {
  for (const host of hosts) if (await host.host.definitions.find(name)) return host;
  return undefined;
}

/** Moves a DVM over a link that breaks somewhere, together with the connection to the other daemon. */
async function cutNetwork(pair: Pair): Promise<string> {
  const name = pick(pair, pair.dvms);
  const source = (await holderOf(pair, name)) ?? pair.hosts[0];
  const other = pair.hosts.find((host) => host !== source) ?? source;
  const way = directoryLink(other.host.sockets ?? '');
  const bytes = Math.round(pair.random() * 100_000_000);
  let left = bytes;
  const link: MigrationLink = {
    connect: async (socket) => {
      const stream = await way.connect(socket);
      const counted = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          left -= chunk.length;
          if (left > 0) return done(null, chunk);
          void other.host.libvirt.close();
          return done(new Error('the network is cut'));
        },
      });
      pipeline(counted, stream, () => {});
      return Duplex.from({ writable: counted, readable: stream });
    },
  };
  const outcome = await migrateDvm(source.host, other.host, name, { link }).then(
    () => 'it had arrived',
    (error) => error.code,
  );
  return `${name} after ${bytes} bytes (${outcome})`;
}

/** Fills the host's file system, has its guests write, does something, and makes room again. */
async function fullDisk(pair: Pair, { host, lab }: DvmLabHost): Promise<string> {
  const ballast = join(lab.home.root, 'ballast');
  const { bavail, bsize } = await statfs(lab.home.root);
  await writeFile(ballast, Buffer.alloc(bavail * bsize)).catch(() => {});
  for (const { name, disks } of await host.definitions.list()) if (disks.length > 0) await tell(host, name, WRITE_MUCH);
  try {
    return await during(pair, async () => {});
  } finally {
    await rm(ballast, { force: true });
  }
}

/** Types something on a DVM's console, whoever has it. */
export async function tell({ libvirt }: DvmHost, name: string, line: string): Promise<Duplex | undefined> {
  const console = await openConsole(libvirt, name, { force: true }).catch(() => undefined);
  console?.on('error', () => {}).write(line);
  return console?.resume();
}

/** Lets those go on that a fault caught while they stood still by order. */
export async function resumeAll({ hosts }: Pair): Promise<void> {
  for (const { host } of hosts) {
    for (const { name, wanted } of await host.definitions.list()) if (wanted === 'paused') await resumeDvm(host, name);
  }
}

function pick<T>({ random }: Pair, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
