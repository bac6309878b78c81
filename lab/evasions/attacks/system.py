"""System calls that Python has no function for (mount(2), renameat2(2), unshare(2), ptrace(2), ioctl_fiemap)."""
import ctypes
import ctypes.util
import fcntl
import mmap
import os
import struct
import time

libc = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6", use_errno=True)
libc.mount.argtypes = (ctypes.c_char_p,) * 3 + (ctypes.c_ulong, ctypes.c_char_p)
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
libc.ptrace.restype = ctypes.c_long

MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
MNT_DETACH = 2
CLONE_NEWNS = 0x20000
AT_FDCWD = -100
RENAME_EXCHANGE = 2


def now():
    """Nanoseconds of CLOCK_MONOTONIC, which process.hrtime.bigint() of Node counts too."""
    return time.monotonic_ns()


def _done(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def mount(source, target, kind=None, flags=0, data=None):
    encoded = [os.fsencode(text) if text else None for text in (source, target, kind)]
    _done(libc.mount(*encoded, flags, os.fsencode(data) if data else None), f"mount {target}")


def unmount(target):
    _done(libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def exchange(one, other):
    _done(libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE), "renameat2")


def new_mount_namespace():
    """The calling thread alone gets its own mounts, which no change of the others' reaches."""
    _done(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)


def ptrace(request, pid, data=0):
    return _done(libc.ptrace(request, pid, None, data), "ptrace")


def first_block(path):
    """The byte offset of a file's first block on its device."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        request = bytearray(struct.pack("=QQLLLL", 0, 1, 1, 0, 1, 0) + bytes(56))
        fcntl.ioctl(file, 0xC020660B, request)  # FS_IOC_FIEMAP, FIEMAP_FLAG_SYNC
    if struct.unpack_from("=L", request, 20)[0] != 1:
        raise OSError(f"{path} has no blocks")
    return struct.unpack_from("=QQQ", request, 32)[1]


def write_device(device, offset, data):
    """Writes blocks on a device or in its image, past the page cache."""
    fd = os.open(device, os.O_RDWR | os.O_DIRECT | os.O_SYNC)
    try:
        with mmap.mmap(-1, len(data)) as aligned:
            aligned[:] = data
            os.pwrite(fd, aligned, offset)
    finally:
        os.close(fd)


def forget_cache(path):
    """Drops what the kernel keeps of a file's content."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
