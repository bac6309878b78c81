#!/usr/bin/python
"""Boots a real guest of every class, with a volume, and keeps an object; takes all of it away again.

What stays is a network, the guest's image, and a note of what was accepted: while that is the same, the next run asks only whether
all services are up.
"""

import hashlib
import json
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.region_cloud import ADMIN, connect, until

NAME = 'logos-acceptance'
# What the project's own guest says as its first process starts (src/hypervisor/image).
READY = 'LOGOS-DVM-READY'
BOOT_S = 900
NOTE = '/var/lib/logos-region/accepted'


class Acceptance:
    def __init__(self, cloud, started):
        self.cloud = cloud
        self.started = started
        self.seen = []
        self.changed = False

    def saw(self, what):
        self.seen.append('%.1f s: %s' % (time.monotonic() - self.started, what))

    def services(self):
        """All of Nova's services and Cinder's are up."""
        services = list(self.cloud.compute.services()) + list(self.cloud.block_storage.services())
        down = ['%s on %s' % (each.binary, each.host) for each in services if each.state != 'up']
        if down:
            raise RuntimeError('down: ' + ', '.join(down))
        self.saw('%d services are up' % len(services))

    def sweep(self):
        """Takes away what a check that was cut off left."""
        for server in self.cloud.compute.servers(name=NAME):
            self.cloud.delete_server(server.id, wait=True, timeout=BOOT_S)
        for volume in self.cloud.block_storage.volumes(name=NAME):
            self.cloud.delete_volume(volume.id, wait=True, timeout=BOOT_S)

    def image(self, guest):
        digest = hashlib.sha256()
        for part in ('kernel', 'initramfs'):
            with open(os.path.join(guest, part), 'rb') as file:
                digest.update(file.read())
        name = '%s-%s' % (NAME, digest.hexdigest()[:12])
        there = self.cloud.image.find_image(name)
        if there:
            return there
        self.changed = True

        def upload(part, kind):
            values = dict(disk_format=kind, container_format=kind, visibility='public', wait=True, timeout=BOOT_S)
            return self.cloud.create_image('%s-%s' % (name, part), filename=os.path.join(guest, part), **values)

        kernel, initramfs = upload('kernel', 'aki'), upload('initramfs', 'ari')
        disk = os.path.join(guest, 'disk')
        with open(disk, 'wb') as file:
            file.truncate(1 << 20)
        return self.cloud.create_image(
            name,
            filename=disk,
            disk_format='raw',
            container_format='bare',
            visibility='public',
            kernel_id=kernel.id,
            ramdisk_id=initramfs.id,
            os_command_line='console=ttyS0 quiet',
            hw_rng_model='virtio',
            wait=True,
            timeout=BOOT_S,
        )

    def network(self, cidr):
        there = self.cloud.network.find_network(NAME)
        if there is None:
            self.changed = True
            there = self.cloud.network.create_network(name=NAME)
        if not list(self.cloud.network.subnets(network_id=there.id)):
            self.cloud.network.create_subnet(network_id=there.id, cidr=cidr, ip_version=4, name=NAME)
        return there

    def boot(self, name, image, network):
        flavor = self.cloud.compute.find_flavor(name, ignore_missing=False)
        server = self.cloud.compute.create_server(
            name=NAME, image_id=image.id, flavor_id=flavor.id, networks=[{'uuid': network.id}]
        )

        def settled():
            now = self.cloud.compute.get_server(server.id)
            return now if now.status in ('ACTIVE', 'ERROR') else None

        server = until(settled, BOOT_S, 'the guest of %s is there' % name)
        if server.status == 'ERROR':
            raise RuntimeError('the guest of %s: %s' % (name, (server.fault or {}).get('message', 'ERROR')))
        host = server.compute_host
        aggregate = next(a for a in self.cloud.compute.aggregates() if a.name == name)
        if host not in aggregate.hosts:
            raise RuntimeError('the guest of %s is on %s, which is none of its class' % (name, host))
        self.saw('guest of %s is active on %s' % (name, host))

        def ready():
            output = self.cloud.compute.get_server_console_output(server)['output'] or ''
            return READY in output

        until(ready, BOOT_S, 'the guest of %s says %s on its console' % (name, READY))
        self.saw('guest of %s has booted' % name)
        return server

    def volume(self, server):
        volume = self.cloud.create_volume(size=1, name=NAME, wait=True, timeout=BOOT_S)
        self.cloud.attach_volume(server, volume, wait=True, timeout=BOOT_S)
        attached = self.cloud.block_storage.get_volume(volume.id)
        if attached.status != 'in-use':
            raise RuntimeError('the volume is %s instead of in-use' % attached.status)
        self.saw('volume attached as %s' % attached.attachments[0]['device'])
        self.cloud.detach_volume(server, volume, wait=True, timeout=BOOT_S)
        self.cloud.delete_volume(volume.id, wait=True, timeout=BOOT_S)
        self.saw('volume detached and gone')

    def object(self):
        content = os.urandom(64 * 1024)
        self.cloud.create_container(NAME)
        self.cloud.create_object(NAME, 'object', data=content)
        if self.cloud.get_object_raw(NAME, 'object').content != content:
            raise RuntimeError('the object is not what was put there')
        self.cloud.delete_object(NAME, 'object')
        self.cloud.delete_container(NAME)
        self.saw('object kept and read')


def note_of(wanted):
    """What was accepted, in a few letters: another class, another compute or another guest is accepted anew."""
    told = json.dumps([wanted[name] for name in ('classes', 'computes', 'network', 'volumes')])
    digest = hashlib.sha256(told.encode())
    for part in ('kernel', 'initramfs') if wanted['guest'] else ():
        with open(os.path.join(wanted['guest'], part), 'rb') as file:
            digest.update(file.read())
    return digest.hexdigest()


def main():
    module = AnsibleModule(
        argument_spec=dict(
            admin=dict(type='dict', required=True, options=ADMIN),
            classes=dict(type='list', elements='str', required=True),
            computes=dict(type='list', elements='str', required=True),
            guest=dict(type='path', default=''),
            network=dict(type='str', required=True),
            volumes=dict(type='bool', default=True),
        ),
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False)
    acceptance = None
    try:
        cloud = connect(module.params['admin'])
        acceptance = Acceptance(cloud, time.monotonic())
        accepted = note_of(module.params)
        if os.path.exists(NOTE) and open(NOTE).read() == accepted:
            acceptance.services()
            module.exit_json(changed=False, seen=acceptance.seen)
        acceptance.sweep()
        if module.params['guest']:
            image = acceptance.image(module.params['guest'])
            network = acceptance.network(module.params['network'])
            for name in module.params['classes']:
                server = acceptance.boot(name, image, network)
                if module.params['volumes']:
                    acceptance.volume(server)
                cloud.delete_server(server.id, wait=True, timeout=BOOT_S)
        else:
            acceptance.saw('no guest was given to boot: the APIs answer')
        if module.params['volumes']:
            acceptance.object()
        with open(NOTE, 'w') as file:
            file.write(accepted)
        acceptance.changed = True
    except Exception as error:
        seen = acceptance.seen if acceptance else []
        module.fail_json(msg='%s: %s' % (type(error).__name__, error), seen=seen)
    module.exit_json(changed=acceptance.changed, seen=acceptance.seen)


if __name__ == '__main__':
    main()
