import type { Settings } from './ini.ts';
import { apiUrl, type Place } from './place.ts';

type Section = Settings[string];

export const REGION_NAME = 'regionOne';

/** How a service shows Keystone who it is. */
export function account(place: Place, username: string): Section {
  return {
    auth_url: apiUrl(place, 'identity'),
    auth_type: 'password',
    project_domain_name: 'Default',
    user_domain_name: 'Default',
    project_name: 'service',
    username,
    password: place.secret,
    region_name: REGION_NAME,
  };
}

/** How a service checks the tokens that it is shown. */
export function tokenCheck(place: Place, username: string): Section {
  return {
    ...account(place, username),
    www_authenticate_uri: apiUrl(place, 'identity'),
    memcached_servers: `${place.name}:11211`,
    service_token_roles_required: true,
  };
}

/** Few connections: the whole region runs on one small machine. */
export function database(place: Place, user: string, name = user): Section {
  return {
    connection: `mysql+pymysql://${user}:${place.secret}@${place.name}/${name}`,
    max_pool_size: 2,
    max_overflow: 10,
  };
}

export function messageBus({ name, secret }: Place): string {
  return `rabbit://openstack:${secret}@${name}:5672/`;
}

export function locksIn(directory: string): Section {
  return { lock_path: directory };
}
