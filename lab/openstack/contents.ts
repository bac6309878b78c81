import { readFile } from 'node:fs/promises';
import { prepareGuestImage } from '../../src/hypervisor/index.ts';
import { localExec } from '../../src/system/exec.ts';
import { homeFrom } from '../../src/system/home.ts';
import { SHARED_CACHE } from '../instance.ts';
import type { Credentials, OpenStackApi } from './api.ts';
import { REGION_NAME } from './common-settings.ts';
import { type ApiType, apiUrl, type Place } from './place.ts';

/** What a fresh region offers its users. */
export const OFFER = { image: 'lab-tiny', flavor: 'lab.1', network: 'lab-net', cidr: '10.99.0.0/24' } as const;

/** The services' accounts, by the type of their API; Keystone itself needs none. */
const ACCOUNTS: Partial<Record<ApiType, string>> = {
  image: 'glance',
  placement: 'placement',
  compute: 'nova',
  network: 'neutron',
};

/** Accounts of the services, and where each API is. */
export async function fillCatalogue(api: OpenStackApi, place: Place): Promise<void> {
  const identity = <T>(path: string, body: object) => api.call<T>('POST', 'identity', path, body);
  const { project } = await identity<Made<'project'>>('/projects', {
    project: { name: 'service', domain_id: 'default' },
  });
  const roles = [await roleNamed(api, 'admin'), await roleNamed(api, 'service')];
  for (const [type, name] of Object.entries(ACCOUNTS) as [ApiType, string][]) {
    await makeUser(api, { name, password: place.secret, project: project.id, roles });
    const { service } = await identity<Made<'service'>>('/services', { service: { name, type } });
    for (const kind of ['public', 'internal', 'admin']) {
      const endpoint = { service_id: service.id, interface: kind, url: apiUrl(place, type), region_id: REGION_NAME };
      await identity('/endpoints', { endpoint });
    }
  }
}

/** A project with an ordinary member, a flavor, a network with addresses, and an image that boots. */
export async function fillRegion(api: OpenStackApi, member: Credentials): Promise<void> {
  const { project } = await api.call<Made<'project'>>('POST', 'identity', '/projects', {
    project: { name: member.project, domain_id: 'default' },
  });
  const roles = [await roleNamed(api, 'member')];
  await makeUser(api, { name: member.username, password: member.password, project: project.id, roles });
  await api.call('POST', 'compute', '/flavors', { flavor: { name: OFFER.flavor, ram: 192, vcpus: 1, disk: 1 } });
  const { network } = await api.call<Made<'network'>>('POST', 'network', '/v2.0/networks', {
    network: { name: OFFER.network, project_id: project.id },
  });
  await api.call('POST', 'network', '/v2.0/subnets', {
    subnet: { network_id: network.id, project_id: project.id, cidr: OFFER.cidr, ip_version: 4 },
  });
  await uploadGuest(api);
}

/** The project's own guest, as a kernel, a first file system and an empty disk. */
async function uploadGuest(api: OpenStackApi): Promise<void> {
  const guest = await prepareGuestImage(homeFrom({ LOGOS_HOME: SHARED_CACHE, LOGOS_CACHE: SHARED_CACHE }), localExec);
  const upload = async (image: Record<string, string>, bytes: Uint8Array): Promise<string> => {
    const { id } = await api.call<{ id: string }>('POST', 'image', '/v2/images', { visibility: 'public', ...image });
    await api.call('PUT', 'image', `/v2/images/${id}/file`, bytes);
    return id;
  };
  const part = (name: string, format: string) => ({ name, disk_format: format, container_format: format });
  const kernel_id = await upload(part('lab-kernel', 'aki'), await readFile(guest.kernel));
  const ramdisk_id = await upload(part('lab-initramfs', 'ari'), await readFile(guest.initramfs));
  const disk = { name: OFFER.image, disk_format: 'raw', container_format: 'bare' };
  const command = { os_command_line: 'console=ttyS0 quiet', hw_rng_model: 'virtio' };
  await upload({ ...disk, ...command, kernel_id, ramdisk_id }, new Uint8Array(1 << 20));
}

type Made<Name extends string> = Record<Name, { id: string }>;

async function roleNamed(api: OpenStackApi, name: string): Promise<string> {
  const { roles } = await api.call<{ roles: { id: string }[] }>('GET', 'identity', `/roles?name=${name}`);
  if (roles[0]) return roles[0].id;
  return (await api.call<Made<'role'>>('POST', 'identity', '/roles', { role: { name } })).role.id;
}

async function makeUser(
  api: OpenStackApi,
  { name, password, project, roles }: { name: string; password: string; project: string; roles: readonly string[] },
): Promise<void> {
  const { user } = await api.call<Made<'user'>>('POST', 'identity', '/users', {
    user: { name, password, domain_id: 'default', default_project_id: project },
  });
  for (const role of roles) {
    await api.call('PUT', 'identity', `/projects/${project}/users/${user.id}/roles/${role}`);
  }
}
