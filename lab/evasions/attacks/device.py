"""Past the file system: the blocks of a file on its device. `place` has `device` (a loop device) and `image` (its file)."""
import mmap

from common import EVIL, Attack
from system import first_block, forget_cache, now, write_device

BLOCK = 4096


class RawBlock(Attack):
    """The device changes, the page cache keeps the good bytes (a mapping pins them, as a running program's does), and no inode
    is touched."""

    name = "raw-block"
    where = "device"
    pinned = True

    def prepare(self):
        self.offset = first_block(self.target)
        if self.pinned:
            with open(self.target, "rb") as file:
                self.map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
                self.map.read()
        with open(self.target, "rb") as file:
            self.good = file.read(BLOCK)
        self.evil = EVIL + self.good[len(EVIL) :]

    def strike(self):
        at = now()
        write_device(self.place[self.where], self.offset, self.evil)
        return at


class ImageFile(RawBlock):
    """The file that backs the device, as a disk image from its host."""

    name = "disk-image"
    where = "image"


class OfflineBlock(ImageFile):
    """While the file system is not mounted: afterwards every time, also ctime, is as it was."""

    name = "offline-block"
    pinned = False


class PoisonedCache(RawBlock):
    """The other way round: the device has the good bytes again, and every reader gets the evil ones from the cache."""

    name = "poisoned-cache"
    pinned = False

    def strike(self):
        at = now()
        write_device(self.place["image"], self.offset, self.evil)
        forget_cache(self.target)
        with open(self.target, "rb") as file:
            held = file.read(BLOCK)
        write_device(self.place["image"], self.offset, self.good)
        if held != self.evil:
            raise OSError("the cache was not poisoned")
        return at
