"""Another file where the guarded one was."""
import os
import shutil
import stat
import time

from common import Attack, restore_times, write_evil
from system import exchange, now


class RenameOver(Attack):
    """A file of the same size, mode, owner and times, with other bytes."""

    name = "rename-over"

    def strike(self):
        twin = self.twin(evil=True)
        at = now()
        os.rename(twin, self.target)
        return at


class RenameExchange(Attack):
    name = "rename-exchange"

    def strike(self):
        twin = self.twin(evil=True)
        at = now()
        exchange(twin, self.target)
        return at


class RenameExchangeEqual(Attack):
    """Equal in every byte, so no hash tells; but the attacker holds a descriptor of this one."""

    name = "rename-exchange-equal"

    def strike(self):
        twin = self.twin(evil=False)
        at = now()
        exchange(twin, self.target)
        return at


class ExchangeAndBack(Attack):
    name = "exchange-and-back"

    def strike(self):
        twin = self.twin(evil=True)
        at = now()
        exchange(twin, self.target)
        time.sleep(0.002)
        exchange(twin, self.target)
        return at


class ExchangeDirectory(Attack):
    """The whole directory, after which its watchers look at the old one."""

    name = "exchange-directory"

    def strike(self):
        directory, copy = os.path.dirname(self.target), self.path("copy")
        shutil.copytree(directory, copy)
        write_evil(os.path.join(copy, os.path.basename(self.target)))
        restore_times(os.path.join(copy, os.path.basename(self.target)), os.stat(self.target))
        restore_times(copy, os.stat(directory))
        at = now()
        exchange(copy, directory)
        return at


class SymlinkToEqual(Attack):
    name = "symlink-to-equal"

    def strike(self):
        twin = self.twin(evil=False)
        link = self.path("symlink")
        os.symlink(twin, link)
        at = now()
        os.rename(link, self.target)
        return at


class Removed(Attack):
    name = "removed"

    def strike(self):
        at = now()
        os.unlink(self.target)
        return at


class MadeAnew(Attack):
    """Removed and made again with the same bytes and times: ext4 often gives the same inode number."""

    name = "made-anew"

    def strike(self):
        twin = self.twin(evil=False)
        at = now()
        os.unlink(self.target)
        shutil.copy2(twin, self.target)
        return at


class Added(Attack):
    """A name that is no UTF-8 and breaks a line."""

    name = "added-odd-name"

    def strike(self):
        path = os.path.join(os.fsencode(os.path.dirname(self.target)), b"\xff\n.so")
        at = now()
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        return at


class Fifo(Attack):
    """Who opens it to read waits for ever."""

    name = "fifo"

    def strike(self):
        at = now()
        os.unlink(self.target)
        os.mkfifo(self.target)
        return at


class Giant(Attack):
    """A terabyte of nothing: who reads it all finds the next change tomorrow."""

    name = "sparse-giant"

    def strike(self):
        at = now()
        os.truncate(self.target, 1 << 40)
        return at


class DeviceNode(Attack):
    """The device behind a file: /dev/zero, which has no end."""

    name = "device-node"

    def strike(self):
        at = now()
        os.unlink(self.target)
        os.mknod(self.target, stat.S_IFCHR | 0o644, os.makedev(1, 5))
        return at
