import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../lab/binary.ts';
import { FROM_SOURCE } from '../../lab/gpu/service.ts';
import { serviceProcess } from '../../src/gpu/bench/service-process.ts';
import { addressText } from '../../src/gpu/index.ts';

const LOADER = '/usr/lib/x86_64-linux-gnu/libOpenCL.so.1';
const lacks = () => {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/usr/bin/bwrap')) return 'needs bubblewrap';
  if (!existsSync(LOADER)) return 'needs the OpenCL loader of Debian on x86-64';
  return existsSync('/etc/OpenCL/vendors') ? undefined : 'needs an OpenCL driver (pocl-opencl-icd)';
};
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'logos-lab-gpu-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function logos(args: readonly string[], before: readonly string[] = []) {
  const [file = '', ...rest] = [...before, ...FROM_SOURCE, 'gpu', ...args];
  const { status, stdout, stderr } = await outcomeOf(file, rest);
  return { status, stderr, result: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
}

describe.skipIf(lacks())(`logos gpu${lacks() ? `: ${lacks()}` : ''}`, () => {
  it('lists devices', async () => {
    const { status, result } = await logos(['devices', '--json']);
    expect(status).toBe(0);
    expect(result.devices).toContainEqual(
      expect.objectContaining({ platform: 'Portable Computing Language', api: 'opencl', kind: 'cpu' }),
    );
    expect(result.devices[0].memoryBytes).toBeGreaterThan(2 ** 28);
    expect(result.devices[0].computeUnits).toBeGreaterThan(0);
  });

  it('lists none where there is no loader, and lends nothing then', async () => {
    const without = ['bwrap', '--dev-bind', '/', '/', '--ro-bind', '/dev/null', LOADER];
    const { status, result } = await logos(['devices', '--json'], without);
    expect(status).toBe(0);
    expect(result).toMatchObject({
      ok: true,
      devices: [],
      notes: [expect.stringContaining('OpenCL'), expect.anything()],
    });
    const serve = await logos(['serve', '--listen', '127.0.0.1:0', '--json'], without);
    expect(serve).toMatchObject({ status: 1, result: { ok: false, error: { code: 'gpu-no-device' } } });
  });

  it('does a job from a file, here and through a service', async () => {
    const job = join(directory, 'job.json');
    await writeFile(
      join(directory, 'add.cl'),
      '__kernel void add(__global const int *a, __global int *b, int n) { b[get_global_id(0)] = a[get_global_id(0)] + n * PER; }',
    );
    await writeFile(join(directory, 'in.bin'), Buffer.from(new Int32Array([1, 2, 3, 4]).buffer));
    const description = {
      program: { source: 'add.cl' },
      options: ['-DPER=10'],
      buffers: [{ file: 'in.bin' }, { bytes: 16, output: 'out.bin' }],
      launches: [{ kernel: 'add', args: [{ buffer: 0 }, { buffer: 1 }, { type: 'int', value: 4 }], global: [4] }],
    };
    await writeFile(job, JSON.stringify(description));
    const out = async () => [...new Int32Array(new Uint8Array(await readFile(join(directory, 'out.bin'))).buffer)];
    const local = await logos(['run', job, '--local', '--json']);
    expect(local.stderr).toBe('');
    expect(local).toMatchObject({ status: 0, result: { program: 'compiled', outputs: [join(directory, 'out.bin')] } });
    expect(await out()).toEqual([41, 42, 43, 44]);
    await rm(join(directory, 'out.bin'));
    const service = await serviceProcess(FROM_SOURCE);
    const remote = () => logos(['run', job, '--connect', addressText(service.address), '--json']);
    expect((await remote()).result.program).toBe('compiled');
    expect((await remote()).result.program).toBe('cached');
    expect(await out()).toEqual([41, 42, 43, 44]);
    await service.stop();
    expect(await remote()).toMatchObject({ status: 1, result: { error: { code: 'gpu-unreachable' } } });
    await writeFile(join(directory, 'add.cl'), 'nothing');
    const bad = await logos(['run', job, '--local', '--json']);
    expect(bad).toMatchObject({ status: 1, result: { error: { code: 'gpu-build-failed' } } });
  });

  it('refuses what it can not do, before anything is started', async () => {
    expect(await logos(['serve', '--listen', '0.0.0.0:7843', '--json'])).toMatchObject({
      status: 1,
      result: { error: { code: 'gpu-not-local' } },
    });
    const job = join(directory, 'bad.json');
    await writeFile(job, '{"program":{"text":"x"},"launches":[],"more":1}');
    expect((await logos(['run', job, '--json'])).result.error.code).toBe('gpu-job-malformed');
    await writeFile(job, '{"program":{"source":"absent.cl"},"launches":[{"kernel":"k","args":[],"global":[1]}]}');
    expect((await logos(['run', job, '--json'])).result.error.code).toBe('file-unreadable');
  });
});
