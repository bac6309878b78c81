#!/usr/bin/python
"""Has units of systemd enabled, running, and running with the configuration that is there now.

A unit is restarted when one of `files` was written after it started. So a run that was cut off between a change and its restart is
finished by the next one, which handlers would not do.
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule

SETTLE_S = 120
PROPERTIES = 'ActiveState,SubState,UnitFileState,NeedDaemonReload,ActiveEnterTimestamp,InactiveExitTimestamp,LoadState,Type'


def state_of(module, unit):
    _, out, _ = module.run_command(['systemctl', 'show', '--timestamp=unix', '--property=' + PROPERTIES, unit])
    return dict(line.split('=', 1) for line in out.splitlines() if '=' in line)


def started_at(state):
    return float(state.get('InactiveExitTimestamp', '').lstrip('@') or 0)


def newest(files):
    times = [0.0]
    for path in files:
        if os.path.isdir(path):
            times += [os.stat(os.path.join(path, name)).st_mtime for name in os.listdir(path)]
        elif os.path.exists(path):
            times.append(os.stat(path).st_mtime)
    return max(times)


def settled(module, units):
    """Waits for units that end while another service is still on its way up: systemd starts those again itself."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        if all(state_of(module, unit).get('ActiveState') == 'active' for unit in units):
            return True
        time.sleep(2)
    return False


def systemctl(module, verb, units):
    code, _, err = module.run_command(['systemctl', verb] + units)
    if code == 0 or (verb == 'restart' and settled(module, units)):
        return
    _, log, _ = module.run_command(['journalctl', '--no-pager', '--lines=15', '--output=cat'] + ['--unit=' + u for u in units])
    module.fail_json(msg='systemctl %s %s: %s' % (verb, ' '.join(units), err.strip()), log=log.splitlines())


def main():
    module = AnsibleModule(
        argument_spec=dict(
            units=dict(type='list', elements='str', required=True),
            files=dict(type='list', elements='path', default=[]),
            masked=dict(type='list', elements='str', default=[]),
        ),
        supports_check_mode=True,
    )
    units, files = module.params['units'], module.params['files']
    states = {unit: state_of(module, unit) for unit in units}
    reload = any(state.get('NeedDaemonReload') == 'yes' for state in states.values())
    changed_at = newest(files + ['/etc/systemd/system/%s.service' % unit.removesuffix('.service') for unit in units])
    enable = [unit for unit in units if states[unit].get('UnitFileState') not in ('enabled', 'static', 'alias', 'indirect', 'generated')]
    running = [unit for unit in units if states[unit].get('ActiveState') in ('active', 'activating', 'reloading')]
    start = [unit for unit in units if unit not in running]
    # Times of units are whole seconds.
    restart = [unit for unit in running if changed_at >= started_at(states[unit]) + 1]
    mask = [unit for unit in module.params['masked'] if state_of(module, unit).get('LoadState') == 'loaded']
    changed = bool(enable or start or restart or mask)
    result = dict(changed=changed, enabled=enable, started=start, restarted=restart, masked=mask)
    if module.check_mode or not changed:
        module.exit_json(**result)
    if mask:
        systemctl(module, 'mask', ['--now'] + mask)
    if reload or enable or start or restart:
        systemctl(module, 'daemon-reload', [])
    if enable:
        systemctl(module, 'enable', ['--quiet'] + enable)
    if start or restart:
        if changed_at > time.time() - 1:
            time.sleep(1.1)
        systemctl(module, 'restart', restart + start)
    module.exit_json(**result)


if __name__ == '__main__':
    main()
