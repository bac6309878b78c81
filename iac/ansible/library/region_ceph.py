#!/usr/bin/python
"""Has this server's part of Ceph: its monitor's store; or, once the monitors run, its manager, its disk's daemon and the pools."""

import json
import os
import shutil
import uuid

from ansible.module_utils.basic import AnsibleModule


class Ceph:
    def __init__(self, module):
        self.module = module
        self.changes = []

    def run(self, *words):
        code, out, err = self.module.run_command(list(words))
        if code != 0:
            self.module.fail_json(msg='%s: %s' % (' '.join(words), err.strip()[-1500:]))
        return out

    def ceph(self, *words):
        return self.run('ceph', '--connect-timeout=60', *words)

    def answers(self):
        return self.module.run_command(['ceph', '--connect-timeout=5', 'mon', 'stat'])[0] == 0

    def change(self, what, make):
        self.changes.append(what)
        if not self.module.check_mode:
            make()

    def has_running(self, unit):
        code = self.module.run_command(['systemctl', 'is-active', '--quiet', unit])[0]
        enabled = self.module.run_command(['systemctl', 'is-enabled', '--quiet', unit])[0]
        if code != 0 or enabled != 0:
            self.change(unit + ' started', lambda: self.run('systemctl', 'enable', '--now', '--quiet', unit))

    def write_key(self, path, *words):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.ceph('auth', 'get-or-create', *words, '-o', path + '.new')
        os.rename(path + '.new', path)
        self.run('chown', '-R', 'ceph:ceph', os.path.dirname(path))

    def monitor(self, name):
        place = '/var/lib/ceph/mon/ceph-' + name
        if os.path.exists(place + '/done'):
            return

        def make():
            # What a run that was cut off left is no store.
            shutil.rmtree(place, ignore_errors=True)
            mkfs = ['ceph-mon', '--mkfs', '--id=' + name, '--keyring=/etc/ceph/ceph.cluster.keyring']
            self.run('runuser', '--user=ceph', '--', *mkfs)
            self.run('runuser', '--user=ceph', '--', 'touch', place + '/done')

        self.change('store of the monitor', make)

    def manager(self, name):
        keyring = '/var/lib/ceph/mgr/ceph-%s/keyring' % name
        if not os.path.exists(keyring):
            caps = ['mon', 'allow profile mgr', 'osd', 'allow *', 'mds', 'allow *']
            self.change('manager', lambda: self.write_key(keyring, 'mgr.' + name, *caps))
        self.has_running('ceph-mgr@' + name)

    def disk(self, name):
        # The same server has the same disk, so that a run that was cut off goes on with what it began.
        identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, 'osd.' + name))
        disks = {each['uuid']: each['osd'] for each in json.loads(self.ceph('osd', 'dump', '--format=json'))['osds']}
        number = disks.get(identity)
        if number is None:
            if self.module.check_mode:
                return self.changes.append('disk')
            number = int(self.ceph('osd', 'new', identity))
            self.changes.append('disk')
        place = '/var/lib/ceph/osd/ceph-%s' % number
        if not os.path.exists(place + '/keyring'):
            caps = ['mon', 'allow profile osd', 'mgr', 'allow profile osd', 'osd', 'allow *']
            self.change('key of the disk', lambda: self.write_key(place + '/keyring', 'osd.%s' % number, *caps))
        if not os.path.exists(place + '/ready'):
            mkfs = ['runuser', '--user=ceph', '--', 'ceph-osd', '--id=%s' % number, '--mkfs', '--osd-uuid=' + identity]
            self.change('file system of the disk', lambda: self.run(*mkfs))
        self.has_running('ceph-osd@%s' % number)

    def pool(self, name):
        if name in self.ceph('osd', 'pool', 'ls').split():
            return
        def make():
            self.ceph('osd', 'pool', 'create', name)
            self.ceph('osd', 'pool', 'application', 'enable', name, 'rbd')
        self.change('pool ' + name, make)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            name=dict(type='str', required=True),
            monitor=dict(type='bool', default=False),
            manager=dict(type='bool', default=False),
            disk=dict(type='bool', default=False),
            pools=dict(type='list', elements='str', default=[]),
        ),
        supports_check_mode=True,
    )
    ceph, wanted = Ceph(module), module.params
    if wanted['monitor']:
        ceph.monitor(wanted['name'])
        module.exit_json(changed=bool(ceph.changes), changes=ceph.changes)
    if module.check_mode and not ceph.answers():
        module.exit_json(changed=True, reason='no monitor answers yet')
    if wanted['manager']:
        ceph.manager(wanted['name'])
    if wanted['disk']:
        ceph.disk(wanted['name'])
    for pool in wanted['pools']:
        ceph.pool(pool)
    module.exit_json(changed=bool(ceph.changes), changes=ceph.changes)


if __name__ == '__main__':
    main()
