"""What the attacks share: the evil twin of a file, and the register of attacks."""
import os
import shutil

ATTACKS = {}


class Attack:
    """One way to change what a file gives. `target` is the file (or directory), `outside` a directory of this repetition that
    nobody guards, on the same file system. `strike` gives the moment before the system call that decides (system.now)."""

    def __init__(self, place):
        self.target = place["target"]
        self.outside = place["outside"]
        self.place = place

    def __init_subclass__(cls):
        if cls.name:
            ATTACKS[cls.name] = cls

    name = None

    def prepare(self):
        """Before the baseline: what an attacker holds who was there first."""

    def strike(self):
        raise NotImplementedError

    def undo(self):
        """After the last look: what would be in the way of removing the directories."""

    def path(self, name):
        return os.path.join(self.outside, name)

    def twin(self, evil):
        """A copy outside that looks the same to stat (size, mode, owner, times), with other bytes when `evil`."""
        copy = self.path("twin")
        shutil.copy2(self.target, copy)
        if evil:
            with open(copy, "r+b") as file:
                file.write(EVIL)
            shutil.copystat(self.target, copy)
        return copy


EVIL = b"#!/bin/evil\n"


def write_evil(path):
    fd = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(fd, EVIL, 0)
    finally:
        os.close(fd)


def restore_times(path, stat):
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
