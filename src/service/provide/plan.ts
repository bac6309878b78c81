import type { ChainChoice } from './chain.ts';

/** One thing that `logos provide` will change on this machine, in words for its owner. */
export interface PlanItem {
  what: string;
  why: string;
  /** How it is taken back. */
  undo: string;
  needsRoot: boolean;
}

export interface PlanFacts {
  home: string;
  missingPackages: readonly string[];
  chain: ChainChoice;
  serviceManager: 'systemd' | 'supervisor';
}

/** Everything that will change, in the order in which it happens. The exact firewall and kernel settings are the chain's and are shown in step `harden`. */
export function planOf({ home, missingPackages, chain, serviceManager }: PlanFacts): PlanItem[] {
  const packages: PlanItem[] =
    missingPackages.length === 0
      ? []
      : [
          {
            what: `install the Debian packages ${missingPackages.join(', ')}`,
            why: 'guests run in libvirt and QEMU; limits, firewall and benchmarks need their tools',
            undo: 'kept by `logos reset`, removed by `logos reset --purge`',
            needsRoot: true,
          },
        ];
  const embedded: PlanItem[] =
    chain.mode === 'remote'
      ? []
      : [
          {
            what: `run an embedded Logos chain on 127.0.0.1:${chain.port}`,
            why: 'it defines the classes, the policy and the gatekeeper; nothing leaves this machine',
            undo: '`logos reset`',
            needsRoot: false,
          },
        ];
  return [
    ...packages,
    {
      what: `keep state, keys and logs in ${home}`,
      why: 'so that a run can be resumed and every change undone',
      undo: '`logos reset`',
      needsRoot: home.startsWith('/var/'),
    },
    ...embedded,
    {
      what: 'unpack a stock Debian kernel as a guest image (not installed)',
      why: 'a path counts only when a real guest has booted on it',
      undo: '`logos reset`',
      needsRoot: true,
    },
    {
      what: 'make a key for this host and register it on the chain',
      why: 'the chain must know who lends what',
      undo: '`logos reset` leaves the membership and removes the key',
      needsRoot: false,
    },
    {
      what: "apply the chain's host policy: limits that keep your share, a firewall table of our own, kernel settings",
      why: 'guests must not reach you or your network, nor take what you keep',
      undo: '`logos reset` puts back exactly what was there',
      needsRoot: true,
    },
    {
      what: `run the gatekeeper (NG) and its integrity daemon (NGd) under ${serviceManager === 'systemd' ? 'systemd' : 'our own supervisor'}`,
      why: 'they answer the chain and check that nothing deviates',
      undo: '`logos provide --stop`, `logos reset`',
      needsRoot: true,
    },
  ];
}
