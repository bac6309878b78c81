#!/usr/bin/python
"""Keeps what a server was before the region changed anything, and makes it that again.

Kept: the names of its packages, `/etc`, and the `directories` that services of a region write to, as far as there are any. What the
region installs is noted between `installing` and `installed`; only that is purged.
"""

import os
import shutil
import tarfile

from ansible.module_utils.basic import AnsibleModule

PLACE = '/var/lib/logos-region'
ARCHIVE = PLACE + '/before.tar'
PACKAGES = PLACE + '/before.packages'
# What the server had as the region began to install, while that lasts; and what the region has installed by now.
INSTALLING = PLACE + '/installing.packages'
INSTALLED = PLACE + '/installed.packages'


class Before:
    def __init__(self, module):
        self.module = module
        self.directories = module.params['directories']

    def run(self, *words, accept=(0,), umask=None):
        code, out, err = self.module.run_command(list(words), umask=umask)
        if code not in accept:
            self.module.fail_json(msg='%s: %s' % (' '.join(words)[:200], err.strip()[-1500:]))
        return out

    def packages(self):
        listed = self.run('dpkg-query', '--show', '--showformat=${Package}:${Architecture} ${db:Status-Abbrev}\n')
        return {line.split()[0] for line in listed.splitlines() if line.split()[1:] and line.split()[1] != 'un'}

    def keep(self):
        if os.path.exists(ARCHIVE):
            return False
        if not self.module.check_mode:
            os.makedirs(PLACE, mode=0o755, exist_ok=True)
            note(PACKAGES, self.packages())
            if os.path.exists(ARCHIVE + '.new'):
                os.remove(ARCHIVE + '.new')
            there = ['etc'] + [path.lstrip('/') for path in self.directories if os.path.isdir(path)]
            tar = ['tar', '--create', '--file=' + ARCHIVE + '.new', '--directory=/', '--numeric-owner', '--xattrs']
            # 1: a file changed meanwhile, such as a log. Its owner's alone from the start: it has /etc/shadow.
            self.run(*tar, *there, accept=(0, 1), umask=0o077)
            os.rename(ARCHIVE + '.new', ARCHIVE)
        return True

    def installing(self):
        if os.path.exists(INSTALLING):
            return False
        if not self.module.check_mode:
            note(INSTALLING, self.packages())
        return True

    def installed(self):
        if not os.path.exists(INSTALLING):
            return False
        if not self.module.check_mode:
            note(INSTALLED, self.of_the_region())
            os.remove(INSTALLING)
        return True

    def of_the_region(self):
        """What the region installed and is still there; a run that was cut off as it installed counts."""
        there = self.packages()
        new = there - noted(INSTALLING) if os.path.exists(INSTALLING) else set()
        return (noted(INSTALLED) | new) & there - noted(PACKAGES)

    def restore(self):
        if not os.path.exists(ARCHIVE):
            return False
        if self.module.check_mode:
            return True
        added = sorted(self.of_the_region())
        if added:
            environment = {'DEBIAN_FRONTEND': 'noninteractive'}
            code, _, err = self.module.run_command(['apt-get', '--yes', 'purge'] + added, environ_update=environment)
            if code != 0:
                self.module.fail_json(msg='apt-get purge: ' + err.strip()[-1500:])
        for path in self.directories:
            shutil.rmtree(path, ignore_errors=True)
        with tarfile.open(ARCHIVE) as archive:
            kept = {'/' + name for name in archive.getnames()}
        for directory, names, files in os.walk('/etc', topdown=False):
            for name in names + files:
                path = os.path.join(directory, name)
                if path not in kept:
                    shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
        tar = ['tar', '--extract', '--file=' + ARCHIVE, '--directory=/', '--numeric-owner', '--xattrs']
        self.run(*tar, '--preserve-permissions')
        self.run('systemctl', 'daemon-reload')
        shutil.rmtree(PLACE)
        return True


def noted(path):
    if not os.path.exists(path):
        return set()
    with open(path) as file:
        return set(file.read().split())


def note(path, names):
    with open(path + '.new', 'w') as file:
        file.write('\n'.join(sorted(names)) + '\n')
    os.rename(path + '.new', path)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type='str', choices=['kept', 'installing', 'installed', 'restored'], required=True),
            directories=dict(type='list', elements='path', default=[]),
        ),
        supports_check_mode=True,
    )
    before = Before(module)
    do = dict(kept=before.keep, installing=before.installing, installed=before.installed, restored=before.restore)
    module.exit_json(changed=do[module.params['state']]())


if __name__ == '__main__':
    main()
