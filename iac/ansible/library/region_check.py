#!/usr/bin/python
"""Uses one of the services that a region may do without, as its users do, and takes away again what that made.

What was used is noted: while package and settings are the same, the next run asks only whether the service answers.
"""

import hashlib
import json
import os
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect, until

NAME = 'logos-check'
NOTES = '/var/lib/logos-region/checked'
WAIT_S = 300


def template(port_name, value):
    """A network, a port in it with a drawn name, and a value that depends on it."""
    return {
        'heat_template_version': '2018-08-31',
        'resources': {
            'network': {'type': 'OS::Neutron::Net', 'properties': {'name': NAME + '-stack'}},
            'subnet': {
                'type': 'OS::Neutron::Subnet',
                'properties': {'network': {'get_resource': 'network'}, 'cidr': '192.0.2.0/24', 'ip_version': 4},
            },
            'drawn': {'type': 'OS::Heat::RandomString', 'properties': {'length': 12}},
            'port': {
                'type': 'OS::Neutron::Port',
                'depends_on': 'subnet',
                'properties': {'network': {'get_resource': 'network'}, 'name': port_name},
            },
            'value': {'type': 'OS::Heat::Value', 'properties': {'value': value}},
        },
        'outputs': {
            'drawn': {'value': {'get_attr': ['drawn', 'value']}},
            'address': {'value': {'get_attr': ['port', 'fixed_ips', 0, 'ip_address']}},
            'value': {'value': {'get_attr': ['value', 'value']}},
        },
    }


class Checks:
    def __init__(self, cloud, params):
        self.cloud = cloud
        self.params = params
        self.seen = []
        self.started = time.monotonic()

    def saw(self, what):
        self.seen.append('%.1f s: %s' % (time.monotonic() - self.started, what))

    def want(self, right, what):
        if not right:
            raise RuntimeError(what)

    def heat_answers(self):
        engines = [each for each in self.cloud.orchestration.get('/services').json()['services'] if each['status'] == 'up']
        self.want(engines, 'no engine of Heat is up')
        self.saw("%d of Heat's engines are up" % len(engines))

    def heat_sweep(self):
        for stack in list(self.cloud.orchestration.stacks(name=NAME)):
            self.cloud.orchestration.delete_stack(stack)
            self.stack_gone()

    def stack_gone(self):
        until(lambda: not list(self.cloud.orchestration.stacks(name=NAME)), WAIT_S, 'the stack is gone')

    def stack_settled(self, wanted):
        def settled():
            stack = self.cloud.orchestration.find_stack(NAME, ignore_missing=False)
            stack = self.cloud.orchestration.get_stack(stack.id)
            if stack.status.endswith('FAILED'):
                raise RuntimeError('%s: %s' % (stack.status, stack.status_reason))
            return stack if stack.status == wanted else None

        stack = until(settled, WAIT_S, 'the stack is ' + wanted)
        return stack, {each['output_key']: each['output_value'] for each in stack.outputs}

    def heat(self):
        self.cloud.orchestration.create_stack(name=NAME, template=template('first', 'one'), timeout_mins=5)
        _, made = self.stack_settled('CREATE_COMPLETE')
        port = next(iter(self.cloud.network.ports(name='first', fixed_ips='ip_address=' + made['address'])), None)
        self.want(port is not None and len(made['drawn']) == 12, 'the stack has not what it says: %s' % made)
        self.saw('stack made: a network, and a port at ' + made['address'])
        stack = self.cloud.orchestration.find_stack(NAME)
        self.cloud.orchestration.put(
            '/stacks/%s/%s' % (stack.name, stack.id), json={'template': template('second', 'two'), 'timeout_mins': 5}
        ).raise_for_status()
        _, updated = self.stack_settled('UPDATE_COMPLETE')
        self.want(updated['value'] == 'two' and updated['drawn'] == made['drawn'], 'the update made %s' % updated)
        self.want(self.cloud.network.get_port(port.id).name == 'second', 'the update did not name the port anew')
        self.saw('stack changed, in the same port')
        self.heat_sweep()
        self.want(self.cloud.network.find_network(NAME + '-stack') is None, "the stack's network is still there")
        self.saw('stack gone, and its network with it')

    def designate_answers(self):
        services = self.cloud.dns.get('/service_statuses').json()['service_statuses']
        up = sorted('%s on %s' % (each['service_name'], each['hostname']) for each in services if each['status'] == 'UP')
        self.want(up, 'no service of Designate is up')
        self.saw('up: ' + ', '.join(up))

    def designate_sweep(self):
        for zone in list(self.cloud.dns.zones(name=self.zone())):
            self.cloud.dns.delete_zone(zone)
        until(lambda: not list(self.cloud.dns.zones(name=self.zone())), WAIT_S, 'the zone is gone')

    def zone(self):
        return 'check.%s.' % self.params['domain']

    def dig(self, server, name):
        words = ['dig', '@' + server, name, 'A', '+short', '+time=2', '+tries=1', '+norecurse']
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()

    def answers(self, name, wanted):
        for server in self.params['name_servers']:
            until(lambda s=server: self.dig(s, name) == wanted, WAIT_S, '%s answers %s for %s' % (server, wanted, name))

    def designate(self):
        name, address = 'www.' + self.zone(), ['192.0.2.7']
        zone = self.cloud.dns.create_zone(name=self.zone(), email='hostmaster@' + self.params['domain'])
        self.cloud.dns.create_recordset(zone, name=name, type='A', records=address)
        self.answers(name, address)
        # A name server may answer before Designate has heard of it; a zone that is deleted then comes back.
        until(lambda: self.cloud.dns.get_zone(zone).status == 'ACTIVE', WAIT_S, 'the zone is active')
        self.saw('%s is %s at %s' % (name, address[0], ' and '.join(self.params['name_servers'])))
        self.designate_sweep()
        self.answers(name, [])
        self.saw('gone at both')

    def octavia_answers(self):
        providers = [each.name for each in self.cloud.load_balancer.providers()]
        self.want(providers == ['ovn'], 'providers are %s' % providers)
        self.saw('load balancers are made by OVN')


def note_of(params):
    told = json.dumps([params[name] for name in ('domain', 'name_servers')])
    packages = ['dpkg-query', '--show', '--showformat=${Package} ${Version}\n'] + params['packages']
    listed = subprocess.run(packages, capture_output=True, text=True, check=True).stdout
    return hashlib.sha256((told + listed).encode()).hexdigest()


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            service=dict(type='str', choices=['heat', 'designate', 'octavia'], required=True),
            packages=dict(type='list', elements='str', required=True),
            domain=dict(type='str', default=''),
            name_servers=dict(type='list', elements='str', default=[]),
        )
    )
    service = module.params['service']
    checks = None
    try:
        checks = Checks(connect(module.params['admin']), module.params)
        until(lambda: answers(checks, service), WAIT_S, '%s answers' % service)
        note, now = os.path.join(NOTES, service), note_of(module.params)
        used = os.path.exists(note) and open(note).read() == now
        if not used and hasattr(checks, service):
            getattr(checks, service + '_sweep')()
            getattr(checks, service)()
            os.makedirs(NOTES, mode=0o755, exist_ok=True)
            with open(note, 'w') as file:
                file.write(now)
    except Exception as error:
        module.fail_json(msg='%s: %s' % (type(error).__name__, error), seen=checks.seen if checks else [])
    module.exit_json(changed=False, seen=checks.seen, used=not used)


def answers(checks, service):
    """A service that was just started may take a while to say that it is up."""
    try:
        getattr(checks, service + '_answers')()
    except Exception as error:
        answers.last = error
        return False
    return True


if __name__ == '__main__':
    main()
