"""What a region's APIs say of it, as one line of JSON: run on a controller, as root, with its openrc. It changes nothing."""

import concurrent.futures
import json
import time

import openstack

LIMIT_S = 20


def services(cloud):
    """Every process that reports to Nova, Cinder or Neutron."""
    return {
        'nova': lambda: [(s.binary, s.host, s.state == 'up', s.status == 'enabled') for s in cloud.compute.services()],
        'cinder': lambda: [(s.binary, s.host.split('@')[0], s.state == 'up', s.status == 'enabled') for s in cloud.block_storage.services()],
        'neutron': lambda: [(a.binary, a.host, bool(a.is_alive), bool(a.is_admin_state_up)) for a in cloud.network.agents()],
    }


def ask(work):
    try:
        return work(), None
    except Exception as error:
        return None, ('%s: %s' % (type(error).__name__, error)).split('\n')[0][:300]


def answers(cloud, url):
    """How long the API at `url` took to say anything but a failure of its own."""
    began = time.monotonic()
    status, wrong = ask(lambda: cloud.session.get(url, raise_exc=False, authenticated=False, timeout=LIMIT_S).status_code)
    if status is not None and status >= 500:
        wrong = 'status %d' % status
    return {'ms': round((time.monotonic() - began) * 1000), 'error': wrong}


def endpoints(cloud):
    return [
        {'service': service['name'], 'url': next((e['url'] for e in service['endpoints'] if e['interface'] == 'public'), None)}
        for service in cloud.service_catalog
    ]


def root(url):
    """An API's list of versions, which it gives without a token: the address without version and project."""
    scheme, rest = url.split('://', 1)
    return '%s://%s/' % (scheme, rest.split('/', 1)[0])


def inventory(cloud, provider):
    base = '/resource_providers/%s' % provider['uuid']
    get = lambda path: cloud.placement.get(base + path).json()
    there, used = get('/inventories')['inventories'], get('/usages')['usages']
    return {
        name: {
            'total': int(one['total'] * one['allocation_ratio']),
            'reserved': int(one['reserved'] * one['allocation_ratio']),
            'used': used.get(name, 0),
        }
        for name, one in there.items()
    }


def aggregates(cloud):
    return [{'name': a.name, 'hosts': sorted(a.hosts or [])} for a in cloud.compute.aggregates()]


def computes(cloud):
    providers = cloud.placement.get('/resource_providers').json()['resource_providers']
    return {provider['name']: inventory(cloud, provider) for provider in providers}


def guests(cloud):
    return [
        {
            'name': s.name, 'id': s.id, 'host': s.compute_host, 'state': s.status,
            'flavor': (s.flavor or {}).get('original_name') or (s.flavor or {}).get('name'),
        }
        for s in cloud.compute.servers(all_projects=True)
    ]


def evacuations(cloud):
    moved = sorted(cloud.compute.migrations(migration_type='evacuation'), key=lambda m: m.created_at, reverse=True)
    return [
        {'guest': m.server_id, 'from': m.source_compute, 'to': m.dest_compute, 'state': m.status, 'at': m.updated_at or m.created_at}
        for m in moved[:20]
    ]


def main():
    cloud = openstack.connect(app_name='logos-region', api_timeout=LIMIT_S)
    told, wrong = {}, {}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        catalogue, error = ask(lambda: endpoints(cloud))
        if error is not None:
            # Without identity nothing else can be asked.
            print(json.dumps({'apis': [{'service': 'keystone', 'ms': 0, 'error': error}], 'services': [], 'wrong': {}}))
            return
        parts = {
            'aggregates': lambda: aggregates(cloud), 'computes': lambda: computes(cloud),
            'guests': lambda: guests(cloud), 'evacuations': lambda: evacuations(cloud),
        }
        asked = {name: pool.submit(ask, work) for name, work in {**parts, **services(cloud)}.items()}
        reached = [(e['service'], pool.submit(answers, cloud, root(e['url']))) for e in catalogue if e['url']]
        told['apis'] = sorted(({'service': name, **future.result()} for name, future in reached), key=lambda a: a['service'])
        told['services'] = []
        for name, future in asked.items():
            value, error = future.result()
            if error is not None:
                wrong[name] = error
            elif name in parts:
                told[name] = value
            else:
                told['services'] += [
                    {'service': name, 'binary': binary, 'host': host, 'up': up, 'enabled': enabled}
                    for binary, host, up, enabled in value
                ]
    print(json.dumps({**told, 'wrong': wrong}))


main()
