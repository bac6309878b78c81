import { account, database, locksIn, messageBus, REGION_NAME, tokenCheck } from './common-settings.ts';
import { iniText, type Settings } from './ini.ts';
import { apiUrl, type Place } from './place.ts';

/** Configuration of a control plane: path → text. Small and whole; it takes the place of what Debian's packages bring. */
export function controlFiles(place: Place): Record<string, string> {
  const settings: Record<string, Settings> = {
    '/etc/mysql/mariadb.conf.d/99-lab.cnf': MARIADB,
    '/etc/keystone/keystone.conf': keystone(place),
    '/etc/glance/glance-api.conf': glance(place),
    '/etc/placement/placement.conf': placement(place),
    '/etc/nova/nova.conf': nova(place),
    '/etc/neutron/neutron.conf': neutron(place),
    '/etc/neutron/plugins/ml2/ml2_conf.ini': ml2(place),
  };
  return {
    ...Object.fromEntries(Object.entries(settings).map(([path, values]) => [path, iniText(values)])),
    '/etc/memcached.conf': '-d\nlogfile /var/log/memcached.log\n-m 32\n-p 11211\n-u memcache\n-l 0.0.0.0\n',
    '/etc/rabbitmq/rabbitmq-env.conf': [
      `NODENAME=rabbit@${place.name}`,
      // One scheduler that sleeps when there is nothing to do: Erlang's spin.
      'SERVER_ADDITIONAL_ERL_ARGS="+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"',
      '',
    ].join('\n'),
    '/etc/default/ovn-central':
      'OVN_CTL_OPTS="--db-nb-create-insecure-remote=yes --db-sb-create-insecure-remote=yes"\n',
  };
}

const MARIADB: Settings = {
  mysqld: {
    'bind-address': '0.0.0.0',
    max_connections: 300,
    innodb_buffer_pool_size: '64M',
    innodb_log_file_size: '16M',
    innodb_flush_log_at_trx_commit: 2,
    'skip-name-resolve': 1,
    performance_schema: 'off',
  },
};

function keystone(place: Place): Settings {
  return {
    DEFAULT: { log_dir: '/var/log/keystone' },
    database: database(place, 'keystone'),
    token: { provider: 'fernet' },
    cache: { enabled: true, backend: 'dogpile.cache.memcached', memcache_servers: `${place.name}:11211` },
  };
}

function glance(place: Place): Settings {
  return {
    DEFAULT: { log_dir: '/var/log/glance', enabled_backends: 'file:file' },
    database: database(place, 'glance'),
    file: { filesystem_store_datadir: '/var/lib/glance/images' },
    glance_store: { default_backend: 'file' },
    keystone_authtoken: tokenCheck(place, 'glance'),
    paste_deploy: { flavor: 'keystone' },
    oslo_concurrency: locksIn('/var/lock/glance'),
  };
}

function placement(place: Place): Settings {
  return {
    DEFAULT: { log_dir: '/var/log/placement' },
    placement_database: database(place, 'placement'),
    api: { auth_strategy: 'keystone' },
    keystone_authtoken: tokenCheck(place, 'placement'),
  };
}

/** The control plane's part and the compute's: each service reads what concerns it. */
function nova(place: Place): Settings {
  return {
    DEFAULT: {
      log_dir: '/var/log/nova',
      my_ip: place.address,
      state_path: '/var/lib/nova',
      transport_url: messageBus(place),
      osapi_compute_workers: 1,
      force_raw_images: false,
      reserved_host_memory_mb: 512,
      vif_plugging_timeout: 120,
    },
    api_database: database(place, 'nova', 'nova_api'),
    database: database(place, 'nova'),
    api: { auth_strategy: 'keystone' },
    keystone_authtoken: tokenCheck(place, 'nova'),
    service_user: { send_service_user_token: true, ...account(place, 'nova') },
    placement: account(place, 'placement'),
    glance: { api_servers: apiUrl(place, 'image') },
    neutron: account(place, 'neutron'),
    cinder: { os_region_name: REGION_NAME },
    conductor: { workers: 1 },
    scheduler: { workers: 1 },
    oslo_concurrency: locksIn('/var/lib/nova'),
    vnc: { enabled: false },
    serial_console: { enabled: true },
    libvirt: { virt_type: 'qemu', cpu_mode: 'none' },
  };
}

function neutron(place: Place): Settings {
  return {
    DEFAULT: {
      log_dir: '/var/log/neutron',
      auth_strategy: 'keystone',
      core_plugin: 'ml2',
      service_plugins: 'ovn-router',
      api_workers: 1,
      rpc_workers: 1,
      transport_url: messageBus(place),
    },
    agent: { root_helper: 'sudo neutron-rootwrap /etc/neutron/rootwrap.conf' },
    database: database(place, 'neutron'),
    keystone_authtoken: tokenCheck(place, 'neutron'),
    // What it tells Nova of a port, it would say at the public address otherwise.
    nova: { ...account(place, 'nova'), endpoint_type: 'internal' },
    placement: account(place, 'placement'),
    oslo_concurrency: locksIn('/var/lock/neutron'),
  };
}

function ml2({ address }: Place): Settings {
  return {
    ml2: {
      type_drivers: 'flat,geneve',
      tenant_network_types: 'geneve',
      mechanism_drivers: 'ovn',
      extension_drivers: 'port_security',
      overlay_ip_version: 4,
    },
    ml2_type_geneve: { vni_ranges: '1:65536', max_header_size: 38 },
    securitygroup: { enable_security_group: true },
    // OVN's own client takes addresses, not names.
    ovn: {
      ovn_nb_connection: `tcp:${address}:6641`,
      ovn_sb_connection: `tcp:${address}:6642`,
      ovn_metadata_enabled: false,
    },
  };
}
