#!/usr/bin/python
"""Has this server's Open vSwitch configured: TLS, manager, settings, and a userspace bridge that holds the card for tunnels."""

import json

from ansible.module_utils.basic import AnsibleModule


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

    def settings(self, column, wanted):
        for name, value in wanted.items():
            if self.ask('--if-exists', 'get', 'Open_vSwitch', '.', '%s:%s' % (column, name)).strip('"') != value:
                self.change(name, 'ovs-vsctl', 'set', 'Open_vSwitch', '.', '%s:%s=%s' % (column, name, json.dumps(value)))

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
    switch.settings('other_config', wanted['other_config'])
    if 'userspace-tso-enable' in switch.changes and not module.check_mode:
        switch.run('systemctl', 'restart', 'ovs-vswitchd')  # read at its start alone
    switch.settings('external_ids', wanted['external_ids'])
    if wanted['tunnel']:
        switch.tunnel(wanted['tunnel'])
    if wanted['outside']:
        switch.outside(wanted['outside'])
    module.exit_json(changed=bool(switch.changes), changes=switch.changes)


if __name__ == '__main__':
    main()
