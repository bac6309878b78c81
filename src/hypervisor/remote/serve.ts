import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type Duplex, pipeline } from 'node:stream';
import { reportOf, toLogosError, UserError } from '../../system/errors.ts';
import type { DvmHost, DvmLock } from '../dvm-host.ts';
import type { LibvirtEndpoint } from '../libvirt.ts';
import { directoryLink } from '../migration-relay.ts';
import { firstLine } from './first-line.ts';
import { type CallArguments, type CallName, callSchema, callSchemas, type Purpose, purposeSchema } from './wire.ts';

/** The other side says something every few seconds; one that does not is gone. Milliseconds. */
const SILENCE_MS = 60_000;

/** What a connection from another host may use here. */
export interface Served {
  readonly endpoint: LibvirtEndpoint;
  /** This host, for as long as `use` takes. */
  withHost(use: (host: DvmHost) => Promise<void>): Promise<void>;
  /** A stream to a unix socket of this machine. */
  connect(socket: string): Promise<Duplex>;
}

/**
 * Does on this host what the program on another one asks over a stream, which has let nobody in but who may do anything here.
 * Returns at its end; the locks that it took are given back then.
 */
export async function serveRemote(stream: Duplex, served: Served): Promise<void> {
  // Two pipelines look after it.
  stream.setMaxListeners(24).on('error', () => {});
  try {
    const purpose = purposeSchema.parse(JSON.parse(await firstLine(stream)));
    if (purpose.purpose === 'calls') await served.withHost((host) => serveCalls(stream, host, served.endpoint));
    else await passOn(stream, purpose, served);
  } catch (error) {
    if (stream.writable) stream.end(`${JSON.stringify({ error: reportOf(toLogosError(error)) })}\n`);
  }
}

async function passOn(stream: Duplex, purpose: Exclude<Purpose, { purpose: 'calls' }>, served: Served): Promise<void> {
  const near = await (purpose.purpose === 'libvirt'
    ? served.connect(served.endpoint.socket)
    : toMigration(served, purpose.socket));
  stream.write('{"ok":null}\n');
  const watch = purpose.purpose === 'libvirt' ? endWhenSilent(stream) : () => {};
  await new Promise<void>((resolve) => {
    let open = 2;
    const done = (error?: Error | null): void => {
      if (error) {
        near.destroy();
        stream.destroy();
      }
      open -= 1;
      if (open === 0) resolve();
    };
    pipeline(stream, near, done);
    pipeline(near, stream, done);
  });
  watch();
}

async function toMigration(served: Served, socket: string): Promise<Duplex> {
  let sockets: string | undefined;
  await served.withHost(async (host) => {
    sockets = host.sockets;
  });
  return directoryLink(sockets ?? '').connect(socket);
}

async function serveCalls(stream: Duplex, host: DvmHost, endpoint: LibvirtEndpoint): Promise<void> {
  const locks = new Map<string, DvmLock>();
  const calls = handlers(host, locks);
  const { id, diskDirectory, sockets } = host;
  const facts = { id, diskDirectory, sockets, uri: endpoint.uri, places: endpoint.places ?? [] };
  stream.write(`${JSON.stringify({ ok: facts })}\n`);
  const unwatch = endWhenSilent(stream);
  try {
    // One after the other: a lock is given back before the next call looks for it.
    for await (const line of createInterface({ input: stream })) {
      const { id, call, args } = callSchema.parse(JSON.parse(line));
      const answer = await answerTo(calls, call, args);
      stream.write(`${JSON.stringify({ id, answer })}\n`);
    }
  } finally {
    unwatch();
    for (const lock of locks.values()) await lock.release();
    stream.destroy();
  }
}

type Handlers = { readonly [N in CallName]: (...args: CallArguments<N>) => Promise<unknown> };

async function answerTo(calls: Handlers, call: CallName, args: readonly unknown[]): Promise<object> {
  try {
    const handler = calls[call] as (...args: readonly unknown[]) => Promise<unknown>;
    return { ok: (await handler(...callSchemas[call].parse(args))) ?? null };
  } catch (error) {
    return { error: reportOf(toLogosError(error)) };
  }
}

function handlers(host: DvmHost, locks: Map<string, DvmLock>): Handlers {
  const { definitions, journal, disks } = host;
  const refuseElsewhere = (files: readonly string[]): void => {
    const wrong = files.find((file) => dirname(file) !== host.diskDirectory);
    if (wrong === undefined) return;
    throw new UserError('dvm-spec-invalid', `${wrong} is not where this host has its disks.`, {
      nextSteps: [`They are in ${host.diskDirectory}.`],
    });
  };
  return {
    ping: async () => null,
    lock: async (name) => {
      const lock = await host.lock(name);
      if (lock) locks.set(name, lock);
      return lock !== undefined;
    },
    unlock: async (name) => {
      await locks.get(name)?.release();
      locks.delete(name);
    },
    image: () => host.image(),
    'definitions.list': () => definitions.list(),
    'definitions.find': (name) => definitions.find(name),
    'definitions.write': (definition) => definitions.write(definition),
    'definitions.forget': (name) => definitions.forget(name),
    'journal.record': (change) => journal.record(change),
    'journal.pending': () => journal.pending(),
    'journal.markUndone': (id) => journal.markUndone(id),
    'disks.make': async (wanted) => {
      refuseElsewhere(wanted.map(({ file }) => file));
      await disks.make(wanted);
    },
    'disks.isThere': (file) => disks.isThere(file),
    'disks.remove': async (files) => {
      refuseElsewhere(files);
      await disks.remove(files.map((file) => ({ file, shared: false })));
    },
  };
}

/** Ends a stream of which nothing has come for long: its machine may be gone without a word. */
function endWhenSilent(stream: Duplex): () => void {
  const timer = setTimeout(() => stream.destroy(), SILENCE_MS);
  const heard = (): void => {
    timer.refresh();
  };
  stream.on('data', heard);
  return () => {
    clearTimeout(timer);
    stream.off('data', heard);
  };
}
