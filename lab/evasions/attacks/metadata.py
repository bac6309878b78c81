"""What the file may do and who may do it, with the same bytes."""
import fcntl
import os
import struct
import time

from common import Attack
from system import now


class Chmod(Attack):
    name = "chmod"

    def strike(self):
        at = now()
        os.chmod(self.target, 0o4755)
        return at


class ChmodAndBack(Attack):
    name = "chmod-and-back"

    def strike(self):
        mode = os.stat(self.target).st_mode & 0o7777
        at = now()
        os.chmod(self.target, 0o4777)
        time.sleep(0.002)
        os.chmod(self.target, mode)
        return at


class Chown(Attack):
    name = "chown"

    def strike(self):
        at = now()
        os.chown(self.target, 1, 1)
        return at


class ExtendedAttribute(Attack):
    name = "xattr"
    attribute, value = "user.evil", b"1"

    def strike(self):
        at = now()
        os.setxattr(self.target, self.attribute, self.value)
        return at


class AccessControlList(ExtendedAttribute):
    """acl(5): user 1234 may write (struct posix_acl_xattr_header and entries)."""

    name = "acl"
    attribute = "system.posix_acl_access"
    value = struct.pack("<L", 2) + b"".join(
        struct.pack("<HHL", tag, allowed, who)
        for tag, allowed, who in (
            (0x01, 6, 0xFFFFFFFF),
            (0x02, 6, 1234),
            (0x04, 4, 0xFFFFFFFF),
            (0x10, 4, 0xFFFFFFFF),
            (0x20, 4, 0xFFFFFFFF),
        )
    )


class Capability(ExtendedAttribute):
    """capabilities(7): CAP_SYS_ADMIN, effective (struct vfs_cap_data)."""

    name = "capability"
    attribute = "security.capability"
    value = struct.pack("<LLLLL", 0x02000001, 1 << 21, 0, 0, 0)


class InodeFlags(Attack):
    """chattr +d: no event tells of it."""

    name = "inode-flags"

    def strike(self):
        with open(self.target, "rb") as file:
            flags = bytearray(8)
            fcntl.ioctl(file, 0x80086601, flags)  # FS_IOC_GETFLAGS
            at = now()
            fcntl.ioctl(file, 0x40086602, struct.pack("<Q", struct.unpack("<Q", flags)[0] | 0x40))  # FS_NODUMP_FL
            return at
