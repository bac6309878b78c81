import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached, cachedPath } from '../debian-root.ts';
import type { LabNetwork } from '../network.ts';
import { type SystemdHost, startSystemdHost, systemdHostLacks } from '../systemd.ts';
import { type Credentials, type OpenStackApi, openStackApi, untilAnswer, untilApisAnswer } from './api.ts';
import { clientDirectory } from './client.ts';
import { startCompute, stopCompute } from './compute.ts';
import { computeFiles } from './compute-settings.ts';
import { fillCatalogue, fillRegion } from './contents.ts';
import {
  foundControlPlane,
  publishEndpoints,
  startFoundation,
  startKeystone,
  startServices,
  stopControlPlane,
  trimApis,
} from './control-plane.ts';
import { controlFiles } from './control-settings.ts';
import { API_PATHS, API_PORTS, API_TYPES, type ApiType, apiUrl, type Place } from './place.ts';
import { type ForwardedPorts, forwardPorts } from './ports.ts';
import { OPENSTACK_ROOT, openstackRoot } from './root.ts';

/** An OpenStack region on one host of the lab: control plane and compute. */
export interface OpenStackLab {
  /** Keystone's URL, as hosts on the switch reach it. */
  readonly authUrl: string;
  /** An ordinary member of one project. */
  readonly credentials: Credentials;
  /** The APIs as that member. */
  readonly api: OpenStackApi;
  /** The host itself. */
  readonly host: SystemdHost;
  stop(): Promise<void>;
}

/** Where its APIs are: on this machine's loopback, for tests, and wherever else the catalogue says. */
type UrlOf = (type: ApiType) => string;

/** The password opens nothing but a region in a network namespace on this machine. */
const PLACE: Place = { name: 'region', address: '10.78.0.11', secret: 'lab-only' };
const MEMBER: Credentials = { username: 'gatekeeper', password: 'lab-member', project: 'lab' };
const ADMIN: Credentials = { username: 'admin', password: PLACE.secret, project: 'admin' };
/** How long services may take to come up on a busy machine. */
const UP_MS = 420_000;
const TUN = '/dev/net/tun';

/** What this machine lacks for it, in words for `ctx.skip`, or `undefined`. */
export async function openStackLacks(): Promise<string | undefined> {
  if (!existsSync(TUN)) return `${TUN}, for the servers' network`;
  return systemdHostLacks();
}

/** Boots a region that was founded before, with an image, a flavor and a network (`OFFER`) and no servers, on a switch. */
export async function startOpenStack(network: LabNetwork): Promise<OpenStackLab> {
  const layers = [await foundedRegion(), await openstackRoot()];
  const place = await network.host();
  const publicUrl: UrlOf = (type) => apiUrl({ name: place.address }, type);
  const host = await startSystemdHost({ layers, devices: [TUN], network: place.command });
  return operate(host, async (ports, urlOf) => {
    await startFoundation(host);
    await publishEndpoints(host, publicUrl);
    await startAll(host);
    return {
      authUrl: publicUrl('identity'),
      credentials: MEMBER,
      api: await untilReady(urlOf),
      host,
      stop: async () => {
        await ports.close();
        await host.close();
      },
    };
  });
}

/** Makes all that `startOpenStack` and a host with the client start from. Some minutes the first time. */
export async function prepareOpenStack(): Promise<void> {
  await Promise.all([foundedRegion(), clientDirectory()]);
}

/** What a region's host differs in from the root, once its control plane is founded. Made once. */
function foundedRegion(): Promise<string> {
  const path = cachedPath('openstack-region', [
    OPENSTACK_ROOT,
    FOUNDING,
    controlFiles(PLACE),
    computeFiles(PLACE.name),
  ]);
  return cached(path, async (changes) => {
    const host = await startSystemdHost({ layers: [await openstackRoot()], changes, devices: [TUN] });
    await operate(host, async (ports, urlOf) => {
      await configure(host);
      await startFoundation(host);
      await foundControlPlane(host, PLACE);
      await startKeystone(host);
      await untilApisAnswer(urlOf, ['identity'], UP_MS);
      await fillCatalogue(await openStackApi(urlOf, ADMIN), PLACE);
      await startAll(host);
      await untilApisAnswer(urlOf, API_TYPES, UP_MS);
      const admin = await openStackApi(urlOf, ADMIN);
      await untilComputeUp(admin);
      await host.exec('runuser', ['-u', 'nova', '--', 'nova-manage', 'cell_v2', 'discover_hosts']);
      await fillRegion(admin, MEMBER);
      await ports.close();
      await stopCompute(host);
      await stopControlPlane(host);
      await host.close();
    });
  });
}

/** Counts up when the steps of founding change, which the cached region's name does not show otherwise. */
const FOUNDING = 3;

/** Gives the host its address and its APIs ports here; closes it when `work` fails. */
async function operate<T>(host: SystemdHost, work: (ports: ForwardedPorts, urlOf: UrlOf) => Promise<T>): Promise<T> {
  let ports: ForwardedPorts | undefined;
  try {
    await host.exec('ip', ['address', 'add', `${PLACE.address}/32`, 'dev', 'lo']);
    const forwarded = await forwardPorts(host, Object.values(API_PORTS));
    ports = forwarded;
    return await work(forwarded, (type) => `http://127.0.0.1:${forwarded.at(API_PORTS[type])}${API_PATHS[type]}`);
  } catch (error) {
    await ports?.close();
    await host.close();
    throw error;
  }
}

async function configure(host: SystemdHost): Promise<void> {
  const names = `127.0.0.1 localhost\n${PLACE.address} ${PLACE.name}\n`;
  const files = {
    ...controlFiles(PLACE),
    ...computeFiles(PLACE.name),
    '/etc/hosts': names,
    '/etc/hostname': PLACE.name,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(host.root, path)), { recursive: true });
    await writeFile(join(host.root, path), text);
  }
  await trimApis(host.root);
  await host.exec('hostname', [PLACE.name]);
}

async function startAll(host: SystemdHost): Promise<void> {
  await startServices(host);
  const { name, address } = PLACE;
  await startCompute(host, { name, controlAddress: address, tunnelAddress: address });
}

async function untilReady(urlOf: UrlOf): Promise<OpenStackApi> {
  await untilApisAnswer(urlOf, API_TYPES, UP_MS);
  await untilComputeUp(await openStackApi(urlOf, ADMIN));
  return openStackApi(urlOf, MEMBER);
}

/** Nova's scheduler takes a compute that reported lately. */
async function untilComputeUp(admin: OpenStackApi): Promise<void> {
  interface Services {
    services: { binary: string; state: string; updated_at: string | null }[];
  }
  const since = Date.now() - 5_000;
  await untilAnswer(
    () => admin.call<Services>('GET', 'compute', '/os-services'),
    ({ services }) => {
      const fresh = ({ state, updated_at }: Services['services'][number]) =>
        state === 'up' && updated_at !== null && Date.parse(`${updated_at}Z`) > since;
      return ['nova-compute', 'nova-scheduler', 'nova-conductor'].every((name) =>
        services.some((service) => service.binary === name && fresh(service)),
      );
    },
    'a compute',
    UP_MS,
  );
}
