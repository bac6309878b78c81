import type { Exec } from '../../system/exec.ts';

/** What clpeak(1) says of a device: the most of all vector widths. */
export interface Peak {
  readonly gigaflops: number;
  readonly gigabytesPerSecond: number;
}

/** Runs clpeak on the first device; nothing where it is not installed or finds none. */
export async function clpeak(exec: Exec): Promise<Peak | undefined> {
  try {
    const args = ['-p', '0', '-d', '0', '--compute-sp', '--global-bandwidth'];
    return parseClpeak((await exec('clpeak', args, { timeout: 180_000 })).stdout);
  } catch {
    return undefined;
  }
}

/** Reads its text output: a title, then a line `width : figure` for each width. */
export function parseClpeak(text: string): Peak | undefined {
  const most = (title: RegExp) => {
    const [, part = ''] =
      new RegExp(`${title.source}[^\\n]*\\n((?: *[a-z]+[0-9]* *: *[0-9.]+ *\\n)*)`).exec(text) ?? [];
    return Math.max(0, ...[...part.matchAll(/: *([0-9.]+)/g)].map(([, figure]) => Number(figure)));
  };
  const peak = { gigaflops: most(/Single-precision compute/), gigabytesPerSecond: most(/Global memory bandwidth/) };
  return peak.gigaflops > 0 || peak.gigabytesPerSecond > 0 ? peak : undefined;
}
