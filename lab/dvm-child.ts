import {
  connectLibvirt,
  createDvm,
  directoryLink,
  dvmHost,
  migrateDvm,
  planLibvirtd,
  prepareGuestImage,
  removeDvm,
  resumeDvm,
  suspendDvm,
} from '../src/hypervisor/index.ts';
import { localExec } from '../src/system/exec.ts';
import { homeFrom } from '../src/system/home.ts';
import { SHARED_CACHE } from './instance.ts';

/** One process that does something with a DVM, and that its parent may kill at any moment. */
export interface DvmDeed {
  readonly deed: 'create' | 'remove' | 'migrate' | 'suspend-resume';
  readonly name: string;
  /** LOGOS_HOME of the host, and of the other one. */
  readonly here: string;
  readonly there: string;
}

const { deed, name, here, there } = JSON.parse(process.argv[2] ?? '') as DvmDeed;
const image = () => prepareGuestImage(homeFrom({ LOGOS_HOME: here, LOGOS_CACHE: SHARED_CACHE }), localExec);
const open = async (root: string) => {
  const home = homeFrom({ LOGOS_HOME: root, LOGOS_CACHE: SHARED_CACHE });
  const libvirt = await connectLibvirt((await planLibvirtd(home)).endpoint, { waitMs: 60_000 });
  return dvmHost({ home, libvirt, exec: localExec, image });
};
const [source, destination] = [await open(here), await open(there)];
process.send?.('begins');
const deeds: Record<DvmDeed['deed'], () => Promise<unknown>> = {
  create: () => createDvm(source, { name, vcpus: 1, memoryMiB: 128, path: 'qemu', diskMiB: [4], deadlineMs: 240_000 }),
  remove: () => removeDvm(source, name, { graceMs: 0 }),
  migrate: () => migrateDvm(source, destination, name, { link: directoryLink(destination.sockets ?? '') }),
  'suspend-resume': async () => {
    await suspendDvm(source, name);
    await resumeDvm(source, name);
  },
};
await deeds[deed]().then(
  () => process.send?.('done'),
  (error) => process.send?.(String(error)),
);
await Promise.all([source.libvirt.close(), destination.libvirt.close()]);
process.disconnect();
