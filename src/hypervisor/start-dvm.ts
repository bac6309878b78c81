import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { newDvmUuid } from '../system/dvm-uuid.ts';
import { UserError } from '../system/errors.ts';
import { ConsoleLines } from './console-lines.ts';
import { type DvmSpec, domainXml } from './domain-xml.ts';
import { type Dvm, describe, endDomain, notReady } from './dvm.ts';
import type { DvmJournal } from './dvm-host.ts';
import { NONCE_ARGUMENT } from './image/init.ts';
import type { DomainReference, Libvirt, LifecycleEvent } from './libvirt.ts';

export interface StartOptions {
  /** What the guest prints when it is up; this program adds a nonce to it. */
  readyLine: string;
  /** Milliseconds from the request until the line must have come. */
  deadlineMs: number;
  signal?: AbortSignal;
  /** Where the domain is written down before it is made, so that `logos reset` ends it. */
  journal?: DvmJournal;
}

export interface StartedDvm {
  dvm: Dvm;
  /** From the request to the line, in milliseconds. */
  bootMs: number;
  /** The line itself. */
  line: string;
}

/**
 * Starts a guest and waits until it says so on its console. Paused at first, so that no output is missed. A guest that fails, or
 * that is cancelled, leaves nothing behind. Throws UserError `dvm-exists` | `dvm-spec-invalid`, ExternalError `dvm-not-ready` with the
 * console's last lines, LibvirtError.
 */
export async function startDvm(libvirt: Libvirt, spec: DvmSpec, options: StartOptions): Promise<StartedDvm> {
  options.signal?.throwIfAborted();
  const began = performance.now();
  const uuid = spec.uuid ?? newDvmUuid();
  const nonce = randomBytes(16).toString('hex');
  const xml = domainXml({
    ...spec,
    uuid,
    kernel: libvirt.guestPath(spec.kernel),
    initramfs: libvirt.guestPath(spec.initramfs),
    disks: spec.disks?.map(({ file, format }) => ({ file: libvirt.guestPath(file), format })),
    kernelArgs: [...(spec.kernelArgs ?? []), `${NONCE_ARGUMENT}=${nonce}`],
  });
  await refuseSecond(libvirt, spec.name);
  const change = await options.journal?.record({ kind: 'domain', target: spec.name, before: { uuid } });
  const watch = await watchDomain(libvirt, spec.name, uuid, options, began);
  let domain: DomainReference | undefined;
  try {
    domain = await watch.race(libvirt.createXml(xml, { paused: true }));
    const console = await watch.race(libvirt.openConsole(domain));
    const ready = watch.line(console, `${options.readyLine} ${nonce}`);
    await watch.race(libvirt.resume(domain));
    const line = await ready;
    const bootMs = performance.now() - began;
    console.destroy();
    const dvm = await describe(libvirt, domain);
    if (!dvm) throw notReady(spec.name, 'it stopped as soon as it was up', watch.lastLines());
    return { dvm, bootMs, line };
  } catch (error) {
    await cleanUp(libvirt, domain ?? { name: spec.name, uuid, id: -1 });
    if (change) await options.journal?.markUndone(change.id);
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    watch.end();
  }
}

async function refuseSecond(libvirt: Libvirt, name: string): Promise<void> {
  if (!(await libvirt.findDomain(name))) return;
  throw new UserError('dvm-exists', `There is a domain ${name} on this host already.`, {
    nextSteps: [`Stop it with \`logos dvm stop ${name}\`, or choose another name.`],
  });
}

async function cleanUp(libvirt: Libvirt, domain: DomainReference): Promise<void> {
  try {
    await endDomain(libvirt, domain, 0);
  } catch {
    // The failure that brought us here is the one to report; the journal still knows the domain.
  }
}

interface Watch {
  /** The result, unless the deadline, a cancellation or the end of the guest comes first. */
  race<T>(step: Promise<T>): Promise<T>;
  line(console: Duplex, wanted: string): Promise<string>;
  lastLines(): string[];
  end(): void;
}

/** Everything that can end a start early, as one promise that every step is raced against. */
async function watchDomain(
  libvirt: Libvirt,
  name: string,
  uuid: string,
  options: StartOptions,
  began: number,
): Promise<Watch> {
  let lines: ConsoleLines | undefined;
  const lastLines = (): string[] => lines?.last() ?? [];
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failure.catch(() => {}); // it may come when nothing is being waited for
  const onEvent = (event: LifecycleEvent): void => {
    if (event.domain.uuid !== uuid || (event.kind !== 'stopped' && event.kind !== 'crashed')) return;
    fail(notReady(name, 'it ended before it was up', lastLines()));
  };
  const unlisten = await libvirt.onLifecycle(onEvent);
  const unclose = libvirt.onClose(fail);
  const left = Math.max(0, options.deadlineMs - (performance.now() - began));
  const timer = setTimeout(
    () => fail(notReady(name, `it was not up within ${options.deadlineMs / 1000} s`, lastLines())),
    left,
  );
  const cancel = (): void => fail(options.signal?.reason);
  options.signal?.addEventListener('abort', cancel);
  if (options.signal?.aborted) cancel();
  return {
    race: (step) => Promise.race([step, failure]),
    line: (console, wanted) => {
      const found = new Promise<string>((resolve, reject) => {
        lines = new ConsoleLines(console, (line) => {
          if (line === wanted) resolve(line);
        });
        // A stream that breaks off without the guest having ended.
        console.on('error', (error) => reject(notReady(name, 'its console broke off', lastLines(), error)));
      });
      const line = Promise.race([found, failure]);
      line.catch(() => {}); // awaited only after the guest was resumed
      return line;
    },
    lastLines,
    end: () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', cancel);
      unclose();
      unlisten();
    },
  };
}
