#!/usr/bin/python
"""Has one of Swift's rings over the servers given; equal parameters give an equal ring on every server."""

import os

from ansible.module_utils.basic import AnsibleModule
from swift.common.ring import RingBuilder

PARTITION_BITS = 8
SEED = 'logos'


def main():
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type='path', required=True),
            port=dict(type='int', required=True),
            copies=dict(type='int', required=True),
            servers=dict(type='list', elements='str', required=True),
        ),
        supports_check_mode=True,
    )
    path, port, copies, servers = (module.params[name] for name in ('path', 'port', 'copies', 'servers'))
    builder_file, ring_file = path + '.builder', path + '.ring.gz'
    if os.path.exists(builder_file):
        builder = RingBuilder.load(builder_file)
    else:
        builder = RingBuilder(PARTITION_BITS, copies, 0)
    there = {device['ip']: device['id'] for device in builder._iter_devs()}
    changed = not os.path.exists(ring_file) or set(there) != set(servers) or builder.replicas != copies
    if changed and not module.check_mode:
        if builder.replicas != copies:
            builder.set_replicas(copies)
        for address in servers:
            if address not in there:
                zone = servers.index(address) + 1
                place = dict(region=1, zone=zone, ip=address, port=port, replication_ip=address, replication_port=port)
                builder.add_dev(dict(place, device='d1', weight=100, meta=''))
        for address, number in there.items():
            if address not in servers:
                builder.remove_dev(number)
        builder.rebalance(seed=SEED)
        builder.get_ring().save(ring_file)
        builder.save(builder_file)
        os.chmod(ring_file, 0o644)
    module.exit_json(changed=changed)


if __name__ == '__main__':
    main()
