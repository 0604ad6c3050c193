"""A lock between threads and processes that is free again when its holder is gone.

The kernel holds it and not the file: whatever ends the holder, SIGKILL included, frees it. There is
no owner to be found out, and no stale lock.
"""

from __future__ import annotations

import os
import sys
from typing import Optional

__all__ = ["Hold", "hold", "try_hold"]

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> bool:
        while True:
            try:
                # LK_LOCK gives up after ten seconds.
                msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
            else:
                return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

elif sys.platform == "emscripten":

    def _lock(descriptor: int, *, wait: bool) -> bool:
        return True  # one process, one thread

    def _unlock(descriptor: int) -> None: ...

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> bool:
        # flock, not lockf: its locks belong to the open file, so threads exclude each other too.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class Hold:
    """A lock that is held until :meth:`release`, or until this process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: Optional[int] = descriptor

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.release()

    def locks(self, path: str) -> bool:
        """Whether the file of this name is the one that is locked."""
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let go of it; a second time does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            try:
                # Not by closing alone: a process that was forked meanwhile would keep it locked.
                _unlock(descriptor)
            finally:
                os.close(descriptor)

    def forget(self) -> None:
        """Close it in a process that was forked from the holder, which goes on holding it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def try_hold(path: str) -> Optional[Hold]:
    """The lock of a file, which is made where it is missing, or ``None`` if another has it."""
    return _hold(path, wait=False)


def hold(path: str) -> Hold:
    """The same after waiting for it; to be used in a ``with``."""
    held = _hold(path, wait=True)
    assert held is not None
    return held


def _hold(path: str, *, wait: bool) -> Optional[Hold]:
    while True:
        descriptor = os.open(path, _FLAGS, 0o666)
        try:
            locked = _lock(descriptor, wait=wait)
        except BaseException:
            os.close(descriptor)
            raise
        if not locked:
            os.close(descriptor)
            return None
        held = Hold(descriptor)
        # Somebody may have removed the file between opening and locking it.
        if held.locks(path):
            return held
        held.release()
