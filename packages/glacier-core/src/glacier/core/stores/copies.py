"""Temporary files of a store that has no folder: what is to be put, and copies of what it holds."""

from __future__ import annotations

import os
import shutil
import threading
import weakref
from typing import Dict, NamedTuple, Optional

from glacier.core.scratch import new_scratch_folder

__all__ = ["Copies", "Copy"]


class Copy(NamedTuple):
    """A file with the content that a key had when its etag was this one."""

    path: str
    etag: str


class Copies:
    """A folder of this process, made with the first file; it goes with this object."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._folder = ""
        self._process = 0
        self._known: Dict[str, Copy] = {}
        self._finish: Optional[weakref.finalize[..., Copies]] = None

    def path(self, extension: str = "") -> str:
        """A new path in the folder."""
        with self._guard:
            if self._process != os.getpid():  # forked: the folder is the parent's
                self._folder, self._process, self._known = "", os.getpid(), {}
            if not self._folder:
                self._folder = new_scratch_folder()
                self._finish = weakref.finalize(self, _remove, self._folder, self._process)
            name = os.urandom(8).hex()
            return os.path.join(self._folder, f"{name}.{extension}" if extension else name)

    def of(self, key: str) -> Optional[Copy]:
        """The copy of a key that was made last."""
        with self._guard:
            found = self._known.get(key) if self._process == os.getpid() else None
        return found if found is not None and os.path.exists(found.path) else None

    def note(self, key: str, path: str, etag: str) -> str:
        """Remember a copy; returns its path."""
        with self._guard:
            self._known[key] = Copy(path, etag)
        return path

    def close(self) -> None:
        """Remove all of it."""
        with self._guard:
            finish, self._finish = self._finish, None
            self._folder, self._known = "", {}
        if finish is not None:
            finish()


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
