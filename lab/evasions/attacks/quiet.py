"""What goes on beside guarded files every day, and is no change of them. `target` is one of them; its grandparent holds them all."""
import mmap
import os
import shutil
import subprocess
import tarfile

from common import Attack
from system import MS_BIND, MS_REC, libc, mount, new_mount_namespace, now, unmount

MS_RDONLY, MS_REMOUNT = 1, 32


class Quiet(Attack):
    def strike(self):
        self.tree = os.path.dirname(os.path.dirname(os.path.dirname(self.target)))
        self.work()
        return now()

    def work(self):
        raise NotImplementedError


def in_namespace(work):
    """A child with mounts of its own; its mounts go with it."""
    pid = os.fork()
    if pid == 0:
        try:
            new_mount_namespace()
            work()
            # Long enough for whoever polls namespaces.
            subprocess.run(["sleep", "1.5"], check=True)
            os._exit(0)
        except BaseException as problem:
            os.write(2, f"{problem!r}\n".encode())
            os._exit(1)
    if os.waitpid(pid, 0)[1] != 0:
        raise OSError("the child failed")


class Reads(Quiet):
    """grep, a backup by tar, and reading by a mapping: access times change."""

    name = "reads"

    def work(self):
        subprocess.run(["grep", "-r", "no such line", self.tree], check=False)
        with tarfile.open(self.path("backup.tar"), "w") as backup:
            backup.add(self.tree)
        subprocess.run(["find", self.tree, "-type", "f", "-exec", "cat", "{}", "+"], stdout=subprocess.DEVNULL, check=True)


class PrivateMapping(Quiet):
    """Written to, as a program's data; the file is not."""

    name = "private-mapping"

    def work(self):
        with open(self.target, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as copy:
            copy[:4] = b"mine"


class OpenedToWrite(Quiet):
    """Opened to write, locked, synced and closed."""

    name = "opened-to-write"

    def work(self):
        fd = os.open(self.target, os.O_RDWR)
        os.lockf(fd, os.F_LOCK, 0)
        os.fsync(fd)
        os.close(fd)
        os.sync()


class UnrelatedWrites(Quiet):
    """As apt does: many files unpacked, renamed, removed on the same file system, more than an event queue holds."""

    name = "unrelated-writes"

    def work(self):
        crowd = self.path("packages")
        os.mkdir(crowd)
        for count in range(5_000):
            path = os.path.join(crowd, str(count))
            with open(f"{path}.dpkg-new", "wb") as file:
                file.write(b"x" * 100)
            os.rename(f"{path}.dpkg-new", path)
        shutil.rmtree(crowd)


class LogRotation(Quiet):
    name = "log-rotation"

    def work(self):
        log = self.path("daemon.log")
        for turn in range(20):
            with open(log, "ab") as file:
                file.write(b"line\n" * 1000)
            os.rename(log, f"{log}.{turn % 4}")
        with open(log, "ab") as file:
            os.truncate(file.fileno(), 0)


class UnrelatedMounts(Quiet):
    name = "unrelated-mounts"

    def work(self):
        place = self.path("mount")
        os.mkdir(place)
        mount("none", place, "tmpfs")
        mount("none", place, flags=MS_REMOUNT | MS_RDONLY)
        unmount(place)


class ServiceSandbox(Quiet):
    """A unit with ProtectSystem= and PrivateTmp=: in its namespace the guarded directory is mounted read-only over itself."""

    name = "service-sandbox"

    def work(self):
        def body():
            mount(self.tree, self.tree, flags=MS_BIND | MS_REC)
            mount("none", self.tree, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
            mount("none", self.outside, "tmpfs")

        in_namespace(body)


class Container(Quiet):
    """A root of its own (pivot_root), where other things have the guarded paths, as every container has its own /etc/hosts."""

    name = "container"

    def work(self):
        root = self.path("root")
        os.mkdir(root)

        def body():
            mount("none", root, "tmpfs")
            for path in (self.target, f"{self.tree}/added"):
                os.makedirs(os.path.dirname(f"{root}{path}"), exist_ok=True)
                with open(f"{root}{path}", "wb") as file:
                    file.write(b"the container's own\n")
            for path in ("usr", "bin", "lib", "lib64", "proc", "old"):
                os.mkdir(f"{root}/{path}")
                if os.path.exists(f"/{path}"):
                    mount(f"/{path}", f"{root}/{path}", flags=MS_BIND | MS_REC)
            mount(f"{root}{self.tree}/added", f"{root}{self.target}", flags=MS_BIND)
            os.chdir(root)
            if libc.pivot_root(b".", b"old") != 0:
                raise OSError("pivot_root")
            os.chdir("/")
            unmount("/old")

        in_namespace(body)


class Volume(Quiet):
    """A guarded directory, read in a container at another place."""

    name = "volume"

    def work(self):
        view = self.path("view")
        os.mkdir(view)

        def body():
            mount(os.path.dirname(self.target), view, flags=MS_BIND)
            mount("none", view, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
            with open(os.path.join(view, os.path.basename(self.target)), "rb") as file:
                file.read()

        in_namespace(body)
