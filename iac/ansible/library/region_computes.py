#!/usr/bin/python
"""Waits until every compute reports to Nova, and has Nova's cell know them all: servers are placed on nothing else."""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect, until

WAIT_S = 300


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            computes=dict(type='list', elements='str', required=True),
        ),
        supports_check_mode=True,
    )
    wanted = set(module.params['computes'])
    try:
        cloud = connect(module.params['admin'], 2 if module.check_mode else 180)
        known = {hypervisor.service_details['host'] for hypervisor in cloud.compute.hypervisors(details=True)}
    except Exception as error:
        if module.check_mode:
            module.exit_json(changed=True, reason='the APIs do not answer yet')
        module.fail_json(msg='the APIs do not answer: %s' % error)
    missing = sorted(wanted - known)
    if module.check_mode or not missing:
        module.exit_json(changed=bool(missing), discovered=missing)

    def up():
        services = cloud.compute.services(binary='nova-compute')
        return wanted <= {service.host for service in services if service.state == 'up'}

    def discovered():
        command = ['runuser', '-u', 'nova', '--', 'nova-manage', 'cell_v2', 'discover_hosts', '--by-service']
        code, out, err = module.run_command(command)
        if code != 0:
            module.fail_json(msg='nova-manage: %s' % (err or out)[-1500:])
        return wanted <= {hypervisor.service_details['host'] for hypervisor in cloud.compute.hypervisors(details=True)}

    try:
        until(up, WAIT_S, 'the computes %s report to Nova' % ', '.join(missing))
        until(discovered, WAIT_S, 'Nova lists the computes %s' % ', '.join(missing))
    except TimeoutError as error:
        module.fail_json(msg=str(error), services=['%s on %s: %s' % (s.binary, s.host, s.state) for s in cloud.compute.services()])
    module.exit_json(changed=True, discovered=missing)


if __name__ == '__main__':
    main()
