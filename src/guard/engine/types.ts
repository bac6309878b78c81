/** What is not as the baseline has it (docs/guard.md). */
export type DeviationKind =
  | 'added'
  | 'removed'
  | 'type'
  | 'content'
  | 'mode'
  | 'owner'
  | 'xattr'
  | 'link-target'
  | 'links'
  /** ctime, mtime or inode changed, or an event said so, though all else is equal. */
  | 'touched'
  /** Something is mounted over it or under it, here or in another mount namespace. */
  | 'mount'
  | 'unreadable'
  /** The baseline file, or the guard's own process. */
  | 'tampered'
  | 'clock';

/** Who saw it. */
export type Layer = 'event' | 'mount' | 'stat' | 'hash' | 'live' | 'self';

export interface EngineDeviation {
  /** Absolute; bytes that are no UTF-8 and control characters as `\xHH`, a backslash as `\\`. */
  readonly path: string;
  readonly kind: DeviationKind;
  readonly layer: Layer;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly expected?: string;
  readonly found?: string;
}

export interface EngineVerdict {
  readonly clean: boolean;
  /** False: a watch was ended before its first look at everything was over; nothing is known to be clean then. */
  readonly complete?: false;
  /** Entries of the baseline: files, directories, links and special files. */
  readonly files: number;
  /** Content that was hashed. */
  readonly bytes: number;
  readonly deviations: number;
  /** Wall time. */
  readonly ms: number;
}

/** A sensor that can't stand here, and what stands in its place. */
export interface Missing {
  readonly sensor: string;
  readonly reason: string;
}

export interface Ready extends EngineVerdict {
  /** Which sensors stand, such as `fanotify`, `mounts of 3 namespaces`. */
  readonly sensors: readonly string[];
  readonly missing: readonly Missing[];
}

export interface BaselineOptions {
  readonly signal?: AbortSignal;
}

export interface CheckOptions {
  readonly onDeviation?: (deviation: EngineDeviation) => void;
  readonly signal?: AbortSignal;
  /** False: this process itself is not looked at, as in a library that others load with their own libraries. */
  readonly self?: boolean;
}

export interface WatchOptions {
  /** Each deviation once, as soon as it is seen; the same path and kind again only after it was clean in between. */
  readonly onDeviation: (deviation: EngineDeviation) => void;
  /** All sensors stand, and a first full verification is done (what it found was given to `onDeviation`). */
  readonly onReady?: (ready: Ready) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Share of one core that the sweeps may use: 0.0025 unless told, 0.001 for more than 5,000 entries. */
  readonly budget?: number;
  /** False: this process itself is not looked at. */
  readonly self?: boolean;
}
