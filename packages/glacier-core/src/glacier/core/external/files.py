"""Files, folders and patterns of files on this machine."""

from __future__ import annotations

import hashlib
import os
import time
from typing import List, Tuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

from glacier.core.errors import (
    ChangedExternal,
    InvalidExternal,
    MissingExternal,
    UnreachableExternal,
    perhaps,
)
from glacier.core.external.source import Part, scheme_of

__all__ = ["check", "found", "version_of"]

_BLOCK = 1 << 20
_TICK = 2.0  # seconds between two times that a file system tells apart; of FAT, the coarsest


def found(address: str, *, hashed: bool) -> Tuple[List[Part], bool]:
    """The files that an address names, in the order of their names; whether it may name many.

    ``hashed``: with the sha256 of each. Raises
    :class:`~glacier.core.errors.ExternalError`.
    """
    path = _path(address)
    many = not os.path.isfile(path)
    paths = [path]
    if os.path.isdir(path):
        paths = _inside(path)
        if not paths:
            raise _nothing(address, "the folder holds no files")
    elif many:
        paths = _matching(path, address)
    return [_part(one, address, hashed=hashed) for one in paths], many


def _path(address: str) -> str:
    if not scheme_of(address):
        return os.path.abspath(os.path.expanduser(address))
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost"):
        raise InvalidExternal(
            address=address,
            reason=f"it names the host {parts.netloc!r}",
            mend="A file of this machine has three slashes: file:///data/orders.csv.",
        )
    return os.path.abspath(url2pathname(parts.path))


def _inside(folder: str) -> List[str]:
    """All files below a folder but those that others use for their own ends."""
    paths: List[str] = []
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        paths += [os.path.join(above, name) for name in names if not name.startswith((".", "_"))]
    return sorted(path for path in paths if os.path.isfile(path))


def _matching(pattern: str, address: str) -> List[str]:
    import glob

    if not glob.has_magic(pattern):
        raise _absent(pattern, address)
    paths = sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))
    if not paths:
        raise _nothing(address, "no file matches it")
    return paths


def _absent(path: str, address: str) -> MissingExternal:
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        return _nothing(address, f"there is no folder {folder}")
    return _nothing(
        address, f"there is no such file in {folder}", perhaps(name, os.listdir(folder))
    )


def _nothing(address: str, reason: str, guess: str = "") -> MissingExternal:
    return MissingExternal(
        address=address, reason=reason, mend=f"Has it been delivered yet?{guess}"
    )


def _part(path: str, address: str, *, hashed: bool) -> Part:
    try:
        looked, before = time.time(), os.stat(path)
        digest = _hash(path) if hashed else None
    except OSError as error:
        raise _unreadable(address, path, error) from error
    # A file that is as young as that may change once more without its time changing.
    settled = looked - before.st_mtime > _TICK
    stamp = str(before.st_mtime_ns) if settled else None
    return Part(path, before.st_size, stamp, None, digest)


def _hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


def _unreadable(address: str, path: str, error: OSError) -> UnreachableExternal:
    reason = f"{path} cannot be read ({error.strerror or error})"
    return UnreachableExternal(
        address=address, reason=reason, mend="May this process read it, and is it still there?"
    )


def version_of(parts: List[Part], *, many: bool) -> str:
    """The version that contents give, and where there may be many files their names too."""
    if not many:
        return f"sha256:{parts[0].sha256}"
    # Where the files lie is not part of it, so that a copy is the same.
    folder = os.path.commonpath([os.path.dirname(part.place) for part in parts])
    names = [os.path.relpath(part.place, folder).replace(os.sep, "/") for part in parts]
    told = repr([(name, part.sha256) for name, part in zip(names, parts)])
    return f"sha256:{hashlib.sha256(told.encode('utf-8', 'surrogateescape')).hexdigest()}"


def check(part: Part, address: str) -> None:
    """Raise :class:`~glacier.core.errors.ChangedExternal` if a file is not what it was."""
    try:
        now = os.stat(part.place)
        same = (now.st_size, str(now.st_mtime_ns)) == (part.size, part.stamp)
        if same or (now.st_size == part.size and _hash(part.place) == part.sha256):
            return
    except OSError as error:
        raise _unreadable(address, part.place, error) from error
    raise ChangedExternal(
        address=address,
        reason=f"{part.place} is not what it was when the run began",
        mend="Run again, and have new files come under new names, or moved into place whole.",
    )
