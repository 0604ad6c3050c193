"""Shared memory without a name: when the last process that holds it is gone, so is the memory."""

from __future__ import annotations

import mmap
import os
import resource
import sys
from typing import Union

__all__ = ["ALIGNMENT", "INLINE", "Segment"]

Data = Union[bytes, bytearray, memoryview]

INLINE = 256 * 1024
"""Values of up to so many bytes travel inside messages; larger ones lie in a segment."""

ALIGNMENT = 64
"""Where buffers begin: what Arrow recommends, and a cache line."""

_CHUNK = 1 << 30  # Linux writes at most 2 GiB at a time


class Segment:
    """Memory that is written once, from its beginning, and then mapped by those who read it.

    It is known by a file descriptor alone, which other processes get by message. So there is no
    name to be left behind, whatever kills a process. Letting go of the object closes the
    descriptor; what is mapped stays until the last view of it is gone.
    """

    __slots__ = ("fd", "size")

    held = 0  # by this process

    def __init__(self, fd: int, size: int) -> None:
        self.fd = fd
        self.size = size
        Segment.held += 1

    @classmethod
    def create(cls) -> Segment:
        """An empty segment."""
        return cls(_anonymous_file(), 0)

    @classmethod
    def scarce(cls) -> bool:
        """Whether this process should rather copy than hold one more: descriptors are limited."""
        return cls.held >= resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2

    def write(self, data: Data) -> int:
        """Append bytes; returns the offset at which they begin."""
        begin, view = self.size, memoryview(data)
        while len(view):
            written = os.pwrite(self.fd, view[:_CHUNK], self.size)
            self.size += written
            view = view[written:]
        return begin

    def align(self) -> None:
        """Let the next bytes begin at a multiple of :data:`ALIGNMENT`."""
        self.size += -self.size % ALIGNMENT

    def map(self) -> memoryview:
        """The memory, mapped into this process.

        It can be written: a page that is written becomes this process's own, so that no other
        reader sees the change.
        """
        if sys.version_info >= (3, 13):
            return memoryview(mmap.mmap(self.fd, self.size, access=mmap.ACCESS_COPY, trackfd=False))
        return memoryview(mmap.mmap(self.fd, self.size, access=mmap.ACCESS_COPY))

    def read(self) -> bytes:
        """A copy of the whole."""
        return bytes(self.map()) if self.size else b""

    def close(self) -> None:
        """Let go of the descriptor; closing twice does nothing."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            Segment.held -= 1
            os.close(fd)

    def __del__(self) -> None:
        self.close()


def _anonymous_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("glacier")
    import tempfile

    fd, path = tempfile.mkstemp(prefix="glacier-")
    os.unlink(path)
    return fd
