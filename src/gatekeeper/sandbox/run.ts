import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Home } from '../../system/home.ts';
import { prepareLimits } from '../../system/sandbox/limits.ts';
import type { BubblewrapPlan } from '../../system/sandbox/start.ts';
import { runPlan } from './bubblewrap.ts';
import { findCredentials } from './credentials.ts';
import {
  hostFacts,
  keptDirectories,
  present,
  programPlaces,
  readablePaths,
  resolverFiles,
  writableDirectories,
} from './host.ts';
import { LogFile } from './log-file.ts';
import { planRun } from './plan.ts';
import { NamedQueue } from './queue.ts';
import type { Sandbox } from './spec.ts';

/** A run of a native tool. */
export interface ToolRun {
  /** Its name, by which its credentials and kept directories are found. */
  readonly tool: string;
  /** Where it is, as an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly sandbox: Sandbox;
  /** Directory of the verified files, which the tool finds in FILES_AT. */
  readonly files: string;
  /** Whether it starts among these, and not in its work directory. */
  readonly startInFiles?: boolean;
}

export interface ToolOutcome {
  readonly exitCode: number;
  /** What it printed, as far as it is kept. */
  readonly output: Uint8Array;
  /** Bytes of its output beyond that. */
  readonly dropped: number;
  /** It could not be written to the log in whole: the disk is full, as a rule. */
  readonly logLost?: boolean;
}

/** Runs native tools, each in a sandbox of its own. */
export interface ToolRunner {
  /**
   * Makes the sandbox of a run and has nothing done in it. Throws ExternalError `sandbox-unavailable`, `credential-missing`; UserError
   * `sandbox-path-refused`, `credential-unsafe`, `credential-malformed`.
   */
  check(run: ToolRun): Promise<void>;
  /** Runs it; what it prints is in the new file `log` as it comes. Throws what `check` does, `command-timeout`, `command-failed`. */
  run(run: ToolRun, options: { log: string; signal?: AbortSignal }): Promise<ToolOutcome>;
  /** Runs it without the network and what its host lets it write, for its standard output alone. */
  show(run: ToolRun, options: { limitBytes: number; signal?: AbortSignal }): Promise<ToolOutcome>;
}

/** Longest that `check` and `show` take. */
const SHORT_MS = 300_000;

/**
 * The runner of an instance. `besides`: further directories that hold parts of the programs and that they may read.
 */
export function sandboxedTools(home: Home, { besides = [] }: { besides?: readonly string[] } = {}): ToolRunner {
  const queue = new NamedQueue();
  const inTurn = <T>({ tool, sandbox }: ToolRun, work: () => Promise<T>): Promise<T> =>
    sandbox.parallel ? work() : queue.run(tool, work);

  const plan = async ({
    tool,
    program,
    args,
    sandbox,
    files,
    startInFiles = false,
  }: ToolRun): Promise<BubblewrapPlan> => {
    const facts = await hostFacts([home.root, home.cache]);
    const places = await programPlaces(program, facts);
    const own = (kind: string) => join(home.gatekeeper, kind, tool);
    const credentials = await findCredentials(sandbox.credentials, own('credentials'), facts.home);
    return planRun(sandbox, facts, {
      program,
      args,
      files,
      startInFiles,
      read: await readablePaths(sandbox.read, facts),
      write: await writableDirectories(sandbox.write, facts),
      sockets: await present(sandbox.sockets, 'socket'),
      devices: await present(sandbox.devices, 'device'),
      besides: [...besides, ...places.directories],
      programFile: places.files,
      credentials: credentials.files,
      variables: credentials.variables,
      keep: await keptDirectories(sandbox.keep, own('kept'), facts.home),
      resolver: sandbox.network === 'host' ? await resolverFiles() : [],
    });
  };

  const start = async (run: ToolRun, options: Omit<Parameters<typeof runPlan>[1], 'prefix'>): Promise<ToolOutcome> => {
    const planned = await plan(run);
    const limits = await prepareLimits(run.sandbox, process.getuid?.() === 0);
    try {
      const { exitCode, output } = await runPlan(planned, { ...options, prefix: limits.prefix });
      return { exitCode, output: output.bytes, dropped: output.dropped };
    } finally {
      await limits.end();
    }
  };

  return {
    async check(run) {
      const nothing = { ...run, program: '/usr/bin/true', args: [] };
      await mkdir(run.files, { recursive: true, mode: 0o700 });
      await start(nothing, { limitMs: SHORT_MS, outputBytes: 0, withErrors: false });
    },

    run: (run, { log, signal }) =>
      inTurn(run, async () => {
        const { limitSeconds, logBytes } = run.sandbox;
        const file = await LogFile.create(log);
        const onPart = (part: Uint8Array) => file.write(part);
        const options = { limitMs: limitSeconds * 1_000, outputBytes: logBytes, withErrors: true, onPart, signal };
        let isWhole = false;
        const outcome = await start(run, options).finally(async () => {
          isWhole = await file.close();
        });
        return isWhole ? outcome : { ...outcome, logLost: true };
      }),

    show: (run, { limitBytes, signal }) =>
      inTurn(run, () => {
        const sandbox: Sandbox = {
          ...run.sandbox,
          network: 'none',
          write: [],
          sockets: [],
          devices: [],
          capabilities: [],
        };
        const options = { limitMs: SHORT_MS, outputBytes: limitBytes, withErrors: false, signal };
        return start({ ...run, sandbox }, options);
      }),
  };
}
