import type { CloudFacts } from './cloud.ts';

/** What a class has, of one resource of Placement. All in the resource's unit: processors, or MiB. */
export interface Capacity {
  readonly total: number;
  /** Kept free: the buffer for evacuations, and what the hosts themselves need. */
  readonly kept: number;
  readonly used: number;
  /** What guests can still have; below zero when the buffer is in use. */
  readonly free: number;
}

export interface ClassCapacity {
  readonly name: string;
  readonly hosts: readonly string[];
  /** Guests of the class's flavor. */
  readonly guests: number;
  readonly vcpus: Capacity;
  readonly memoryMiB: Capacity;
  /** How many further guests of the class fit, host by host, beside what is kept. */
  readonly room: number;
}

/** A size of a class's guests. */
export interface Size {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
}

/** Capacity by class, in the order of the definition's classes. Hosts that Placement does not know count nothing. */
export function capacityOf(classes: readonly Size[], cloud: CloudFacts): ClassCapacity[] {
  return classes.map(({ name, vcpus, memoryMiB }) => {
    const hosts = cloud.aggregates.find((aggregate) => aggregate.name === name)?.hosts ?? [];
    const of = (host: string, resource: string) =>
      capacity(cloud.computes[host]?.[resource] ?? { total: 0, reserved: 0, used: 0 });
    const room = hosts.map((host) => {
      const fits = Math.min(of(host, 'VCPU').free / vcpus, of(host, 'MEMORY_MB').free / memoryMiB);
      return Math.max(0, Math.floor(fits));
    });
    return {
      name,
      hosts,
      guests: cloud.guests.filter(({ flavor }) => flavor === name).length,
      vcpus: sum(hosts.map((host) => of(host, 'VCPU'))),
      memoryMiB: sum(hosts.map((host) => of(host, 'MEMORY_MB'))),
      room: room.reduce((total, each) => total + each, 0),
    };
  });
}

function capacity({ total, reserved, used }: { total: number; reserved: number; used: number }): Capacity {
  return { total, kept: reserved, used, free: total - reserved - used };
}

function sum(all: readonly Capacity[]): Capacity {
  const of = (field: keyof Capacity) => all.reduce((total, one) => total + one[field], 0);
  return { total: of('total'), kept: of('kept'), used: of('used'), free: of('free') };
}
