"""The guard's own process. `place` has `pid`."""
from common import Attack
from system import now, ptrace

PTRACE_SEIZE, PTRACE_ATTACH, PTRACE_DETACH = 0x4206, 16, 17


class Traced(Attack):
    """PTRACE_SEIZE: it runs on, and its tracer may stop it, read and write it at will."""

    name = "ptrace-seize"
    request = PTRACE_SEIZE

    def strike(self):
        at = now()
        ptrace(self.request, self.place["pid"])
        return at


class Attached(Traced):
    """PTRACE_ATTACH stops it."""

    name = "ptrace-attach"
    request = PTRACE_ATTACH
