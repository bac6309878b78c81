import type { DomainsOptions } from '../../guard/index.ts';
import { connectLibvirt, type Libvirt, liveDomains, planLibvirtd } from '../../hypervisor/index.ts';
import { isThere } from '../../system/files.ts';
import type { Home } from '../../system/home.ts';

/** One connection to this host's libvirt, for as long as its daemon lives; without a daemon there are no guests to look at. */
export function guestWatch(home: Home): Pick<DomainsOptions, 'domains' | 'events'> {
  let open: Promise<Libvirt> | undefined;
  let tell: () => void = () => {};
  const connect = async (): Promise<Libvirt | undefined> => {
    const plan = await planLibvirtd(home).catch(() => undefined);
    if (plan === undefined || !(await isThere(plan.endpoint.socket))) return undefined;
    open ??= connectLibvirt(plan.endpoint).then(async (libvirt) => {
      libvirt.onClose(() => {
        open = undefined;
      });
      await libvirt.onLifecycle(() => tell());
      return libvirt;
    });
    try {
      return await open;
    } catch {
      // It is being started again by its service manager.
      open = undefined;
      return undefined;
    }
  };
  return {
    domains: async () => {
      const libvirt = await connect();
      return libvirt === undefined ? [] : liveDomains(libvirt);
    },
    events: (changed, signal) => {
      tell = changed;
      signal.addEventListener('abort', () => void open?.then((libvirt) => libvirt.close()).catch(() => {}), {
        once: true,
      });
    },
  };
}
