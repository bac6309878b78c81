"""Other bytes in the same inode, by ways that leave no trace in size and mtime, or none that a name's watcher sees."""
import ctypes
import mmap
import os
import time

from common import EVIL, Attack, restore_times, write_evil
from system import MS_BIND, libc, mount, now, unmount


class ForgedMtime(Attack):
    name = "forged-mtime"

    def strike(self):
        stat = os.stat(self.target)
        at = now()
        write_evil(self.target)
        restore_times(self.target, stat)
        return at


class HeldMapping(Attack):
    """A shared mapping whose page is already dirty when the baseline is taken: the write is no system call."""

    name = "held-mapping"
    sync = False

    def prepare(self):
        self.file = open(self.target, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)
        self.map[0] = self.map[0]

    def strike(self):
        at = now()
        self.map[: len(EVIL)] = EVIL
        if self.sync:
            self.map.flush()
        return at

    def undo(self):
        self.map.close()
        self.file.close()


class HeldMappingSynced(HeldMapping):
    name = "held-mapping-msync"
    sync = True


class HeldMappingInMemory(HeldMapping):
    name = "held-mapping-tmpfs"


class HeldDescriptor(Attack):
    name = "held-descriptor"

    def prepare(self):
        self.fd = os.open(self.target, os.O_RDWR)
        self.stat = os.fstat(self.fd)

    def strike(self):
        at = now()
        os.pwrite(self.fd, EVIL, 0)
        os.utime(self.fd, ns=(self.stat.st_atime_ns, self.stat.st_mtime_ns))
        return at

    def undo(self):
        os.close(self.fd)


class HardLinkOutside(Attack):
    """The link is there before the baseline; the guarded name is never opened."""

    name = "hard-link-outside"

    def prepare(self):
        os.link(self.target, self.path("link"))

    def strike(self):
        stat = os.stat(self.path("link"))
        at = now()
        write_evil(self.path("link"))
        restore_times(self.path("link"), stat)
        return at


class NewHardLink(Attack):
    """Only the link: a way in for later."""

    name = "new-hard-link"

    def strike(self):
        at = now()
        os.link(self.target, self.path("link"))
        return at


class OtherMount(Attack):
    """Through a bind mount of the directory at another place, as a container's volume is."""

    name = "other-mount"

    def prepare(self):
        self.view = self.path("view")
        os.mkdir(self.view)
        mount(os.path.dirname(self.target), self.view, flags=MS_BIND)

    def strike(self):
        at = now()
        write_evil(os.path.join(self.view, os.path.basename(self.target)))
        return at

    def undo(self):
        unmount(self.view)


class ChangeAndBack(Attack):
    """Evil bytes for some milliseconds; then all but ctime is as it was."""

    name = "change-and-back"

    def strike(self):
        stat = os.stat(self.target)
        fd = os.open(self.target, os.O_RDWR)
        good = os.pread(fd, len(EVIL), 0)
        at = now()
        os.pwrite(fd, EVIL, 0)
        time.sleep(0.002)
        os.pwrite(fd, good, 0)
        os.close(fd)
        restore_times(self.target, stat)
        return at


class PunchedHole(Attack):
    """fallocate(2) zeroes a block and writes nothing."""

    name = "punched-hole"

    def strike(self):
        stat = os.stat(self.target)
        fd = os.open(self.target, os.O_RDWR)
        keep_size_punch_hole = 3
        at = now()
        if libc.fallocate(fd, keep_size_punch_hole, ctypes.c_long(0), ctypes.c_long(4096)) != 0:
            raise OSError(ctypes.get_errno(), "fallocate")
        os.close(fd)
        restore_times(self.target, stat)
        return at


class SustainedFlood(Attack):
    """A flood that goes on long before and after, so that every queue is always full."""

    name = "sustained-flood"

    def strike(self):
        end = time.monotonic() + 4
        self.floods = [os.fork() for _ in range(2)]
        if 0 in self.floods:
            # Its own directory, as the other's names are in the way.
            crowd = self.path(f"crowd-{os.getpid()}")
            os.mkdir(crowd)
            while time.monotonic() < end:
                for count in range(1_000):
                    path = os.path.join(crowd, str(count))
                    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
                    os.unlink(path)
            os._exit(0)
        time.sleep(1.5)
        return ChangeAndBack.strike(self)

    def undo(self):
        for pid in self.floods:
            os.waitpid(pid, 0)


class Flood(Attack):
    """More events than a queue holds, and among them a change that is put back."""

    name = "event-flood"

    def strike(self):
        crowd = self.path("crowd")
        os.mkdir(crowd)
        at = None
        for count in range(30_000):
            path = os.path.join(crowd, str(count))
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
            os.unlink(path)
            if count == 25_000:
                at = ChangeAndBack.strike(self)
        return at
