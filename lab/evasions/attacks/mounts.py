"""Nothing is written; something else is seen at the path."""
import os
import shutil
import signal
import threading

from common import Attack
from system import MS_BIND, MS_PRIVATE, mount, new_mount_namespace, now, unmount


class BindOverFile(Attack):
    name = "bind-over-file"

    def prepare(self):
        self.copy = self.twin(evil=True)

    def strike(self):
        at = now()
        mount(self.copy, self.target, flags=MS_BIND)
        return at

    def undo(self):
        unmount(self.target)


class TmpfsOverDirectory(Attack):
    """With equal copies of all that was there."""

    name = "tmpfs-over-directory"

    def strike(self):
        self.directory = os.path.dirname(self.target)
        shutil.copytree(self.directory, self.path("copy"))
        at = now()
        mount("none", self.directory, "tmpfs")
        shutil.copytree(self.path("copy"), self.directory, dirs_exist_ok=True)
        return at

    def undo(self):
        unmount(self.directory)


class OverlayOverDirectory(Attack):
    """The directory over itself, with one changed file in the upper layer."""

    name = "overlay-over-directory"

    def strike(self):
        self.directory = os.path.dirname(self.target)
        for layer in ("upper", "work"):
            os.mkdir(self.path(layer))
        os.rename(self.twin(evil=True), os.path.join(self.path("upper"), os.path.basename(self.target)))
        layers = f"lowerdir={self.directory},upperdir={self.path('upper')},workdir={self.path('work')}"
        at = now()
        mount("overlay", self.directory, "overlay", data=layers)
        return at

    def undo(self):
        unmount(self.directory)


class OtherNamespace(Attack):
    """A process sees another file; all others see the good one."""

    name = "bind-in-other-namespace"

    def prepare(self):
        self.copy = self.twin(evil=True)

    def strike(self):
        told, tell = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            new_mount_namespace()
            at = now()
            mount(self.copy, self.target, flags=MS_BIND)
            os.write(tell, str(at).encode())
            while True:
                signal.pause()
        os.close(tell)
        with os.fdopen(told) as answer:
            return int(os.read(answer.fileno(), 64))

    def undo(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class ThreadNamespace(Attack):
    """Only one thread of a process sees it: /proc/PID/ns shows the first thread's."""

    name = "bind-in-thread-namespace"

    def prepare(self):
        self.copy = self.twin(evil=True)

    def strike(self):
        self.end, self.begun, self.at = threading.Event(), threading.Event(), None

        def body():
            try:
                new_mount_namespace()
                at = now()
                mount(self.copy, self.target, flags=MS_BIND)
                self.at = at
            finally:
                self.begun.set()
            self.end.wait()

        self.thread = threading.Thread(target=body, daemon=True)
        self.thread.start()
        self.begun.wait()
        if self.at is None:
            raise OSError("the thread got no namespace")
        return self.at

    def undo(self):
        self.end.set()
        self.thread.join()


class PinnedNamespace(OtherNamespace):
    """The namespace has no process; a bind mount of its file keeps it for later (setns)."""

    name = "bind-in-pinned-namespace"

    def strike(self):
        self.pin = self.path("pin")
        os.close(os.open(self.pin, os.O_CREAT | os.O_WRONLY))
        mount(self.pin, self.pin, flags=MS_BIND)
        mount("none", self.pin, flags=MS_PRIVATE)
        at = super().strike()
        mount(f"/proc/{self.pid}/ns/mnt", self.pin, flags=MS_BIND)
        super().undo()
        return at

    def undo(self):
        unmount(self.pin)
        unmount(self.pin)
