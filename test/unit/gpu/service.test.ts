import { describe, expect, it } from 'vitest';
import { addressText, isLocal, parseAddress } from '../../../src/gpu/address.ts';
import { parseClpeak } from '../../../src/gpu/bench/clpeak.ts';
import type { JobHeader } from '../../../src/gpu/job.ts';
import { KernelCache, programKey } from '../../../src/gpu/service/kernel-cache.ts';
import { planWorker, type WorkerHost } from '../../../src/gpu/service/sandbox.ts';
import { startGpuService } from '../../../src/gpu/service/server.ts';
import { Turns } from '../../../src/gpu/service/turns.ts';

describe('an address', () => {
  it.each(['unix:/run/gpu.sock', '127.0.0.1:7843', '[::1]:1', 'localhost:0'])('is read and written: %s', (text) => {
    expect(addressText(parseAddress(text))).toBe(text);
    expect(isLocal(parseAddress(text))).toBe(true);
  });

  it.each(['', 'here', '127.0.0.1', '127.0.0.1:70000', 'unix:relative', '::1:80', 'a b:1'])(
    'is refused: %s',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'gpu-address-invalid' }));
    },
  );

  it.each(['0.0.0.0:1', '[::]:1', '192.0.2.1:1', 'example.org:1', '128.0.0.1:1'])(
    'is not of this machine alone: %s',
    async (text) => {
      expect(isLocal(parseAddress(text))).toBe(false);
      await expect(startGpuService({ address: parseAddress(text) })).rejects.toMatchObject({ code: 'gpu-not-local' });
    },
  );
});

describe('the cache of programs', () => {
  const program: JobHeader['program'] = { kind: 'source', bytes: 1, options: [] };
  const text = Buffer.from('a');

  it('tells apart all that a compiled program depends on', () => {
    const device = { name: 'd', platform: 'p', version: '1', driver: '1' } as Parameters<typeof programKey>[2];
    const keys = [
      programKey(program, text, device),
      programKey(program, Buffer.from('b'), device),
      programKey({ ...program, options: ['-w'] }, text, device),
      programKey({ ...program, kind: 'spirv' }, text, device),
      programKey(program, text, { ...device, driver: '2' } as typeof device),
      programKey(program, text, undefined),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(programKey({ ...program }, Buffer.from('a'), device)).toBe(keys[0]);
  });

  it('lets go of what was not used for longest', () => {
    const cache = new KernelCache();
    const large = 4 * 1024 * 1024;
    for (let index = 0; index < 16; index += 1) cache.add(`${index}`, new Uint8Array(large));
    expect(cache.get('0')).toHaveLength(large);
    cache.add('16', new Uint8Array(large));
    expect(cache.get('0')).toBeDefined();
    expect(cache.get('1')).toBeUndefined();
  });
});

describe('turns', () => {
  const never = new AbortController().signal;

  it('are taken in order, and given back once', async () => {
    const turns = new Turns(1, 8);
    const order: number[] = [];
    const leave = await turns.take(never);
    const later = [1, 2].map((name) =>
      turns.take(never).then((done) => {
        order.push(name);
        done();
        done();
      }),
    );
    expect(order).toEqual([]);
    leave();
    await Promise.all(later);
    expect(order).toEqual([1, 2]);
    (await turns.take(never))();
  });

  it('are refused when too many wait, and left by who does not wait any more', async () => {
    const turns = new Turns(1, 1);
    const leave = await turns.take(never);
    const call = new AbortController();
    const waiting = turns.take(call.signal);
    await expect(turns.take(never)).rejects.toMatchObject({ code: 'gpu-busy' });
    call.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    const next = turns.take(never);
    leave();
    (await next)();
  });
});

describe('the sandbox of a worker', () => {
  const host: WorkerHost = {
    programs: [{ path: '/usr' }, { path: '/lib', target: 'usr/lib' }],
    nodes: [],
    groups: [],
    program: { file: '/opt/logos/logos' },
    isRoot: true,
  };
  const plan = (change: Partial<WorkerHost>) => planWorker({ ...host, ...change }, { scratchBytes: 1_024, threads: 2 });

  it('shows the binary alone, and changes to a user of its own', () => {
    const { options, command } = plan({});
    expect(command.slice(0, 5)).toEqual(['setpriv', '--reuid', '65600', '--regid', '65600']);
    expect(command.slice(-3)).toEqual(['/run/logos/program', 'internal', 'gpu-worker']);
    expect(options).toContain('--unshare-net');
    expect(options).not.toContain('--dev-bind');
    expect(options.join(' ')).not.toMatch(/bind(?:-try)? \/etc \/etc/);
    expect(options.join(' ')).toContain('--ro-bind /opt/logos/logos /run/logos/program');
  });

  it('gives devices and their groups where there are any', () => {
    const { options, command } = plan({ nodes: ['/dev/dri/renderD128', '/dev/kfd'], groups: [104, 44] });
    expect(options.join(' ')).toContain('--dev-bind /dev/kfd /dev/kfd');
    expect(command).toContain('104,44');
    expect(options).toContain('/sys/class/kfd');
  });

  it('maps the user where it is none of root', () => {
    const { options, command } = plan({ isRoot: false });
    expect(options).toContain('--unshare-user');
    expect(options).not.toContain('CAP_SETUID');
    expect(command[0]).toBe('/run/logos/program');
  });

  it('starts from source with the source read-only', () => {
    const source = { root: '/home/me/logos', script: '/home/me/logos/bin/dev.js' };
    const { options, command } = plan({ program: { file: '/usr/bin/node', source } });
    expect(options.join(' ')).toContain('--ro-bind /home/me/logos /run/logos/source');
    expect(command.slice(-4)).toEqual(['/run/logos/program', '/run/logos/source/bin/dev.js', 'internal', 'gpu-worker']);
  });
});

describe('clpeak', () => {
  it('is read from what it prints', () => {
    const text = `
Platform: Portable Computing Language
  Device: pthread-skylake-avx512
    Global memory bandwidth (GBPS)
      float   : 13.06
      float16 : 28.69

    Single-precision compute (GFLOPS)
      float   : 2.09
      float8  : 43.79
      float16 : 12.99

    No half precision support! Skipped
`;
    expect(parseClpeak(text)).toEqual({ gigaflops: 43.79, gigabytesPerSecond: 28.69 });
    expect(parseClpeak('no platforms found\n')).toBeUndefined();
  });
});
