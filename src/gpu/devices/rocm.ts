import type { Exec } from '../../system/exec.ts';
import type { ComputeDevice, DeviceList } from './types.ts';

/** Asks `rocminfo`; a machine without it, or without an AMD device, has none. */
export async function rocmDevices(exec: Exec): Promise<DeviceList> {
  try {
    const { stdout } = await exec('rocminfo', [], { timeout: 3_000 });
    return { devices: parseRocmInfo(stdout), notes: [] };
  } catch (error) {
    return { devices: [], notes: [`ROCm: ${(error as Error).message}`] };
  }
}

/** rocminfo prints one block an agent, CPUs among them; fields are `Name: value`, the first of a name being the agent's own. */
export function parseRocmInfo(text: string): ComputeDevice[] {
  const runtime = field(text, 'Runtime Version');
  return text
    .split(/^Agent \d+\s*$/m)
    .slice(1)
    .filter((block) => field(block, 'Device Type') === 'GPU')
    .map((block) => {
      const number = (name: string) => Number.parseInt(field(block, name) ?? '', 10) || null;
      const isa = field(block, 'Name');
      return {
        name: field(block, 'Marketing Name') || (isa ?? 'AMD GPU'),
        platform: 'AMD ROCm',
        api: 'rocm',
        memoryBytes: poolBytes(block),
        computeUnits: number('Compute Unit'),
        vendor: field(block, 'Vendor Name') ?? 'AMD',
        kind: 'gpu',
        version: runtime === undefined ? null : `HSA ${runtime}`,
        driver: null,
        languageVersion: isa ?? null,
        intermediate: [],
        clockMHz: number('Max Clock Freq\\. \\(MHz\\)'),
        limits: {
          allocationBytes: poolBytes(block),
          localMemoryBytes: groupBytes(block),
          workGroupSize: number('Workgroup Max Size'),
          workItemSizes: workItemSizes(block),
        },
      };
    });
}

function field(block: string, name: string): string | undefined {
  return new RegExp(`^ *${name}: *(.*?) *$`, 'm').exec(block)?.[1];
}

/** The device's own memory is its coarse-grained global pool: `Size: 16760832(0xffc000) KB`. */
function poolBytes(block: string): number | null {
  const sizes = [...block.matchAll(/^ *Size: *(\d+)\(0x[0-9a-f]+\) KB/gm)].map((match) => Number(match[1]));
  return sizes.length === 0 ? null : Math.max(...sizes) * 1024;
}

/** What a work group shares is the pool of the segment GROUP. */
function groupBytes(block: string): number | null {
  const [, size] = /Segment: *GROUP\s+Size: *(\d+)\(0x[0-9a-f]+\) KB/.exec(block) ?? [];
  return size === undefined ? null : Number(size) * 1024;
}

/** `Workgroup Max Size per Dimension:`, then a line for each of x, y, z. */
function workItemSizes(block: string): number[] {
  const [, part = ''] = /Workgroup Max Size per Dimension:((?:\s+[xyz] +\d+\(0x[0-9a-f]+\))*)/.exec(block) ?? [];
  return [...part.matchAll(/[xyz] +(\d+)/g)].map((match) => Number(match[1]));
}
