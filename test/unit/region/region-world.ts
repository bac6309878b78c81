import type { RegionDefinition } from '../../../src/region/index.ts';
import { parseDefinition } from '../../../src/region/index.ts';

/** A public key that only its form is right of; each number has its own. */
export const hostKey = (number: number): string => `ssh-ed25519 ${`${number}`.padStart(68, 'A')}`;

/** A definition as it is written, with nothing left out that must be there. */
export function written(): Record<string, unknown> & {
  servers: Record<string, unknown>[];
  networks: Record<string, unknown>;
} {
  return {
    format: 'region',
    formatVersion: 1,
    name: 'berlin',
    version: '1.0.0',
    domain: 'berlin.example.org',
    vip: '10.0.0.10',
    networks: { management: '10.0.0.0/24', tenant: '10.64.0.0/16' },
    classes: [{ name: 'compute-1', vcpus: 1, memoryMiB: 1024, diskGiB: 10 }],
    servers: [1, 2, 3, 4].map((number) => ({
      name: `s${number}`,
      address: `10.0.0.${10 + number}`,
      ssh: { hostKey: hostKey(number) },
    })),
  };
}

export function parsed(value: unknown = written()): RegionDefinition {
  return parseDefinition(Buffer.from(JSON.stringify(value)));
}
