import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beHostile, HOSTILE_CLIENTS } from '../../lab/gpu/hostile-clients.ts';
import { hostileJobs, SYSTEM_CALL } from '../../lab/gpu/hostile-jobs.ts';
import { FROM_SOURCE, goodJob, isRight } from '../../lab/gpu/service.ts';
import { type ServiceProcess, serviceProcess } from '../../src/gpu/bench/service-process.ts';
import { GpuClient } from '../../src/gpu/index.ts';

const lacks = () => {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/usr/bin/bwrap')) return 'needs bubblewrap';
  return existsSync('/etc/OpenCL/vendors') ? undefined : 'needs an OpenCL driver (pocl-opencl-icd)';
};
const MEMORY_MIB = 128;
const JOBS = hostileJobs(MEMORY_MIB * 2 ** 20);
let service: ServiceProcess;
let client: GpuClient | undefined;

/** One for all tests: none of them may harm it. */
async function connected(): Promise<GpuClient> {
  client ??= await GpuClient.connect(service.address);
  return client;
}

async function endOf(job: Parameters<GpuClient['run']>[0]): Promise<string> {
  try {
    await (await connected()).run(job);
    return 'done';
  } catch (error) {
    const { code } = error as { code: string };
    // The only error after which a connection is closed.
    if (code === 'gpu-protocol') client = undefined;
    return code;
  }
}

const runGroups = () =>
  ['pids', 'memory', 'cpu', '.']
    .flatMap((it) => (existsSync(`/sys/fs/cgroup/${it}`) ? readdirSync(`/sys/fs/cgroup/${it}`) : []))
    .filter((it) => it.startsWith('logos-run-'));

describe.skipIf(lacks())(`a GPU service${lacks() ? `: ${lacks()}` : ''}`, () => {
  beforeAll(async () => {
    service = await serviceProcess(FROM_SOURCE, [
      ...['--memory', String(MEMORY_MIB), '--seconds', '60', '--compile-seconds', '10'],
    ]);
  });
  afterAll(async () => {
    client?.close();
    await service.stop();
    expect(runGroups()).toEqual([]);
  });

  it('does a job, keeps its program, and has it for others', async () => {
    const one = await connected();
    expect(await isRight(one)).toBe(true);
    const again = await one.run(goodJob);
    expect(again.program).toBe('kept');
    expect(again.timings.runMs).toBeGreaterThan(0);
    const other = await GpuClient.connect(service.address);
    expect((await other.run(goodJob)).program).toBe('cached');
    other.close();
  });

  it('gives what kernels print, and clears what buffers held', async () => {
    const program =
      '__kernel void k(__global int *a) { if (a[get_global_id(0)] != 0) a[0] = 1; printf("item %d\\n", (int)get_global_id(0)); }';
    const job = {
      program,
      buffers: [{ bytes: 16, output: true }],
      launches: [{ kernel: 'k', args: [{ buffer: 0 }], global: [4] }],
    };
    const { printed, outputs } = await (await connected()).run(job);
    expect(printed.trim().split('\n').sort()).toEqual(['item 0', 'item 1', 'item 2', 'item 3']);
    expect(outputs[0]).toEqual(Buffer.alloc(16));
  });

  it.skipIf(process.arch !== 'x64')('runs kernels as nobody, who reaches neither files nor networks', async () => {
    const { port } = service.address as { port: number };
    const program = `${SYSTEM_CALL}
      __kernel void k(__global long *r) {
        char shadow[] = "/etc/shadow", root[] = "/root", mine[] = "/tmp/mine";
        r[0] = call(102, 0, 0, 0);                    // getuid
        r[1] = call(2, (long)shadow, 0, 0);           // open
        r[2] = call(2, (long)root, 0x10000, 0);       // open, O_DIRECTORY
        char to[16] = {2, 0, ${port >> 8}, ${port & 255}, 127, 0, 0, 1};
        r[3] = call(42, call(41, 2, 1, 0), (long)to, 16); // connect to the service itself
        r[4] = call(272, 0x10000000, 0, 0);           // unshare, CLONE_NEWUSER
        r[5] = call(101, 0, 0, 0);                    // ptrace
        r[6] = call(2, (long)mine, 0102, 0600);       // open, O_CREAT | O_RDWR
      }`;
    const launches = [{ kernel: 'k', args: [{ buffer: 0 }], global: [1] }];
    const { outputs } = await (await connected()).run({ program, buffers: [{ bytes: 56, output: true }], launches });
    const said = Array.from({ length: 7 }, (_, index) => Number(outputs[0]?.readBigInt64LE(8 * index)));
    expect(said[0]).toBe(65_600);
    // ENOENT, ENOENT, ECONNREFUSED (this is another loopback interface), EPERM, EPERM
    expect(said.slice(1, 6)).toEqual([-2, -2, -111, -1, -1]);
    expect(said[6]).toBeGreaterThan(0);
  });

  it(`stands ${JOBS.length + HOSTILE_CLIENTS.length} hostile jobs and clients, and does the next job right each time`, async () => {
    expect(JOBS.length + HOSTILE_CLIENTS.length).toBeGreaterThanOrEqual(100);
    const strange: string[] = [];
    for (const { name, job, ends } of JOBS) {
      const end = await endOf(job);
      if (!ends.includes(end)) strange.push(`${name} ended: ${end}`);
      if (!(await isRight(await connected()))) strange.push(`after ${name} the next job was wrong`);
    }
    for (const hostile of HOSTILE_CLIENTS) {
      await beHostile(hostile, service.address as { host: string; port: number });
      if (!(await isRight(await connected())))
        strange.push(`after a client that ${hostile.name} the next job was wrong`);
    }
    expect(strange).toEqual([]);
    const [, rss] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8')) ?? [];
    expect(Number(rss)).toBeLessThan(400 * 1024);
  }, 240_000);
});
