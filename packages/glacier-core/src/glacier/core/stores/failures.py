"""Errors of the operating system, told as errors of the store in which they happened."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import Generator

from glacier.core.errors import (
    InvalidKey,
    KeyMissing,
    StoreDenied,
    StoreError,
    StoreFull,
)

__all__ = ["READING", "failing", "is_shortage", "told"]

_FULL = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG")  # EFBIG: beyond the limit of this process
    if hasattr(errno, name)
}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}
_TAKEN = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY}
_UNABLE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}

READING = "reading it"


@contextmanager
def failing(where: str, *, doing: str) -> Generator[None, None, None]:
    """Raise an ``OSError`` of the block as what it means for the store at ``where``.

    ``doing`` says what the block does, such as "writing it"; what is not there is a missing key
    only where it is :data:`READING`.
    """
    try:
        yield
    except OSError as error:
        raise told(error, where, doing=doing) from error


def is_shortage(error: OSError) -> bool:
    """Whether there was no room."""
    return error.errno in _FULL


def told(error: OSError, where: str, *, doing: str) -> StoreError:
    """The error of the store that says what this one of the operating system means."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in _FULL:
        return StoreFull(where=where, reason=reason)
    if error.errno in _DENIED:
        return StoreDenied(where=where, doing=doing, reason=reason)
    if error.errno == errno.ENAMETOOLONG:
        return InvalidKey(key=where, where=where, reason="its path is too long here")
    if doing == READING and error.errno in _ABSENT:
        return KeyMissing(where=where)
    if error.errno in _TAKEN:
        reason = "a file is where a folder should be, or a folder where a file should"
        return StoreError(where=where, reason=reason, mend="Move it away.")
    if error.errno in _UNABLE:
        return StoreError(
            where=where,
            reason=f"{doing} failed: the file system has no locks ({reason})",
            mend="Use a folder on another file system.",
        )
    return StoreError(where=where, reason=f"{doing} failed: {reason}")
