"""What is in a folder, and what tells one content of a file from another."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import Iterator

from glacier.core.contracts import Entry
from glacier.core.stores.failures import failing
from glacier.core.stores.staging import STAGING

__all__ = ["etag_of", "listed"]

_SMALL = 1 << 16  # bytes up to which the etag is a hash of the content


def etag_of(path: str) -> str:
    """What tells this content from any other one that the file had or will have.

    The times of a file are too coarse for small ones that are replaced one after another.
    """
    with open(path, "rb") as file:
        found = os.fstat(file.fileno())
        if found.st_size <= _SMALL:
            return hashlib.sha256(file.read()).hexdigest()[:32]
    return f"{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ino:x}"


def listed(folder: str, stem: str, where: str) -> Iterator[Entry]:
    """The files below a folder whose keys begin with ``stem``, in the order of their keys."""
    with failing(where, doing="listing it"):
        yield from _walk(folder, stem)


def _walk(folder: str, stem: str) -> Iterator[Entry]:
    try:
        with os.scandir(folder) as found:
            # A folder's keys go on with "/", which decides where they stand among the others.
            items = sorted((item.name + "/" * item.is_dir(), item) for item in found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name, item in items:
        if name.endswith("/"):
            if stem or name != f"{STAGING}/":
                yield from _walk(item.path, stem + name)
            continue
        with suppress(FileNotFoundError):  # it has gone since
            known = item.stat()
            yield Entry(stem + name, known.st_size, known.st_mtime)
