#!/usr/bin/python
"""Has databases and the accounts that own them in the MariaDB of this server; asks it over its socket, as root."""

import pymysql
from ansible.module_utils.basic import AnsibleModule

SOCKET = '/run/mysqld/mysqld.sock'


def can_log_in(user, password):
    try:
        pymysql.connect(unix_socket=SOCKET, user=user, password=password).close()
        return True
    except pymysql.err.OperationalError:
        return False


def main():
    module = AnsibleModule(
        argument_spec=dict(
            databases=dict(type='list', elements='str', default=[]),
            user=dict(type='str', required=True),
            password=dict(type='str', required=True, no_log=True),
            privileges=dict(type='str'),
        ),
        supports_check_mode=True,
    )
    wanted, user, password = (module.params[name] for name in ('databases', 'user', 'password'))
    try:
        connection = pymysql.connect(unix_socket=SOCKET, user='root', autocommit=True)
    except pymysql.err.OperationalError as error:
        if module.check_mode:
            module.exit_json(changed=True, reason='no database answers yet')
        module.fail_json(msg='MariaDB does not answer at %s: %s' % (SOCKET, error))
    cursor = connection.cursor()
    cursor.execute('SHOW DATABASES')
    there = {row[0] for row in cursor.fetchall()}
    missing = [name for name in wanted if name not in there]
    cursor.execute('SELECT COUNT(*) FROM mysql.user WHERE User = %s AND Host = %s', (user, '%'))
    exists = cursor.fetchone()[0] == 1
    correct = exists and can_log_in(user, password)
    changed = bool(missing) or not correct
    if changed and not module.check_mode:
        for name in missing:
            cursor.execute('CREATE DATABASE `%s` CHARACTER SET utf8mb3' % name)
        cursor.execute('CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s', (user, '%', password))
        cursor.execute('ALTER USER %s@%s IDENTIFIED BY %s', (user, '%', password))
        for name in wanted:
            cursor.execute('GRANT ALL ON `%s`.* TO %%s@%%s' % name, (user, '%'))
        if module.params['privileges']:
            cursor.execute('GRANT %s ON *.* TO %%s@%%s' % module.params['privileges'], (user, '%'))
    module.exit_json(changed=changed, created=missing)


if __name__ == '__main__':
    main()
