import { REGION_PHASES, type RegionPhaseName } from '../system/progress.ts';
import { SERVICES } from './definition.ts';
import type { Manifest } from './platform.ts';

/** A step of a region's way, as data. Playbooks are paths in the tree; an absent one is absent there. */
export interface Phase {
  readonly name: RegionPhaseName;
  /** What it sets up, for people. */
  readonly title: string;
  /** Brings it about, or looks what it would change (check mode). `undefined`: preflight, or not in this tree. */
  readonly playbook?: string;
  /** Proves that it works. */
  readonly verify?: string;
  /** Takes it away. */
  readonly undo?: string;
  /** It belongs to a service that the region does not have. */
  readonly unwanted?: true;
}

const TITLES: Readonly<Record<RegionPhaseName, string>> = {
  preflight: 'servers, network, time and ports',
  base: 'packages, names and settings of every server',
  pki: 'the certificate authority and certificates',
  database: 'MariaDB Galera',
  messaging: 'RabbitMQ',
  cache: 'memcached',
  loadbalancer: 'HAProxy and the virtual address',
  keystone: 'identity',
  glance: 'images',
  placement: 'resource accounting',
  nova: 'compute',
  neutron: 'networks',
  cinder: 'volumes',
  swift: 'objects',
  heat: 'stacks',
  octavia: 'load balancers',
  designate: 'names',
  aggregates: 'classes, flavors and the buffer',
  acceptance: 'a guest, a volume and an object, through the virtual address',
};

/** The phases in their order, with the playbooks that a tree has for them. `services`: which of those a region may do without. */
export function phasesOf(platform: Manifest, services: readonly string[] = SERVICES): Phase[] {
  const there = (path: string) => (Object.hasOwn(platform, path) ? path : undefined);
  return REGION_PHASES.map((name) => {
    if (name === 'preflight') return { name, title: TITLES[name] };
    const [playbook, verify, undo] = ['', 'verify/', 'undo/'].map((folder) => there(`phases/${folder}${name}.yml`));
    if (SERVICES.some((service) => service === name) && !services.includes(name))
      return { name, title: TITLES[name], unwanted: true };
    return {
      name,
      title: TITLES[name],
      ...(playbook && { playbook }),
      ...(verify && { verify }),
      ...(undo && { undo }),
    };
  });
}
