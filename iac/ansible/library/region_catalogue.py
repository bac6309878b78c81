#!/usr/bin/python
"""Has the services' accounts and their entries in Keystone's catalogue; all in one connection, since each costs seconds."""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect

INTERFACES = ('public', 'internal', 'admin')


class Catalogue:
    def __init__(self, module, cloud):
        self.identity = cloud.identity
        self.dry = module.check_mode
        self.changes = []

    def change(self, what, make):
        self.changes.append(what)
        return None if self.dry else make()

    def role(self, name):
        return self.identity.find_role(name) or self.change('role ' + name, lambda: self.identity.create_role(name=name))

    def project(self, name):
        found = self.identity.find_project(name)
        return found or self.change('project ' + name, lambda: self.identity.create_project(name=name, domain_id='default'))

    def user(self, name, password, project, roles):
        user = self.identity.find_user(name) or self.change(
            'user ' + name, lambda: self.identity.create_user(name=name, domain_id='default', password=password)
        )
        if user is None:
            return
        for role in roles:
            if role and not self.identity.validate_user_has_project_role(project, user, role):
                self.change(
                    'role %s of %s' % (role.name, name),
                    lambda role=role: self.identity.assign_project_role_to_user(project, user, role),
                )

    def domain(self, name, user, password, admin):
        """A domain with one who may do anything in it, and nothing elsewhere."""
        domain = self.identity.find_domain(name) or self.change(
            'domain ' + name, lambda: self.identity.create_domain(name=name)
        )
        if domain is None:
            return
        found = next(iter(self.identity.users(name=user, domain_id=domain.id)), None)
        found = found or self.change(
            'user ' + user, lambda: self.identity.create_user(name=user, domain_id=domain.id, password=password)
        )
        if found and not self.identity.validate_user_has_domain_role(domain, found, admin):
            self.change('role of ' + user, lambda: self.identity.assign_domain_role_to_user(domain, found, admin))

    def service(self, name, kind, url, region):
        services = [s for s in self.identity.services() if s.name == name]
        service = services[0] if services else self.change(
            'service ' + name, lambda: self.identity.create_service(name=name, type=kind)
        )
        if service is None:
            return
        if service.type != kind:
            self.change('type of ' + name, lambda: self.identity.update_service(service, type=kind))
        there = {e.interface: e for e in self.identity.endpoints(service_id=service.id)}
        for interface in INTERFACES:
            endpoint = there.get(interface)
            if endpoint is None:
                values = dict(service_id=service.id, interface=interface, url=url, region_id=region)
                self.change('%s endpoint of %s' % (interface, name), lambda v=values: self.identity.create_endpoint(**v))
            elif endpoint.url != url:
                self.change(
                    '%s endpoint of %s' % (interface, name),
                    lambda e=endpoint: self.identity.update_endpoint(e, url=url),
                )


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            services=dict(type='list', elements='dict', required=True, no_log=True),
            domains=dict(type='list', elements='dict', default=[], no_log=True),
            roles=dict(type='list', elements='str', default=[]),
            host=dict(type='str', required=True),
        ),
        supports_check_mode=True,
    )
    admin = module.params['admin']
    try:
        cloud = connect(admin, 2 if module.check_mode else 180)
    except Exception as error:
        if module.check_mode:
            module.exit_json(changed=True, reason='Keystone does not answer yet')
        module.fail_json(msg='Keystone does not answer at %s: %s' % (admin['url'], error))
    catalogue = Catalogue(module, cloud)
    for name in module.params['roles']:
        catalogue.role(name)
    roles = [catalogue.role('admin'), catalogue.role('service')]
    for domain in module.params['domains']:
        catalogue.domain(domain['name'], domain['user'], domain['password'], roles[0])
    project = catalogue.project('service')
    for service in module.params['services']:
        if project:
            catalogue.user(service['name'], service['password'], project, roles)
        url = 'https://%s:%s%s' % (module.params['host'], service['port'], service['path'])
        catalogue.service(service['name'], service['type'], url, admin['region'])
    module.exit_json(changed=bool(catalogue.changes), changes=catalogue.changes)


if __name__ == '__main__':
    main()
