import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** A region's secrets by name. They never leave the operator's machine but to the servers they are for. */
export type Secrets = Readonly<Record<string, string>>;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** 32 of 62 letters and digits: 190 bits, in a form that no configuration file and no URL needs quoted. */
const password = (): string => Array.from({ length: 32 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
/** As `cryptography.fernet.Fernet` takes it: 32 bytes in URL-safe Base64, with its padding. */
const fernet = (): string => `${randomBytes(32).toString('base64url')}=`;
/** As Ceph keeps a key of AES: type 1, no time, 16 bytes long, then the key (CephX, `CryptoKey`). */
const ceph = (): string =>
  Buffer.concat([Buffer.from('010000000000000000001000', 'hex'), randomBytes(16)]).toString('base64');

const SERVICES = ['glance', 'placement', 'nova', 'neutron', 'cinder', 'swift', 'heat', 'octavia', 'designate'];

/** Each secret with how it is made. */
const MAKERS: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    [
      'database_root',
      'database_replication',
      'keystone_admin',
      'rabbitmq',
      'rabbitmq_cookie',
      'keepalived',
      'metadata_proxy',
      'heat_domain',
      'heat_encryption',
      'swift_hash_prefix',
      'swift_hash_suffix',
      ...['keystone', ...SERVICES.filter((name) => name !== 'swift')].map((name) => `database_${name}`),
      ...SERVICES.map((name) => `service_${name}`),
    ].map((name) => [name, password]),
  ),
  // A key of HMAC-SHA-256, as BIND takes it.
  designate_rndc: () => randomBytes(32).toString('base64'),
  ceph_fsid: randomUUID,
  cinder_secret_uuid: randomUUID,
  fernet_1: fernet,
  fernet_2: fernet,
  credential_1: fernet,
  credential_2: fernet,
  ceph_mon: ceph,
  ceph_admin: ceph,
  ceph_cinder: ceph,
  ceph_glance: ceph,
};

/** All secrets of a region: those that it has stay, and those that are missing are made by the kernel's random generator. */
export function completeSecrets(known: Secrets = {}): Secrets {
  const made = Object.entries(MAKERS).map(([name, make]) => [name, known[name] ?? make()]);
  return { ...known, ...Object.fromEntries(made) };
}
