#!/usr/bin/python
"""Has this server's Open vSwitch configured: TLS, manager, settings, and a userspace bridge that holds the card for tunnels."""

import json
import time

from ansible.module_utils.basic import AnsibleModule

DAEMON = 'ovs-vswitchd'
# On a busy server its first start at times ends with nothing said.
STARTS = 3


class Switch:
    def __init__(self, module):
        self.module = module
        self.changes = []

    def ask(self, *words):
        code, out, err = self.module.run_command(['ovs-vsctl', '--timeout=30'] + list(words))
        if code != 0:
            self.module.fail_json(msg='ovs-vsctl %s: %s' % (' '.join(words), err.strip()))
        return out.strip()

    def change(self, what, *words):
        self.changes.append(what)
        if not self.module.check_mode:
            self.run(*words)

    def run(self, *words):
        code, _, err = self.module.run_command(list(words))
        if code != 0:
            self.module.fail_json(msg='%s: %s' % (' '.join(words), err.strip()))

    def differing(self, column, wanted):
        there = lambda name: self.ask('--if-exists', 'get', 'Open_vSwitch', '.', '%s:%s' % (column, name)).strip('"')
        return {name: value for name, value in wanted.items() if there(name) != value}

    def settings(self, column, wanted):
        for name, value in self.differing(column, wanted).items():
            told = '%s:%s=%s' % (column, name, json.dumps(value))
            self.change(name, 'ovs-vsctl', 'set', 'Open_vSwitch', '.', told)

    def read_at_start(self, wanted):
        """Settings that the daemon reads when it starts. That it did is noted last: after a kill in between it starts again."""
        note = {'logos-started-with': '+'.join('%s.%s' % each for each in sorted(wanted.items()))}
        if not wanted or not (self.differing('other_config', wanted) or self.differing('external_ids', note)):
            return
        self.settings('other_config', wanted)
        if not self.module.check_mode:
            self.restart()
        self.settings('external_ids', note)

    def restart(self):
        for _ in range(STARTS - 1):
            if self.module.run_command(['systemctl', 'restart', DAEMON])[0] == 0:
                return
            time.sleep(5)
        self.run('systemctl', 'restart', DAEMON)

    def tls(self, ssl):
        there = self.ask('get-ssl')
        if not all(path in there for path in ssl.values()):
            self.change('TLS', 'ovs-vsctl', 'set-ssl', ssl['key'], ssl['certificate'], ssl['ca'])

    def outside(self, outside):
        """The bridge that leads outside, with its card."""
        bridge, card = outside['bridge'], outside['interface']
        exists = self.module.run_command(['ovs-vsctl', 'br-exists', bridge])[0] == 0
        if exists and card in self.ask('list-ports', bridge).split():
            return
        kind = ['--', 'set', 'bridge', bridge, 'datapath_type=' + outside['datapath'], 'fail_mode=standalone']
        port = ['--', '--may-exist', 'add-port', bridge, card]
        self.change('bridge ' + bridge, 'ovs-vsctl', '--may-exist', 'add-br', bridge, *kind, *port)

    def tunnel(self, tunnel):
        bridge, card = tunnel['bridge'], tunnel['interface']
        exists = self.module.run_command(['ovs-vsctl', 'br-exists', bridge])[0] == 0
        if not exists or card not in self.ask('list-ports', bridge).split():
            datapath = ['--', 'set', 'bridge', bridge, 'datapath_type=netdev', 'fail_mode=standalone']
            port = ['--', '--may-exist', 'add-port', bridge, card]
            self.change('bridge ' + bridge, 'ovs-vsctl', '--may-exist', 'add-br', bridge, *datapath, *port)
        address = '%s/%s' % (tunnel['address'], tunnel['prefix'])
        _, out, _ = self.module.run_command(['ip', '-json', 'address', 'show', 'dev', bridge])
        link = (json.loads(out or '[]') or [{}])[0]
        if tunnel['address'] not in [a.get('local') for a in link.get('addr_info', [])]:
            self.change('address of ' + bridge, 'ip', 'address', 'replace', address, 'dev', bridge)
        if 'UP' not in link.get('flags', []):
            self.change(bridge + ' up', 'ip', 'link', 'set', bridge, 'up')


def main():
    module = AnsibleModule(
        argument_spec=dict(
            ssl=dict(type='dict', required=True),
            manager=dict(type='str', required=True),
            external_ids=dict(type='dict', default={}),
            other_config=dict(type='dict', default={}),
            outside=dict(type='dict', default={}),
            tunnel=dict(type='dict', default={}),
        ),
        supports_check_mode=True,
    )
    if module.check_mode and module.run_command(['ovs-vsctl', '--timeout=5', 'show'])[0] != 0:
        module.exit_json(changed=True, reason='Open vSwitch does not answer yet')
    switch, wanted = Switch(module), module.params
    switch.tls(wanted['ssl'])
    if switch.ask('get-manager') != wanted['manager']:
        switch.change('manager', 'ovs-vsctl', 'set-manager', wanted['manager'])
    switch.read_at_start(wanted['other_config'])
    switch.settings('external_ids', wanted['external_ids'])
    if wanted['tunnel']:
        switch.tunnel(wanted['tunnel'])
    if wanted['outside']:
        switch.outside(wanted['outside'])
    module.exit_json(changed=bool(switch.changes), changes=switch.changes)


if __name__ == '__main__':
    main()
