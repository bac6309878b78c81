/** What the kernel tells of, in the bits that fanotify(7) and inotify(7) share. */
export const EVENT = {
  modify: 0x2,
  attrib: 0x4,
  closeWrite: 0x8,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  deleteSelf: 0x400,
  moveSelf: 0x800,
  overflow: 0x4000,
} as const;
/** Of the object itself, whatever it is. */
export const OBJECT_EVENTS = EVENT.modify | EVENT.attrib | EVENT.closeWrite | EVENT.deleteSelf | EVENT.moveSelf;
/** Of the names in a directory. */
export const NAME_EVENTS = EVENT.movedFrom | EVENT.movedTo | EVENT.create | EVENT.delete;
/** These are changes by themselves; a file that was open for writing and is closed need not have changed. */
export const CHANGES = NAME_EVENTS | EVENT.modify | EVENT.attrib | EVENT.deleteSelf | EVENT.moveSelf;

/** Who makes events faster than they are read must not keep everything else waiting: what is left is there at the next wait. */
export const READS_AT_ONCE = 32;

export interface EventSink {
  object(entry: number, mask: number): void;
  /** A name in a directory of the baseline. */
  name(directory: number, name: string, mask: number): void;
  /** Events were lost. */
  overflow(): void;
}

/** Where events come from. */
export interface EventSource {
  readonly kind: string;
  readonly fd: number;
  /** Asks for the events of an entry, found by its name in an open directory. 0 or minus the error number. */
  mark(directory: number, name: string, entry: number, isDirectory: boolean, filesystem: number): number;
  /** Takes what is there, at most `READS_AT_ONCE` buffers full; never waits. */
  drain(sink: EventSink): void;
}
