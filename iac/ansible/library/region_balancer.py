#!/usr/bin/python
"""Has a load balancer with members to try, or has it gone. Two networks at one router: a client's, and the members'.

Gives the ports that somebody has to be at, and the balancer's own address. Nothing is made when `note` says that these `packages`
were tried already; `state: accepted` writes that, after all is gone.
"""

import os
import subprocess

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect, until

NAME = 'logos-check-balancer'
NOTE = '/var/lib/logos-region/checked/octavia'
PORT = 8080
WAIT_S = 300
CLIENT, MEMBERS = '192.0.2.0/26', '192.0.2.64/26'


class Balancer:
    def __init__(self, cloud):
        self.cloud = cloud
        self.network = cloud.network

    def sweep(self):
        for each in list(self.cloud.load_balancer.load_balancers(name=NAME)):
            self.cloud.load_balancer.delete_load_balancer(each, cascade=True)
        gone = lambda: not list(self.cloud.load_balancer.load_balancers(name=NAME))
        until(gone, WAIT_S, 'the load balancer is gone')
        for router in list(self.network.routers(name=NAME)):
            for port in list(self.network.ports(device_id=router.id)):
                self.network.remove_interface_from_router(router, port_id=port.id)
            self.network.delete_router(router)
        for network in [each for each in self.network.networks() if each.name in (NAME, NAME + '-client')]:
            for port in list(self.network.ports(network_id=network.id)):
                if port.device_owner != 'network:distributed':
                    self.network.delete_port(port)
            self.network.delete_network(network)

    def subnet(self, name, cidr, router):
        network = self.network.create_network(name=name)
        subnet = self.network.create_subnet(network_id=network.id, cidr=cidr, ip_version=4, name=name)
        self.network.add_interface_to_router(router, subnet_id=subnet.id)
        return subnet

    def port(self, name, subnet, host):
        made = self.network.create_port(
            network_id=subnet.network_id,
            name='%s-%s' % (NAME, name),
            port_security_enabled=False,
            binding_host_id=host,
            fixed_ips=[{'subnet_id': subnet.id}],
        )
        address = made.fixed_ips[0]['ip_address']
        prefix = subnet.cidr.split('/')[1]
        return dict(
            name=name, id=made.id, mac=made.mac_address, address=address, prefix=prefix, gateway=subnet.gateway_ip, host=host
        )

    def settled(self, balancer):
        def active():
            now = self.cloud.load_balancer.get_load_balancer(balancer.id)
            if now.provisioning_status == 'ERROR':
                raise RuntimeError('the load balancer is in ERROR')
            return now if now.provisioning_status == 'ACTIVE' else None

        return until(active, WAIT_S, 'the load balancer is active')

    def make(self, computes):
        router = self.network.create_router(name=NAME)
        client, members = self.subnet(NAME + '-client', CLIENT, router), self.subnet(NAME, MEMBERS, router)
        ports = [self.port('client', client, computes[0])]
        ports += [self.port('member%d' % (index + 1), members, computes[index % len(computes)]) for index in range(2)]
        lb = self.cloud.load_balancer
        balancer = lb.create_load_balancer(name=NAME, vip_subnet_id=members.id, provider='ovn')
        self.settled(balancer)
        listener = lb.create_listener(load_balancer_id=balancer.id, protocol='TCP', protocol_port=80, name=NAME)
        self.settled(balancer)
        pool = lb.create_pool(listener_id=listener.id, protocol='TCP', lb_algorithm='SOURCE_IP_PORT', name=NAME)
        self.settled(balancer)
        for port in ports[1:]:
            lb.create_member(
                pool, name=port['name'], address=port['address'], protocol_port=PORT, subnet_id=members.id
            )
            self.settled(balancer)
        return dict(ports=ports, vip=balancer.vip_address, port=PORT)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            computes=dict(type='list', elements='str', default=[]),
            packages=dict(type='list', elements='str', default=[]),
            state=dict(type='str', choices=['made', 'accepted'], required=True),
        )
    )
    words = ['dpkg-query', '--show', '--showformat=${Package} ${Version}\n'] + module.params['packages']
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    try:
        cloud = connect(module.params['admin'])
        balancer = Balancer(cloud)
        until(lambda: list(cloud.load_balancer.providers()), WAIT_S, 'Octavia answers')
        if module.params['state'] == 'made' and os.path.exists(NOTE) and open(NOTE).read() == listed:
            module.exit_json(changed=False, needed=False)
        balancer.sweep()
        if module.params['state'] == 'made':
            module.exit_json(changed=False, needed=True, **balancer.make(module.params['computes']))
        os.makedirs(os.path.dirname(NOTE), mode=0o755, exist_ok=True)
        with open(NOTE, 'w') as file:
            file.write(listed)
    except Exception as error:
        module.fail_json(msg='%s: %s' % (type(error).__name__, error))
    module.exit_json(changed=False)


if __name__ == '__main__':
    main()
