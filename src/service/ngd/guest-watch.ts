import type { DomainsOptions } from '../../guard/index.ts';
import {
  connectLibvirt,
  type Libvirt,
  type LibvirtEndpoint,
  liveDomains,
  planLibvirtd,
} from '../../hypervisor/index.ts';
import { toLogosError } from '../../system/errors.ts';
import { isThere } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';
import { guestUuids } from './guest-uuids.ts';

/**
 * One connection to this host's libvirt, for as long as its daemon lives. Without a daemon there are no guests to look at, but
 * where one was started and not ended nobody can tell what it is now: that is said, and not that all is well.
 */
export function guestWatch(home: Home): Pick<DomainsOptions, 'domains' | 'events'> {
  let open: Promise<Libvirt> | undefined;
  let tell: () => void = () => {};
  const connect = async (endpoint: LibvirtEndpoint): Promise<Libvirt> => {
    open ??= connectLibvirt(endpoint).then(async (libvirt) => {
      libvirt.onClose(() => {
        open = undefined;
      });
      try {
        await libvirt.onLifecycle(() => tell());
      } catch (error) {
        void libvirt.close();
        throw error;
      }
      return libvirt;
    });
    try {
      return await open;
    } catch (error) {
      // It is being started again by its service manager.
      open = undefined;
      throw error;
    }
  };
  return {
    domains: async () => {
      try {
        const plan = await planLibvirtd(home);
        const { socket } = plan.endpoint;
        if (!(await isThere(socket))) throw new Error(`${socket} is not there`);
        // Our own libvirtd runs guests of ours alone; the system's runs its owner's too.
        return await liveDomains(await connect(plan.endpoint), { allOurs: plan.kind === 'private' });
      } catch (thrown) {
        if ((await guestUuids(home)).length === 0) return [];
        throw new Error(`what guests are can't be asked: ${toLogosError(thrown).message}`);
      }
    },
    events: (changed, signal) => {
      tell = changed;
      signal.addEventListener('abort', () => void open?.then((libvirt) => libvirt.close()).catch(() => {}), {
        once: true,
      });
    },
  };
}
