/** Where a region's control plane is, as its services find each other. */
export interface Place {
  /** Its name, which its hosts resolve to `address`. */
  name: string;
  address: string;
  /** What the services prove to each other who they are with. */
  secret: string;
}

/** Ports of the APIs, by the type that the catalogue lists them under. */
export const API_PORTS = { identity: 5000, image: 9292, placement: 8778, compute: 8774, network: 9696 } as const;

export type ApiType = keyof typeof API_PORTS;

/** The path of an API below its port. */
export const API_PATHS: Readonly<Record<ApiType, string>> = {
  identity: '/v3',
  image: '',
  placement: '',
  compute: '/v2.1',
  network: '',
};

/** Databases and the accounts that own them. */
export const DATABASES = [
  ['keystone', 'keystone'],
  ['glance', 'glance'],
  ['placement', 'placement'],
  ['nova', 'nova'],
  ['nova_api', 'nova'],
  ['nova_cell0', 'nova'],
  ['neutron', 'neutron'],
] as const;

/** URL of an API at a place. */
export function apiUrl({ name }: Pick<Place, 'name'>, type: ApiType): string {
  return `http://${name}:${API_PORTS[type]}${API_PATHS[type]}`;
}

export const API_TYPES = Object.keys(API_PORTS) as ApiType[];
