import { ExternalError } from '../../system/errors.ts';
import { GpuClient } from '../client.ts';
import { rawWorkload } from './raw.ts';
import { serviceProcess } from './service-process.ts';
import { matmul, triad, type Workload } from './workloads.ts';

/** No powers of two: rows that lie such distances apart share few lines of a cache. */
const MATRICES = [640, 1280, 2560, 5120];
const PASSES = [64, 256, 1024, 4096];
const ROUNDS = 5;

export interface BenchRow {
  readonly name: Workload['name'];
  readonly size: number;
  readonly unit: Workload['unit'];
  /** Rates of the whole job: transfers of input and output included, compiling not. */
  readonly local: number;
  readonly network: number;
  readonly ratio: number;
  /** Share of the job's time through the network in which the device computed. */
  readonly computeShare: number;
}

export interface BenchOptions {
  readonly rounds?: number;
  /** Default: from those where the way of the bytes counts to those where computing dominates. */
  readonly sizes?: { readonly matmul: readonly number[]; readonly triad: readonly number[] };
  /** How this program is started. */
  readonly command?: readonly string[];
  readonly onRow?: (row: BenchRow) => void;
  readonly signal?: AbortSignal;
}

/**
 * Compares the driver in this process with a GPU service on the loopback interface, a process of its own: the same jobs in turn, the
 * median of some rounds. Throws UserError `gpu-no-device`, ExternalError `gpu-wrong-result`, and what a client's `run` throws.
 */
export async function benchmarkGpu({
  rounds = ROUNDS,
  sizes = { matmul: MATRICES, triad: PASSES },
  command,
  onRow,
  signal,
}: BenchOptions = {}): Promise<BenchRow[]> {
  const service = await serviceProcess(command);
  try {
    const client = await GpuClient.connect(service.address);
    const rows: BenchRow[] = [];
    const workloads = [
      ...sizes.matmul.map((size) => () => matmul(size)),
      ...sizes.triad.map((size) => () => triad(size)),
    ];
    for (const make of workloads) {
      const row = await compare(make(), client, rounds, signal);
      onRow?.(row);
      rows.push(row);
    }
    client.close();
    return rows;
  } finally {
    await service.stop();
  }
}

async function compare(workload: Workload, client: GpuClient, rounds: number, signal?: AbortSignal): Promise<BenchRow> {
  const raw = await rawWorkload(workload);
  try {
    const times: { local: number; network: number; run: number }[] = [];
    // The first round compiles for its ranges, and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      signal?.throwIfAborted();
      const here = raw.once();
      const there = await client.run(workload.job);
      if (!here.isRight || !workload.isRight(there.outputs)) throw wrongResult(workload);
      if (round > 0) times.push({ local: here.totalMs, network: there.totalMs, run: there.timings.runMs });
    }
    const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
    const local = middle(times.map((it) => it.local));
    const network = middle(times.map((it) => it.network));
    const computeShare = middle(times.map((it) => it.run / it.network));
    const rate = (ms: number) => Number(((workload.billions * 1_000) / ms).toFixed(2));
    return {
      name: workload.name,
      size: workload.size,
      unit: workload.unit,
      local: rate(local),
      network: rate(network),
      ratio: Number((local / network).toFixed(3)),
      computeShare: Number(computeShare.toFixed(3)),
    };
  } finally {
    raw.close();
  }
}

function wrongResult({ name, size }: Workload): ExternalError {
  return new ExternalError('gpu-wrong-result', `The device computed ${name} of size ${size} wrongly.`, {
    nextSteps: ['Update the driver; memory that fails shows like this too.'],
  });
}
