#!/usr/bin/python
"""Is somebody at a port of a guest's network, on this server: a name space with the port's address, in which a program may run.

`ports`: those of all servers; this server takes its own. None at all takes every one of them away.
"""

import re
import subprocess

from ansible.module_utils.basic import AnsibleModule

PREFIX = 'logos-'
# Names of interfaces have 15 characters at most.
CARD = 'lp-'


class Probes:
    def __init__(self, module):
        self.module = module

    def run(self, *words, accept=(0,)):
        code, out, err = self.module.run_command(list(words))
        if code not in accept:
            self.module.fail_json(msg='%s: %s' % (' '.join(words), err.strip()))
        return out

    def sweep(self):
        for line in self.run('ip', 'netns', 'list').splitlines():
            name = line.split()[0]
            if name.startswith(PREFIX):
                subprocess.run(['systemctl', 'stop', name + '.service'], check=False, capture_output=True)
                self.run('ip', 'netns', 'delete', name)
        for name in self.run('ovs-vsctl', '--timeout=30', 'list-ports', 'br-int').split():
            if re.match('^%s' % CARD, name):
                self.run('ovs-vsctl', '--timeout=30', '--if-exists', 'del-port', 'br-int', name)

    def be(self, port, program):
        space, card = PREFIX + port['name'], CARD + port['name']
        within = ['ip', 'netns', 'exec', space]
        self.run('ip', 'netns', 'add', space)
        interface = ['--', 'set', 'interface', card, 'type=internal', 'mac="%s"' % port['mac']]
        interface += ['external_ids:iface-id=' + port['id'], 'external_ids:attached-mac="%s"' % port['mac']]
        self.run('ovs-vsctl', '--timeout=60', 'add-port', 'br-int', card, *interface)
        self.run('ip', 'link', 'set', card, 'netns', space)
        self.run(*within, 'ip', 'link', 'set', 'lo', 'up')
        self.run(*within, 'ip', 'link', 'set', card, 'address', port['mac'], 'mtu', '1400', 'up')
        self.run(*within, 'ip', 'address', 'add', '%s/%s' % (port['address'], port['prefix']), 'dev', card)
        self.run(*within, 'ip', 'route', 'add', 'default', 'via', port['gateway'])
        if program:
            self.run('systemd-run', '--quiet', '--collect', '--unit=' + space, *within, *program, port['name'])


def main():
    module = AnsibleModule(
        argument_spec=dict(
            ports=dict(type='list', elements='dict', default=[]),
            server=dict(type='str', required=True),
            # What runs at ports whose names match `serving`; it is told the port's name.
            program=dict(type='list', elements='str', default=[]),
            serving=dict(type='str', default='.'),
        )
    )
    probes = Probes(module)
    probes.sweep()
    here = [port for port in module.params['ports'] if port['host'] == module.params['server']]
    for port in here:
        serving = re.match(module.params['serving'], port['name'])
        probes.be(port, module.params['program'] if serving else [])
    module.exit_json(changed=False, here=[port['name'] for port in here])


if __name__ == '__main__':
    main()
