import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { findPath } from '../../src/host/index.ts';
import { bootProbe, probeKvm } from '../../src/hypervisor/index.ts';
import { startLibvirtLab } from '../libvirt.ts';

/**
 * Runs in a guest (lab/guest.ts): finds the path as `logos provide` does, and prints the verdict with each probe's answer as
 * one line of JSON. The machine is emulated, so that a process needs longer to start than any real one.
 */
const SLOWNESS = 4;
const lab = await startLibvirtLab({ waitMs: 300_000 });
// A copy, because guests see this one directory of the host, and the daemon sets its mode.
const images = join(lab.home.cache, 'guest');
await cp('/images', images, { recursive: true });
const image = { kernel: join(images, 'vmlinuz'), initramfs: join(images, 'initramfs.cpio.gz'), kernelVersion: '' };
const libvirt = await lab.connect();
const answers: Record<string, unknown> = {};
const noted = async <T>(name: string, answer: Promise<T>): Promise<T> => {
  answers[name] = await answer;
  return answer;
};
const verdict = await findPath({
  probeKvm: () => noted('kvm', probeKvm({ startMs: 120_000 })),
  bootThroughLibvirt: async (type, deadlineMs) => {
    const { booted, ms, line, why } = await bootProbe(libvirt, { type, deadlineMs: SLOWNESS * deadlineMs, image });
    return noted(`${type}Boot`, Promise.resolve({ ok: booted, ms, line, error: why }));
  },
  probeGpu: async () => ({ devices: [], notes: [] }),
  classOn: () => 'compute-1',
});
console.log(JSON.stringify({ verdict, answers }));
await libvirt.close();
await lab.close();
