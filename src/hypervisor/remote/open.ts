import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { libvirtOver } from '../connect.ts';
import { definitionSchema } from '../definitions.ts';
import type { Disks } from '../disks.ts';
import type { DvmHost, DvmJournal } from '../dvm-host.ts';
import type { Libvirt } from '../libvirt.ts';
import type { MigrationLink } from '../migration-relay.ts';
import { RemoteCalls, resultOf } from './calls.ts';
import { firstLine } from './first-line.ts';
import { answerSchema, type Purpose, remoteFactsSchema } from './wire.ts';

/** How often both connections are tried while nothing else goes over them; libvirt's gives up after five. Milliseconds. */
const ALIVE_MS = 5_000;

/** How connections to another host are made. */
export interface RemoteTransport {
  /** One more. Throws UserError or ExternalError with what is to be done about it. */
  open(): Promise<Duplex>;
}

export interface RemoteHost {
  readonly host: DvmHost;
  readonly link: MigrationLink;
  close(): Promise<void>;
}

const imageSchema = z.object({ kernel: z.string(), initramfs: z.string(), kernelVersion: z.string() });
const changeSchema = z.object({
  id: z.string(),
  at: z.string(),
  kind: z.string(),
  target: z.string(),
  before: z.json(),
  made: z.array(z.json()).optional(),
});

/**
 * The host on which the other end of a transport is, as if it were here: its definitions, disks, journal and locks by calls, its libvirt
 * and migrations by streams. When its libvirt does not answer any more everything to it is cut, so that nothing waits for it.
 */
export async function openRemoteHost(transport: RemoteTransport): Promise<RemoteHost> {
  const open = new Set<Duplex>();
  const connect = async (purpose: Purpose): Promise<{ stream: Duplex; result: unknown }> => {
    const stream = await transport.open();
    open.add(stream);
    stream.on('error', () => {});
    stream.once('close', () => open.delete(stream));
    stream.write(`${JSON.stringify(purpose)}\n`);
    const answer = answerSchema.parse(JSON.parse(await firstLine(stream)));
    return { stream, result: resultOf(answer) };
  };
  const cut = (): void => {
    for (const stream of open) stream.destroy();
  };
  try {
    const main = await connect({ purpose: 'calls' });
    const facts = remoteFactsSchema.parse(main.result);
    const calls = new RemoteCalls(main.stream);
    const { stream } = await connect({ purpose: 'libvirt' });
    const libvirt = await libvirtOver(stream, facts, { keepAliveMs: ALIVE_MS });
    libvirt.onClose(cut);
    const beat = setInterval(() => void calls.call('ping').catch(() => {}), ALIVE_MS);
    return {
      host: remoteHost(facts, calls, libvirt),
      link: { connect: async (socket) => (await connect({ purpose: 'migration', socket })).stream },
      close: async () => {
        clearInterval(beat);
        await libvirt.close();
        cut();
      },
    };
  } catch (error) {
    cut();
    throw error;
  }
}

function remoteHost(
  { id, diskDirectory, sockets }: z.infer<typeof remoteFactsSchema>,
  calls: RemoteCalls,
  libvirt: Libvirt,
): DvmHost {
  return {
    ...{ id, diskDirectory, sockets, libvirt },
    journal: remoteJournal(calls),
    definitions: {
      list: async () => z.array(definitionSchema).parse(await calls.call('definitions.list')),
      find: async (name) => definitionSchema.nullable().parse(await calls.call('definitions.find', name)) ?? undefined,
      write: async (definition) => void (await calls.call('definitions.write', definition)),
      forget: async (name) => void (await calls.call('definitions.forget', name)),
    },
    disks: remoteDisks(calls),
    lock: async (name) => {
      if ((await calls.call('lock', name)) !== true) return undefined;
      // A connection that is lost has given it back.
      return { release: async () => void (await calls.call('unlock', name).catch(() => {})) };
    },
    image: async () => imageSchema.parse(await calls.call('image')),
  };
}

function remoteJournal(calls: RemoteCalls): DvmJournal {
  const pending: DvmJournal['pending'] = async () => z.array(changeSchema).parse(await calls.call('journal.pending'));
  return {
    record: async ({ kind, target, before }) => {
      const change = z
        .object({ kind: z.literal('domain'), before: z.object({ uuid: z.uuid() }) })
        .parse({ kind, before });
      return changeSchema.parse(await calls.call('journal.record', { ...change, target }));
    },
    pending,
    find: async (kind, target) => (await pending()).find((one) => one.kind === kind && one.target === target),
    markUndone: async (id) => void (await calls.call('journal.markUndone', id)),
  };
}

function remoteDisks(calls: RemoteCalls): DvmHost['disks'] {
  const isThere: Disks['isThere'] = async (file) => (await calls.call('disks.isThere', file)) === true;
  const remote: DvmHost['disks'] = {
    isThere,
    make: async (disks) => void (await calls.call('disks.make', [...disks])),
    // Shared ones are for the host to take away that asks: it reaches them, too.
    remove: async (disks) => {
      const own = disks.filter(({ shared }) => !shared);
      await calls.call(
        'disks.remove',
        own.map(({ file }) => file),
      );
    },
    // What a crash left there is that host's own to look for.
    sweep: async () => [],
    // It is the same from either side.
    sameStorage: (other, file) => other.sameStorage(remote, file),
  };
  return remote;
}
