#!/usr/bin/python
"""Says what this server knows of the database's cluster: whether it is in it, and whether it may begin it anew."""

import os

import pymysql
from ansible.module_utils.basic import AnsibleModule

SOCKET = '/run/mysqld/mysqld.sock'
STATE = '/var/lib/mysql/grastate.dat'


def is_primary():
    try:
        connection = pymysql.connect(unix_socket=SOCKET, user='root')
    except pymysql.err.OperationalError:
        return False
    cursor = connection.cursor()
    cursor.execute("SHOW STATUS LIKE 'wsrep_cluster_status'")
    row = cursor.fetchone()
    return row is not None and row[1] == 'Primary'


def may_begin():
    """The one that went down last, as MariaDB noted it."""
    if not os.path.exists(STATE):
        return False
    with open(STATE) as file:
        return any(line.split() == ['safe_to_bootstrap:', '1'] for line in file)


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    module.exit_json(changed=False, primary=is_primary(), newest=may_begin())


if __name__ == '__main__':
    main()
