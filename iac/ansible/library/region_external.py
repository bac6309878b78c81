#!/usr/bin/python
"""Has the network `external`, which routers lead guests' networks outside through, with the addresses that they may have there."""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect, until

NAME = 'external'
ANSWERS_S = 180


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            network=dict(type='dict', required=True),
        ),
        supports_check_mode=True,
    )
    wanted = module.params['network']
    try:
        cloud = connect(module.params['admin'], 2 if module.check_mode else ANSWERS_S)
        network = until(lambda: asked(cloud), 2 if module.check_mode else ANSWERS_S, 'Neutron answers')[0]
    except Exception as error:
        if module.check_mode:
            module.exit_json(changed=True, reason='Neutron does not answer yet')
        module.fail_json(msg='%s: %s' % (type(error).__name__, error))
    subnets = list(cloud.network.subnets(network_id=network.id)) if network else []
    changed = not subnets
    if changed and not module.check_mode:
        network = network or cloud.network.create_network(
            name=NAME,
            provider_network_type='flat',
            provider_physical_network='external',
            is_router_external=True,
        )
        cloud.network.create_subnet(
            network_id=network.id,
            name=NAME,
            cidr=wanted['network'],
            ip_version=4,
            enable_dhcp=False,
            gateway_ip=wanted.get('gateway'),
            allocation_pools=[{'start': wanted['from'], 'end': wanted['to']}],
        )
    module.exit_json(changed=changed)


def asked(cloud):
    try:
        return [cloud.network.find_network(NAME)]
    except Exception:  # it is on its way up
        return None


if __name__ == '__main__':
    main()
