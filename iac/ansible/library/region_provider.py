#!/usr/bin/python
"""A provider's part in Nova: it takes guests of its class; its guests are moved with their disks, or rebuilt; it is taken away."""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect, until

BINARY = 'nova-compute'
WAIT_S = 900


class Provider:
    def __init__(self, module, cloud):
        self.module = module
        self.cloud = cloud
        self.compute = cloud.compute
        self.name = module.params['name']
        self.told = []

    def change(self, what, make):
        self.told.append(what)
        return None if self.module.check_mode else make()

    def service(self):
        return next(iter(self.compute.services(binary=BINARY, host=self.name)), None)

    def guests(self):
        return [guest for guest in self.compute.servers(all_projects=True) if guest.compute_host == self.name]

    def enable(self):
        service = self.service()
        if service.is_forced_down:
            self.change('%s is no longer forced down' % self.name, lambda: self.compute.update_service_forced_down(service, self.name, BINARY, False))
        if service.status != 'enabled':
            self.change('%s is enabled' % self.name, lambda: self.compute.enable_service(service, self.name, BINARY))
        wanted = self.module.params['resource_class']
        for aggregate in self.compute.aggregates():
            inside = self.name in (aggregate.hosts or [])
            if inside and aggregate.name != wanted:
                self.change('%s out of %s' % (self.name, aggregate.name), lambda a=aggregate: self.compute.remove_host_from_aggregate(a, self.name))
            if not inside and aggregate.name == wanted:
                self.change('%s into %s' % (self.name, wanted), lambda a=aggregate: self.compute.add_host_to_aggregate(a, self.name))

    def closed(self, why):
        service = self.service()
        if service and service.status != 'disabled':
            self.change('%s takes no more guests' % self.name, lambda: self.compute.disable_service(service, self.name, BINARY, why))

    def at(self, guest, host_differs):
        """Waits until a guest is at work, elsewhere. Raises what Nova says of it."""

        def there():
            now = self.compute.get_server(guest.id)
            if now.status == 'ERROR':
                raise RuntimeError('%s (%s): %s' % (now.name, now.id, (now.fault or {}).get('message', 'ERROR')))
            moved = not host_differs or now.compute_host not in (None, self.name)
            return now if now.status in ('ACTIVE', 'SHUTOFF') and now.task_state is None and moved else None

        return until(there, WAIT_S, '%s (%s) is at work elsewhere' % (guest.name, guest.id))

    def drain(self):
        """With their disks: as an image, from which they start again. A provider's libvirt reaches no other, so none moves live."""
        self.closed('it leaves')
        for guest in self.guests():
            self.change('%s leaves %s' % (guest.name, self.name), lambda g=guest: self.move(g))

    def move(self, guest):
        if guest.status not in ('SHELVED', 'SHELVED_OFFLOADED'):
            self.compute.shelve_server(guest)
        until(lambda: self.compute.get_server(guest.id).status == 'SHELVED_OFFLOADED', WAIT_S, '%s is shelved' % guest.name)
        self.compute.unshelve_server(guest)
        self.told.append('%s is on %s' % (guest.name, self.at(guest, True).compute_host))

    def evacuate(self):
        """Without the provider: Nova is told that it is down, and has each guest rebuilt from its image."""
        self.closed('it was excluded')
        service = self.service()
        if service and not service.is_forced_down:
            self.change('%s is down' % self.name, lambda: self.compute.update_service_forced_down(service, self.name, BINARY, True))
        for guest in self.guests():
            self.change('%s is rebuilt' % guest.name, lambda g=guest: self.rebuild(g))

    def rebuild(self, guest):
        if guest.task_state is None:
            self.compute.evacuate_server(guest)
        moved = self.at(guest, True)
        # Since API 2.95 a rebuilt guest is left stopped.
        if guest.status == 'ACTIVE' and moved.status == 'SHUTOFF':
            self.compute.start_server(guest)
            until(lambda: self.compute.get_server(guest.id).status == 'ACTIVE', WAIT_S, '%s starts' % guest.name)
        self.told.append('%s is on %s' % (guest.name, moved.compute_host))

    def remove(self):
        if self.guests():
            raise RuntimeError('%s has guests: %s' % (self.name, ', '.join(guest.name for guest in self.guests())))
        for aggregate in self.compute.aggregates():
            if self.name in (aggregate.hosts or []):
                self.change('%s out of %s' % (self.name, aggregate.name), lambda a=aggregate: self.compute.remove_host_from_aggregate(a, self.name))
        service = self.service()
        if service:
            self.change('%s is no compute' % self.name, lambda: self.compute.delete_service(service))
        placement = self.cloud.placement
        for found in list(placement.resource_providers(name=self.name)):
            self.change('its resources are gone', lambda f=found: self.forget(f))
        for agent in list(self.cloud.network.agents(host=self.name)):
            self.told.append('its network agent is gone')
            if not self.module.check_mode:
                self.cloud.network.delete_agent(agent)

    def forget(self, provider):
        """Guests that were rebuilt elsewhere keep what they had here, until the host that is gone says otherwise."""
        placement, path = self.cloud.placement, '/resource_providers/%s' % provider.id
        version = dict(microversion='1.28')
        for consumer in placement.get(path + '/allocations', **version).json().get('allocations', {}):
            held = placement.get('/allocations/%s' % consumer, **version).json()
            rest = {at: {'resources': what['resources']} for at, what in held['allocations'].items() if at != provider.id}
            body = {key: held[key] for key in ('project_id', 'user_id', 'consumer_generation')}
            placement.put('/allocations/%s' % consumer, json=dict(body, allocations=rest), **version)
        answer = placement.delete(path, **version)
        if answer.status_code not in (204, 404):
            raise RuntimeError('Placement keeps %s: %s' % (provider.name, answer.text))


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            name=dict(type='str', required=True),
            resource_class=dict(type='str', required=True),
            action=dict(type='str', required=True, choices=['enable', 'drain', 'evacuate', 'remove']),
        ),
        supports_check_mode=True,
    )
    provider = Provider(module, connect(module.params['admin']))
    try:
        getattr(provider, module.params['action'])()
    except Exception as error:
        module.fail_json(msg='%s: %s' % (provider.name, error), told=provider.told)
    module.exit_json(changed=bool(provider.told), told=provider.told)


if __name__ == '__main__':
    main()
