import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SystemdHost } from '../systemd.ts';
import { REGION_NAME } from './common-settings.ts';
import { API_TYPES, type ApiType, apiUrl, DATABASES, type Place } from './place.ts';

/** What the services stand on. */
const FOUNDATION = ['mariadb', 'memcached', 'rabbitmq-server', 'ovn-ovsdb-server-nb', 'ovn-ovsdb-server-sb'];
const SERVICES = [
  ...['ovn-northd', 'keystone', 'glance-api', 'placement-api', 'nova-api', 'nova-scheduler', 'nova-conductor'],
  ...['neutron-api', 'neutron-rpc-server'],
];
/** Debian serves every API by as many processes as a big machine could use. */
const UWSGI = [
  '/etc/keystone/keystone-uwsgi.ini',
  '/etc/glance/glance-api-uwsgi.ini',
  '/etc/placement/placement-api-uwsgi.ini',
  '/etc/nova/nova-api-uwsgi.ini',
  '/etc/neutron/neutron-api-uwsgi.ini',
];
const STEP_MS = 600_000;

/** Starts the foundation and waits for it: services that find none try again late. */
export async function startFoundation({ exec }: SystemdHost): Promise<void> {
  await exec('systemctl', ['start', ...FOUNDATION], { timeout: STEP_MS });
}

/** Starts Keystone alone: the other services' accounts are still to be made. */
export async function startKeystone({ exec }: SystemdHost): Promise<void> {
  await exec('systemctl', ['start', 'keystone']);
}

/** Starts the services and does not wait for them. */
export async function startServices({ exec }: SystemdHost): Promise<void> {
  await exec('systemctl', ['start', '--no-block', ...SERVICES]);
}

/** Ends all of it in order, so that its databases are whole. */
export async function stopControlPlane({ exec }: SystemdHost): Promise<void> {
  await exec('systemctl', ['stop', ...SERVICES], { timeout: STEP_MS });
  await exec('systemctl', ['stop', ...FOUNDATION], { timeout: STEP_MS });
}

/**
 * One process an API; no AppArmor profile, which can't be entered in a container; and word that a connection ends with its answer, as
 * uWSGI ends it: a client that thinks otherwise may send its next request into the closing one.
 */
export async function trimApis(root: string): Promise<void> {
  for (const path of UWSGI) {
    const file = join(root, path);
    const text = await readFile(file, 'utf8');
    const trimmed = text
      .replace(/^processes = .*$/m, 'processes = 1')
      .replace(/^plugins = python3,apparmor$/m, 'plugins = python3')
      .replace(/^apparmor-profile = .*$/m, '')
      .concat('\nadd-header = Connection: close\n');
    await writeFile(file, trimmed);
  }
}

/** Databases with their tables, the message bus's account, Keystone's keys and first account, Nova's cells. Once in a region's life. */
export async function foundControlPlane(host: SystemdHost, place: Place): Promise<void> {
  const { exec } = host;
  const run = async (words: readonly string[], as?: string): Promise<void> => {
    const [command = '', ...args] = as ? ['runuser', '-u', as, '--', ...words] : words;
    await exec(command, args, { timeout: STEP_MS });
  };
  await sql(
    host,
    DATABASES.flatMap(([name, user]) => [
      `CREATE DATABASE ${name} CHARACTER SET utf8mb3`,
      `GRANT ALL ON ${name}.* TO '${user}'@'%' IDENTIFIED BY '${place.secret}'`,
    ]),
  );
  await run(['rabbitmqctl', '-q', 'add_user', 'openstack', place.secret]);
  await run(['rabbitmqctl', '-q', 'set_permissions', 'openstack', '.*', '.*', '.*']);
  await run(['install', '-d', '-o', 'glance', '-g', 'glance', '/var/lib/glance/images']);

  const identity = async (): Promise<void> => {
    await run(['keystone-manage', 'db_sync'], 'keystone');
    for (const what of ['fernet_setup', 'credential_setup']) {
      await run(['keystone-manage', what, '--keystone-user', 'keystone', '--keystone-group', 'keystone']);
    }
    const url = apiUrl(place, 'identity');
    await run(
      [
        ...['keystone-manage', 'bootstrap', '--bootstrap-password', place.secret, '--bootstrap-region-id', REGION_NAME],
        ...['admin', 'internal', 'public'].flatMap((kind) => [`--bootstrap-${kind}-url`, url]),
      ],
      'keystone',
    );
  };
  const compute = async (): Promise<void> => {
    await run(['nova-manage', 'api_db', 'sync'], 'nova');
    await run(['nova-manage', 'cell_v2', 'map_cell0'], 'nova');
    await run(['nova-manage', 'cell_v2', 'create_cell', '--name=cell1'], 'nova');
    await run(['nova-manage', 'db', 'sync'], 'nova');
  };
  const others = async (): Promise<void> => {
    await run(['glance-manage', 'db_sync'], 'glance');
    await run(['placement-manage', 'db', 'sync'], 'placement');
    const files = ['/etc/neutron/neutron.conf', '/etc/neutron/plugins/ml2/ml2_conf.ini'];
    await run(['neutron-db-manage', ...files.flatMap((file) => ['--config-file', file]), 'upgrade', 'head'], 'neutron');
  };
  await Promise.all([identity(), compute(), others()]);
}

/** Tells Keystone's catalogue where those outside reach each API; before Keystone starts, since it remembers. */
export async function publishEndpoints(host: SystemdHost, urlOf: (type: ApiType) => string): Promise<void> {
  const service = (type: ApiType) => `(SELECT id FROM service WHERE type = '${type}')`;
  await sql(host, [
    'USE keystone',
    ...API_TYPES.map(
      (type) =>
        `UPDATE endpoint SET url = '${urlOf(type)}' WHERE interface = 'public' AND service_id = ${service(type)}`,
    ),
  ]);
}

async function sql({ exec }: SystemdHost, statements: readonly string[]): Promise<void> {
  await exec('mariadb', [], { input: `${statements.join(';\n')};\n` });
}
