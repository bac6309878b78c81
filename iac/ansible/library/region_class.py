#!/usr/bin/python
"""Has resource classes: for each a host aggregate with its servers, and a flavor that is placed nowhere else."""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect

PROPERTY = 'logos:class'
SPEC = 'aggregate_instance_extra_specs:' + PROPERTY


class Classes:
    def __init__(self, module, cloud):
        self.compute = cloud.compute
        self.known = set(module.params['members'])
        self.dry = module.check_mode
        self.changes = []

    def change(self, what, make):
        self.changes.append(what)
        return None if self.dry else make()

    def aggregate(self, name, hosts):
        there = next((a for a in self.compute.aggregates() if a.name == name), None)
        there = there or self.change('aggregate ' + name, lambda: self.compute.create_aggregate(name=name))
        if there is None:
            return
        if (there.metadata or {}).get(PROPERTY) != name:
            self.change('property of ' + name, lambda: self.compute.set_aggregate_metadata(there, {PROPERTY: name}))
        members = set(there.hosts or [])
        for host in sorted(hosts - members):
            self.change('%s into %s' % (host, name), lambda h=host: self.compute.add_host_to_aggregate(there, h))
        # Providers' machines are in no definition, and stay.
        for host in sorted((members - hosts) & self.known):
            self.change('%s out of %s' % (host, name), lambda h=host: self.compute.remove_host_from_aggregate(there, h))

    def flavor(self, wanted):
        name = wanted['name']
        size = dict(vcpus=wanted['vcpus'], ram=wanted['memory_mib'], disk=wanted['disk_gib'])
        there = self.compute.find_flavor(name)
        if there and {key: getattr(there, key) for key in size} != size:
            # A flavor's size is for good; servers keep what they were made with.
            self.change('old flavor ' + name, lambda: self.compute.delete_flavor(there))
            there = None
        there = there or self.change('flavor ' + name, lambda: self.compute.create_flavor(name=name, **size))
        if there and self.compute.fetch_flavor_extra_specs(there).extra_specs.get(SPEC) != name:
            self.change('place of ' + name, lambda: self.compute.create_flavor_extra_specs(there, {SPEC: name}))


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            classes=dict(type='list', elements='dict', required=True),
            members=dict(type='dict', required=True),
        ),
        supports_check_mode=True,
    )
    try:
        cloud = connect(module.params['admin'], 2 if module.check_mode else 180)
    except Exception as error:
        if module.check_mode:
            module.exit_json(changed=True, reason='the APIs do not answer yet')
        module.fail_json(msg='the APIs do not answer: %s' % error)
    classes = Classes(module, cloud)
    for wanted in module.params['classes']:
        name = wanted['name']
        classes.aggregate(name, {host for host, of in module.params['members'].items() if of == name})
        classes.flavor(wanted)
    module.exit_json(changed=bool(classes.changes), changes=classes.changes)


if __name__ == '__main__':
    main()
