import { stringify } from 'yaml';
import { ExitCode, UserError } from '../system/errors.ts';

/** What an operator says of a region; the rest has defaults, or is written into the file by hand. */
export interface RegionWishes {
  readonly name: string;
  readonly domain: string;
  readonly vip: string;
  readonly management: string;
  readonly tenant: string;
  /** `NAME=[USER@]ADDRESS[:PORT]`. */
  readonly servers: readonly string[];
  /** `NAME=VCPUS,MEMORY_MIB,DISK_GIB`. */
  readonly classes: readonly string[];
}

/** A server as it is named on the command line. */
export interface WishedServer {
  readonly name: string;
  readonly address: string;
  readonly user?: string;
  readonly port?: number;
}

/** Reads `NAME=[USER@]ADDRESS[:PORT]`. Throws UserError `wrong-usage` (exit code 2). */
export function parseServer(text: string): WishedServer {
  const parts = /^([a-z][a-z0-9-]*)=(?:([a-z_][a-z0-9_-]*)@)?([0-9.]+)(?::(\d{1,5}))?$/.exec(text);
  if (parts === null) throw wrong(text, 's1=10.0.0.11 or s1=admin@10.0.0.11:2222');
  const [, name = '', user, address = '', port] = parts;
  return { name, address, ...(user && { user }), ...(port && { port: Number(port) }) };
}

/** The text of a definition. `keys`: each server's public host key, by name. Nothing is checked here but the form of the words. */
export function composeDefinition(wishes: RegionWishes, keys: Readonly<Record<string, string>>): string {
  const { name, domain, vip, management, tenant } = wishes;
  const content = {
    format: 'region',
    formatVersion: 1,
    name,
    version: '1.0.0',
    domain,
    vip,
    networks: { management, tenant },
    classes: wishes.classes.map(parseClass),
    servers: wishes.servers.map(parseServer).map(({ name: server, address, user, port }) => ({
      name: server,
      address,
      ssh: { ...(user && { user }), ...(port && { port }), hostKey: keys[server] ?? '' },
    })),
  };
  // A folded key would be hard to compare by eye.
  return stringify(content, { lineWidth: 0 });
}

function parseClass(text: string) {
  const parts = /^([a-z][a-z0-9-]*)=(\d{1,4}),(\d{1,8}),(\d{1,6})$/.exec(text);
  if (parts === null) throw wrong(text, 'compute-2=2,2048,20');
  const [, name, vcpus, memoryMiB, diskGiB] = parts;
  return { name, vcpus: Number(vcpus), memoryMiB: Number(memoryMiB), diskGiB: Number(diskGiB) };
}

function wrong(text: string, example: string): UserError {
  return new UserError('wrong-usage', `${JSON.stringify(text)} can't be read: write it like ${example}.`, {
    exitCode: ExitCode.usage,
    nextSteps: ['See `logos region init --help`.'],
  });
}
