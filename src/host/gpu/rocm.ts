import { type Exec, localExec } from '../../system/exec.ts';
import type { GpuDevice } from './types.ts';

/** Asks `rocminfo`; a machine without it, or without an AMD device, has none. */
export async function rocmDevices(exec: Exec = localExec): Promise<{ devices: GpuDevice[]; note?: string }> {
  try {
    const { stdout } = await exec('rocminfo', [], { timeout: 3_000 });
    return { devices: parseRocmInfo(stdout) };
  } catch (error) {
    return { devices: [], note: `ROCm: ${(error as Error).message}` };
  }
}

/** rocminfo prints one block an agent, CPUs among them; fields are `Name: value`, the first of a name being the agent's own. */
export function parseRocmInfo(text: string): GpuDevice[] {
  return text
    .split(/^Agent \d+\s*$/m)
    .slice(1)
    .filter((block) => field(block, 'Device Type') === 'GPU')
    .map((block) => ({
      source: 'rocm',
      name: field(block, 'Marketing Name') || (field(block, 'Name') ?? 'AMD GPU'),
      vendor: field(block, 'Vendor Name') ?? 'AMD',
      kind: 'gpu',
      memoryMiB: poolMiB(block),
      computeUnits: Number(field(block, 'Compute Unit')) || null,
    }));
}

function field(block: string, name: string): string | undefined {
  return new RegExp(`^ *${name}: *(.*?) *$`, 'm').exec(block)?.[1];
}

/** The device's own memory is its coarse-grained global pool: `Size: 16760832(0xffc000) KB`. */
function poolMiB(block: string): number | null {
  const sizes = [...block.matchAll(/^ *Size: *(\d+)\(0x[0-9a-f]+\) KB/gm)].map((match) => Number(match[1]));
  return sizes.length === 0 ? null : Math.floor(Math.max(...sizes) / 1024);
}
