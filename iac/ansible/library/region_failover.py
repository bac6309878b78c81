#!/usr/bin/python
"""Has the guests of a lost server rebuilt on others, out of the buffer; or has Nova count on a server that is back.

The buffer is what the other servers of a class keep from Placement (`reserved` of their inventories): it is given free while guests are
rebuilt, and kept again after. Nova's computes write the same themselves every few minutes, so a run that is cut off leaves no hole.
"""

import time

import openstack
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect, until

BINARY = 'nova-compute'
WAIT_S = 600
# The last one in which guests that ran run again where they are rebuilt: from 2.95 on they are left stopped.
EVACUATE = '2.94'
PLACEMENT = '1.28'


class Failover:
    def __init__(self, module, cloud):
        self.server = module.params['server']
        self.own = dict(VCPU=0, MEMORY_MB=module.params['own_memory_mb'])
        self.compute = cloud.compute
        self.placement = cloud.placement
        self.guests = []
        self.kept = {}
        self.refused = ''

    def service(self):
        found = next(iter(self.compute.services(binary=BINARY, host=self.server)), None)
        if found is None:
            raise RuntimeError('Nova knows no compute %s' % self.server)
        return found

    def down(self, is_down):
        """Whether Nova takes it for lost, whatever it says itself."""
        service = self.service()
        if bool(service.is_forced_down) == is_down:
            return False
        self.compute.update_service_forced_down(service, self.server, BINARY, is_down)
        return True

    def neighbours(self):
        """The other servers of its classes, by Placement's number of each."""
        names = {host for each in self.compute.aggregates() if self.server in (each.hosts or []) for host in each.hosts}
        found = {each.name: each.id for each in self.placement.resource_providers()}
        return [found[name] for name in sorted(names - {self.server}) if name in found]

    def reserve(self, provider, wanted):
        """Sets what a server keeps; gives what it kept before. Another may be writing, so it is asked for again."""
        path = '/resource_providers/%s/inventories' % provider
        for _ in range(20):
            body = self.placement.get(path, microversion=PLACEMENT).json()
            there = body['inventories']
            before = {name: there[name]['reserved'] for name in wanted if name in there}
            if all(before[name] == wanted[name] for name in before):
                return before
            for name in before:
                there[name]['reserved'] = wanted[name]
            answer = self.placement.put(path, json=body, microversion=PLACEMENT)
            if answer.status_code == 200:
                return before
            time.sleep(0.5)
        raise RuntimeError('Placement does not take what %s keeps: %s' % (provider, answer.text))

    def free(self):
        for provider in self.neighbours():
            before = self.reserve(provider, self.own)
            self.kept.setdefault(provider, before)

    def refill(self):
        for provider, before in self.kept.items():
            self.reserve(provider, before)

    def lost(self):
        changed = self.down(True)
        guests = [each for each in self.compute.servers(all_projects=True) if each.compute_host == self.server]
        began = time.monotonic()
        try:
            self.free()
            for guest in guests:
                if guest.task_state is None:
                    answer = self.compute.post('/servers/%s/action' % guest.id, json={'evacuate': {}}, microversion=EVACUATE)
                    if answer.status_code not in (200, 202):
                        raise RuntimeError('%s: %s' % (guest.name, answer.text))
            for guest in guests:
                self.guests.append(self.became(guest, began))
        finally:
            self.refill()
        return changed or bool(guests)

    def became(self, guest, began):
        def settled():
            now = self.compute.get_server(guest.id)
            if now.status == 'ERROR' and now.task_state is None:
                return now
            moved = now.compute_host not in (None, self.server)
            return now if moved and now.status in ('ACTIVE', 'SHUTOFF') and now.task_state is None else None

        now = until(settled, WAIT_S, '%s (%s) is rebuilt' % (guest.name, guest.id))
        told = dict(id=guest.id, name=guest.name, status=now.status, seconds=round(time.monotonic() - began, 1))
        if now.compute_host not in (None, self.server) and now.status != 'ERROR':
            return dict(told, host=now.compute_host)
        return dict(told, why=(now.fault or {}).get('message', 'it is in no state to run'))

    def back(self):
        return False

    def open(self):
        """Once its compute started anew, and so took away what was rebuilt elsewhere."""
        before = bool(self.service().is_forced_down)

        def counted_on():
            # Nova refuses it while what was rebuilt elsewhere is still there.
            try:
                self.down(False)
            except openstack.exceptions.HttpException as error:
                self.refused = str(error)
                return False
            return True

        try:
            until(counted_on, WAIT_S, 'Nova counts on %s' % self.server)
        except TimeoutError as error:
            raise TimeoutError('%s: %s' % (error, self.refused)) from error
        until(lambda: self.service().state == 'up', WAIT_S, '%s reports to Nova' % self.server)
        return before


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            server=dict(type='str', required=True),
            action=dict(type='str', required=True, choices=['lost', 'back', 'open']),
            own_memory_mb=dict(type='int', required=True),
        ),
    )
    failover = Failover(module, connect(module.params['admin']))
    try:
        changed = getattr(failover, module.params['action'])()
    except Exception as error:
        module.fail_json(msg='%s: %s: %s' % (failover.server, type(error).__name__, error), guests=failover.guests)
    module.exit_json(changed=changed, guests=failover.guests)


if __name__ == '__main__':
    main()
