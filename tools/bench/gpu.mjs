import { inProject } from '../lib/paths.mjs';

/**
 * Products of matrices and passes over memory: by the driver in this process, and through a GPU service on the loopback interface,
 * whole jobs with their transfers; clpeak's figures beside it. What the
 * service costs is the way of the bytes, so computing dominates at the largest sizes: `computeShare` says by how much.
 */
export default async function gpu({ rounds = 5 } = {}) {
  const { benchmarkGpu, clpeak } = await import('../../src/gpu/index.ts');
  const { localExec } = await import('../../src/system/exec.ts');
  const onRow = (row) => process.stderr.write(`${JSON.stringify(row)}\n`);
  const rows = await benchmarkGpu({ rounds, command: [process.execPath, inProject('bin/dev.js')], onRow });
  const atLargest = (name) => rows.filter((row) => row.name === name).at(-1).ratio;
  return {
    ratioAtLargest: { matmul: atLargest('matmul'), triad: atLargest('triad') },
    rows,
    clpeak: await clpeak(localExec),
  };
}
