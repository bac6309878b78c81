#!/usr/bin/python
"""Has a database's tables as the service's installed version wants them.

Runs the service's own `commands` when the database has no tables of it, or when they were made by another version of `package` or
from other `files`. That is noted only after all commands succeeded, so a run that was cut off is done again.
"""

import hashlib
import os
import time

import pymysql
from ansible.module_utils.basic import AnsibleModule

NOTES = '/var/lib/logos-region/schema'
PATIENCE_S = 60


def has_tables(database):
    connection = pymysql.connect(
        host=database['host'], user=database['user'], password=database['password'], database=database['name']
    )
    cursor = connection.cursor()
    cursor.execute("SHOW TABLES LIKE 'alembic_version'")
    if cursor.fetchone() is None:
        return False
    cursor.execute('SELECT COUNT(*) FROM alembic_version')
    return cursor.fetchone()[0] > 0


def patiently(ask, database, seconds):
    """A database that has just changed hands answers in a while."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask(database)
        except pymysql.err.MySQLError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(2)


def digest(path):
    if not os.path.exists(path):
        return 'none'
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def main():
    module = AnsibleModule(
        argument_spec=dict(
            service=dict(type='str', required=True),
            package=dict(type='str', required=True),
            database=dict(type='dict', required=True, no_log=True),
            commands=dict(type='list', elements='list', required=True),
            # What it is noted as, where a service has more than its tables to keep.
            note=dict(type='str'),
            files=dict(type='list', elements='path', default=[]),
            accept=dict(type='list', elements='int', default=[0]),
            # What the commands are told that no list of processes may show.
            environment=dict(type='dict', default={}, no_log=True),
        ),
        supports_check_mode=True,
    )
    service = module.params['service']
    code, version, _ = module.run_command(['dpkg-query', '--show', '--showformat=${Version}', module.params['package']])
    if code != 0 and module.check_mode:
        module.exit_json(changed=True, reason='the package is not installed yet')
    if code != 0:
        module.fail_json(msg='the package %s is not installed' % module.params['package'])
    version = ' '.join([version] + [digest(path) for path in module.params['files']])
    note = os.path.join(NOTES, module.params['note'] or service)
    noted = open(note).read() if os.path.exists(note) else None
    try:
        done = noted == version and patiently(has_tables, module.params['database'], 0 if module.check_mode else PATIENCE_S)
    except pymysql.err.MySQLError as error:
        if not module.check_mode:
            module.fail_json(msg='the database of %s does not answer: %s' % (service, error))
        done = False
    if done or module.check_mode:
        module.exit_json(changed=not done, version=version)

    for command in module.params['commands']:
        words = ['runuser', '-u', service, '--'] + command
        code, out, err = module.run_command(words, cwd='/', environ_update=module.params['environment'])
        if code not in module.params['accept']:
            module.fail_json(msg='%s failed: %s' % (' '.join(command), (err or out)[-2000:]))
    os.makedirs(NOTES, mode=0o755, exist_ok=True)
    with open(note, 'w') as file:
        file.write(version)
    module.exit_json(changed=True, version=version)


if __name__ == '__main__':
    main()
