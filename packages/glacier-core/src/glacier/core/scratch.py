"""The scratch folder of this process: removed when it ends, or, if it was killed, by another one.

A process holds a lock on a file in its folder, which the kernel takes from it however it ends. So
the next process that makes a folder can tell which of them nobody has any more.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import List, Optional

__all__ = ["new_scratch_folder"]

_PREFIX = "glacier-"
_OWNER = ".glacier-owner"  # the file that is locked; without it a folder is none of ours
_YOUNG = 60.0  # seconds in which a folder may not have its lock yet

_own: List[str] = []
_held: List[int] = []  # the descriptor of the lock: it lasts as long as the process


def new_scratch_folder() -> str:
    """Make a folder in the scratch folder of this process."""
    if not _own:
        _remove_abandoned(Path(tempfile.gettempdir()))
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        lock = _lock(Path(folder) / _OWNER, create=True)
        _held.extend([] if lock is None else [lock])
        _own.append(folder)
    return tempfile.mkdtemp(dir=_own[0])


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of processes that were killed."""
    with suppress(OSError):  # what cannot be looked at stays
        for folder in parent.glob(f"{_PREFIX}*"):
            owner = folder / _OWNER
            if not owner.is_file() or time.time() - owner.stat().st_mtime < _YOUNG:
                continue
            lock = _lock(owner, create=False)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(file: Path, *, create: bool) -> Optional[int]:
    """Lock a file; ``None`` where another process has, or where there are no such locks."""
    try:
        import fcntl
    except ImportError:  # Windows: a folder stays that a killed process has made
        return None
    descriptor = os.open(file, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
