import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { ExternalError } from '../../system/errors.ts';
import { type Exec, localExec } from '../../system/exec.ts';
import { isErrno, readIfPresent } from '../../system/files.ts';
import { type Figure, figureOf, unmeasured, type Window } from './figure.ts';

export interface DiskFigures {
  /** Sequential, 1 MiB blocks. */
  diskWrite: Figure;
  diskRead: Figure;
  /** Random reads of 4 KiB. */
  diskRandom: Figure;
}

const UNITS = { diskWrite: 'MB/s', diskRead: 'MB/s', diskRandom: 'IO/s' } as const;
type DiskName = keyof typeof UNITS;
const JOBS: Record<DiskName, { args: readonly string[]; blockBytes: number }> = {
  diskWrite: { args: ['--rw=write', '--bs=1M', '--iodepth=8'], blockBytes: 2 ** 20 },
  diskRead: { args: ['--rw=read', '--bs=1M', '--iodepth=8'], blockBytes: 2 ** 20 },
  diskRandom: { args: ['--rw=randread', '--bs=4k', '--iodepth=16'], blockBytes: 4096 },
};
const NAMES = Object.keys(JOBS) as DiskName[];
const FILE_MIB = 64;
const WINDOW_MS = 50;

const reportSchema = z.object({ jobs: z.array(z.object({ jobname: z.string(), error: z.number() })) });

/**
 * Measures the disk under `directory` with fio: direct I/O (past the page cache) on a file of 64 MiB, which is removed
 * afterwards, whatever happens. The windows are fio's own averages over 50 ms of wall time: a disk has no CPU-second
 * meaning, so other users of it show in the dispersion. Never throws for a disk that can't be measured (no direct I/O,
 * no space): its figures say why. Throws `command-missing` without fio.
 */
export async function measureDisk(
  directory: string,
  options: { maxMs: number; exec?: Exec; signal?: AbortSignal },
): Promise<DiskFigures> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  const work = await mkdtemp(join(directory, 'benchmark-'));
  try {
    const { stdout } = await (options.exec ?? localExec)('fio', fioArguments(work), {
      timeout: Math.round(options.maxMs),
      signal: options.signal,
      nextSteps: ['Run `logos doctor --fix`, which installs fio.'],
    });
    const failed = reportSchema
      .parse(JSON.parse(stdout.slice(stdout.indexOf('{'))))
      .jobs.find((job) => job.error !== 0);
    if (failed) return all(`fio reported error ${failed.error} in ${failed.jobname}`);
    return await readFigures(work, 'fio left no log');
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof ExternalError) || error.code === 'command-missing') throw error;
    if (error.code === 'command-timeout') {
      // Asked to stop, fio still writes down what it has.
      return await readFigures(work, `fio did not finish in ${Math.round(options.maxMs / 1000)} s`);
    }
    return all(error.lastLines?.find((line) => line !== '') ?? error.message);
  } finally {
    await rm(work, { recursive: true, force: true });
    if (made !== undefined) await removeEmpty(resolve(directory), made);
  }
}

/** Removes the directories from `path` up to `top`, as long as they are empty. */
async function removeEmpty(path: string, top: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY') || isErrno(error, 'ENOENT')) return;
    throw error;
  }
  if (path !== top && path !== dirname(path)) await removeEmpty(dirname(path), top);
}

function all(why: string): DiskFigures {
  const figure = (name: DiskName): Figure => unmeasured(UNITS[name], false, why);
  return { diskWrite: figure('diskWrite'), diskRead: figure('diskRead'), diskRandom: figure('diskRandom') };
}

function fioArguments(work: string): string[] {
  const shared = [
    `--filename=${join(work, 'data')}`,
    `--size=${FILE_MIB}M`,
    '--direct=1',
    '--ioengine=libaio',
    '--thread',
    '--time_based',
    '--runtime=1100ms',
    '--ramp_time=200ms',
    `--log_avg_msec=${WINDOW_MS}`,
    '--per_job_logs=0',
    '--stonewall',
  ];
  const jobs = NAMES.flatMap((name) => [
    `--name=${name}`,
    ...shared,
    ...JOBS[name].args,
    `--write_bw_log=${join(work, name)}`,
  ]);
  return ['--output-format=json', ...jobs];
}

/** The figures of the logs that are there; `otherwise` is why one may be missing. */
async function readFigures(work: string, otherwise: string): Promise<DiskFigures> {
  const figure = async (name: DiskName): Promise<Figure> => {
    const log = await readIfPresent(join(work, `${name}_bw.log`));
    const windows = parseBandwidthLog(log ?? '').map((kibPerSecond): Window => {
      const bytes = kibPerSecond * 1024;
      const rate = name === 'diskRandom' ? bytes / JOBS[name].blockBytes : bytes / 1e6;
      return { rate, cpuSeconds: 0, wallSeconds: WINDOW_MS / 1000 };
    });
    if (windows.length === 0) return unmeasured(UNITS[name], false, otherwise);
    return figureOf(windows, { unit: UNITS[name], perCpuSecond: false });
  };
  const [diskWrite, diskRead, diskRandom] = [figure('diskWrite'), figure('diskRead'), figure('diskRandom')];
  return { diskWrite: await diskWrite, diskRead: await diskRead, diskRandom: await diskRandom };
}

/** fio's log lines are `milliseconds, KiB/s, direction, block size, offset` (fio(1), LOG FILE FORMATS). */
export function parseBandwidthLog(text: string): number[] {
  return text
    .split('\n')
    .map((line) => Number(line.split(',')[1]))
    .filter((value) => Number.isFinite(value));
}
