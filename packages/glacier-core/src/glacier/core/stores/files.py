"""Files that come to their place at once, wholly written, and stay after a power cut."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Callable, List, Union

__all__ = ["copy_file", "make_folder", "make_read_only", "sync", "take", "write_file"]

_CHUNK = 1 << 20
_BINARY: int = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def sync(path: str) -> None:
    """Wait until the file or folder of this name is on the disk, as far as the system offers it."""
    is_folder = os.path.isdir(path)
    if is_folder and os.name != "posix":
        return
    descriptor = os.open(path, (os.O_RDONLY if os.name == "posix" else os.O_RDWR) | _BINARY)
    try:
        os.fsync(descriptor)
    except OSError:
        if not is_folder:  # some file systems have no such thing as a folder to be synced
            raise
    finally:
        os.close(descriptor)


def write_file(path: str, data: Union[bytes, bytearray, memoryview], *, durable: bool) -> None:
    """Make a new file with this content; nothing is left of it where that fails."""
    with _new_file(path, durable=durable) as write:
        write(data)


def copy_file(source: str, path: str, *, durable: bool) -> None:
    """Make a new file with the content of another one; nothing is left where that fails."""
    with open(source, "rb") as file, _new_file(path, durable=durable) as write:
        while True:
            data = file.read(_CHUNK)
            if not data:
                break
            write(data)


class _new_file:
    """A new file to be written; removed if the block raises."""

    def __init__(self, path: str, *, durable: bool) -> None:
        self._path, self._durable = path, durable

    def __enter__(self) -> Callable[[Union[bytes, bytearray, memoryview]], None]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
        self._descriptor = os.open(self._path, flags, 0o666)
        return self._write

    def _write(self, data: Union[bytes, bytearray, memoryview]) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            try:
                if kind is None and self._durable:
                    os.fsync(self._descriptor)
            finally:
                os.close(self._descriptor)
        except BaseException:
            kind = kind or True
            raise
        finally:
            if kind is not None:
                with suppress(OSError):
                    os.unlink(self._path)


def take(source: str, staged: str, *, durable: bool) -> str:
    """A path in the staging folder, or ``source`` itself, that may be moved into place.

    It is copied to ``staged`` where the file has other names, or lies on another file system:
    somebody could change it there later, or it could not be moved at once.
    """
    found = os.lstat(source)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
        if found.st_dev == os.stat(os.path.dirname(staged)).st_dev:
            if durable:
                sync(source)
            return source
    copy_file(source, staged, durable=durable)
    return staged


def make_read_only(path: str) -> None:
    """Take the right to write a file from everybody, where its owner is this user."""
    with suppress(OSError):
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) & ~0o222)


def make_folder(path: str, *, durable: bool) -> None:
    """Make a folder and those above it, unless they are there."""
    missing: List[str] = []
    while not os.path.isdir(path) and path not in missing:
        missing.append(path)
        path = os.path.dirname(path)
    for folder in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(folder)
        if durable:
            sync(os.path.dirname(folder))
