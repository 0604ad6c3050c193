"""Temporary files beside the data, and what processes that were killed left of theirs.

::

    .staging/a1b2c3.lock      locked by the process that uses the folder below
    .staging/a1b2c3/…         its temporary files
    .staging/keys-07.lock     guards the keys that hash to 7

A folder whose lock can be had belongs to nobody any more, whatever machine its owner ran on, and
goes with all that is in it.
"""

from __future__ import annotations

import os
import time
import weakref
from contextlib import suppress
from typing import List, Tuple

from glacier.core.stores.files import make_folder
from glacier.core.stores.locks import Hold, try_hold

__all__ = ["STAGING", "Staging", "sweep"]

STAGING = ".staging"
_SUFFIX = ".lock"
_ORPHANED = 24 * 3600.0  # seconds after which a folder without a lock is nobody's


class Staging:
    """The temporary files of one store in one process; they go with it."""

    def __init__(self, root: str) -> None:
        above = os.path.join(root, STAGING)
        make_folder(above, durable=False)
        self.folder, held = _claim(above)
        # At the end of the interpreter too, but not in a process that was forked from this one.
        self._finish = weakref.finalize(self, _finish, self.folder, held, os.getpid())

    def path(self, extension: str = "") -> str:
        """A new path in the folder."""
        name = os.urandom(8).hex()
        return os.path.join(self.folder, f"{name}.{extension}" if extension else name)

    @property
    def is_there(self) -> bool:
        """Whether the folder still exists."""
        return os.path.isdir(self.folder)

    def close(self) -> None:
        """Remove all of it."""
        self._finish()


def _claim(above: str) -> Tuple[str, Hold]:
    while True:
        folder = os.path.join(above, os.urandom(8).hex())
        held = try_hold(folder + _SUFFIX)
        if held is not None:  # else a sweep has come first
            os.mkdir(folder)
            return folder, held


def _finish(folder: str, held: Hold, owner: int) -> None:
    if os.getpid() == owner:
        _remove(folder)
        held.release()
    else:
        held.forget()


def _remove(folder: str) -> None:
    _remove_tree(folder)
    # Last: as long as the lock is there, the rest can be found again.
    with suppress(OSError):
        os.unlink(folder + _SUFFIX)


def _remove_tree(folder: str) -> None:
    try:
        os.rmdir(folder)  # most are empty, and shutil takes long to load
    except OSError:
        from shutil import rmtree

        rmtree(folder, ignore_errors=True)


def sweep(root: str) -> List[str]:
    """Remove what processes that are gone left; returns the names of their folders."""
    above = os.path.join(root, STAGING)
    try:
        names = set(os.listdir(above))
    except (FileNotFoundError, NotADirectoryError):
        return []
    swept: List[str] = []
    for name in sorted(names):
        folder = os.path.join(above, name)
        if name.endswith(_SUFFIX):
            if not name.startswith("keys-") and _abandoned(folder):
                swept.append(name[: -len(_SUFFIX)])
        elif name + _SUFFIX not in names and _is_old(folder):
            _remove_tree(folder)
            swept.append(name)
    return swept


def _abandoned(lock: str) -> bool:
    """Remove what belongs to a lock, if nobody holds it."""
    try:
        held = try_hold(lock)
    except OSError:  # of another user, whose sweep will take it
        return False
    if held is None:
        return False
    try:
        _remove(lock[: -len(_SUFFIX)])
    finally:
        held.release()
    return True


def _is_old(path: str) -> bool:
    try:
        return os.stat(path).st_mtime < time.time() - _ORPHANED
    except OSError:
        return False
