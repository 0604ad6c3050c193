"""A store in a folder of this machine, or of a file system that machines share."""

from __future__ import annotations

import errno
import os
import stat
import threading
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, List, Optional, Tuple, Union

from glacier.core.contracts import Entry
from glacier.core.errors import (
    InvalidKey,
    KeyChanged,
    KeyExists,
    KeyMissing,
    StoreError,
    StoreGone,
)
from glacier.core.stores import staging
from glacier.core.stores.failures import READING, failing
from glacier.core.stores.files import make_folder, make_read_only, sync, take, write_file
from glacier.core.stores.keys import check_key, check_prefix
from glacier.core.stores.listing import etag_of, listed
from glacier.core.stores.locks import Hold, hold

__all__ = ["DirectoryStore"]

_LOCKS = 16  # enough that writers of different keys seldom wait for each other
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK}
_TRIES = 100  # to make a folder that others are removing as often, because it is empty


class DirectoryStore:
    """Bytes by key, each key a file below ``root``, which is made with the first key.

    What is put is written to a temporary file, synced, and moved into its place; what is created
    with ``if_absent`` is read-only from then on. Temporary files lie in ``.staging``, which is no
    key; those of killed processes are removed when another process begins to write. Links must not
    lead out of the folder. With ``durable=False`` nothing is synced: all guarantees hold when
    processes are killed, but not when the power fails. Needs a file system with locks (``flock``).
    """

    def __init__(self, root: Union[str, os.PathLike[str]], *, durable: bool = True) -> None:
        self.root: str = os.path.abspath(os.fspath(root))
        self.durable = durable
        self._address = Path(self.root).as_uri()
        self._guard = threading.Lock()
        self._staging: Optional[staging.Staging] = None
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"DirectoryStore({self.root!r})"

    def __reduce__(self) -> Tuple[object, ...]:
        return _make, (self.root, self.durable)

    # --- reading ----------------------------------------------------------------------------------

    def get(self, key: str, start: int = 0, length: Optional[int] = None) -> bytes:
        """The content, or so many bytes of it from ``start``."""
        with self.open(key) as file, failing(self.uri(key), doing=READING):
            file.seek(start)
            return file.read(-1 if length is None else length)

    def open(self, key: str) -> BinaryIO:
        """The content as a stream; it stays what it was even if the key is replaced."""
        with failing(self.uri(key), doing=READING):
            return open(self._path(key), "rb")

    def head(self, key: str) -> Entry:
        """What is known of it."""
        with failing(self.uri(key), doing=READING):
            return self._entry(key)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """All that lies below ``prefix + "/"``; a key that goes meanwhile may be left out."""
        stem = check_prefix(prefix, where=self._address)
        folder = self._path(stem[:-1]) if stem else self.root
        return listed(folder, stem, self._address)

    def local(self, key: str) -> str:
        """The path of the stored file itself, only to be read."""
        self.head(key)
        return self._path(key)

    def uri(self, key: str) -> str:
        """The address of the file, as a URI."""
        check_key(key, where=self._address)
        return Path(self.root, *key.split("/")).as_uri()

    # --- writing ----------------------------------------------------------------------------------

    def put(
        self,
        key: str,
        data: Union[bytes, str],
        *,
        if_absent: bool = False,
        if_match: Optional[str] = None,
    ) -> str:
        """Store bytes, or move the file at a path in; returns the new etag."""
        if if_absent and if_match is not None:
            raise ValueError("put() takes if_absent or if_match, not both")
        where, path = self.uri(key), self._path(key)
        with failing(where, doing="writing it"):
            source = self._source(data)
            try:
                etag = etag_of(source)  # before another one can replace it
                if if_absent:
                    self._create(key, source, path)
                else:
                    self._replace(key, source, path, if_match)
            except BaseException:
                if source != data:
                    with suppress(OSError):
                        os.unlink(source)
                raise
            if source != data and isinstance(data, str):
                os.unlink(data)  # it was copied, and is moved all the same
            return etag

    def delete(self, key: str) -> None:
        """Remove it, if it is there, and the folders that are empty then."""
        path = self._path(key)
        if not os.path.lexists(path):
            return
        with failing(self.uri(key), doing="deleting it"), self._locked(key):
            with suppress(FileNotFoundError):
                if os.name != "posix":  # a read-only file cannot be removed there
                    os.chmod(path, 0o666)
                os.unlink(path)
            if self.durable:
                with suppress(FileNotFoundError):
                    sync(os.path.dirname(path))
            self._prune(os.path.dirname(path))

    def stage(self, extension: str = "") -> str:
        """A path for a new temporary file; see :class:`~glacier.core.contracts.Store`."""
        if extension:
            check_key(extension, where=self._address)
        with failing(self._address, doing="writing there"):
            return self._staged().path(extension)

    def sweep(self) -> List[str]:
        """Remove temporary files of processes that are gone; returns what was removed."""
        return staging.sweep(self.root)

    def close(self) -> None:
        """Remove what is staged; the store can be used again."""
        with self._guard:
            if self._staging is not None:
                self._staging.close()
                self._staging = None

    # --- places -----------------------------------------------------------------------------------

    def _path(self, key: str) -> str:
        check_key(key, where=self._address)
        names = key.split("/")
        if names[0] == staging.STAGING:
            reason = f"{staging.STAGING!r} is where the store keeps temporary files"
            raise InvalidKey(key=key, where=self._address, reason=reason)
        path = os.path.join(self.root, *names)
        root, real = os.path.realpath(self.root), os.path.realpath(path)
        if os.path.commonpath([root, real]) != root:
            reason = f"a link leads from it out of the store, to {real}"
            raise InvalidKey(key=key, where=self._address, reason=reason)
        return path

    def _staged(self) -> staging.Staging:
        with self._guard:
            if self._process != os.getpid():  # forked: the temporary files are the parent's
                self._process, self._staging = os.getpid(), None
            if self._staging is None:
                make_folder(self.root, durable=self.durable)
                staging.sweep(self.root)
                self._staging = staging.Staging(self.root)
            elif not self._staging.is_there:
                self._staging = None  # the next one makes it anew
                raise StoreGone(where=self._address)
            return self._staging

    def _source(self, data: Union[bytes, str]) -> str:
        """The path of a synced file with the content, fit to be moved."""
        staged = self.stage()
        if not isinstance(data, str):
            write_file(staged, data, durable=self.durable)
            return staged
        try:
            return take(data, staged, durable=self.durable)
        except FileNotFoundError as error:
            self._staged()  # says so if the folder is gone with the file
            reason = "there is no such file to be stored"
            raise StoreError(where=Path(os.path.abspath(data)).as_uri(), reason=reason) from error

    def _locked(self, key: str) -> Hold:
        """Keep all others from replacing or deleting the key."""
        self._staged()
        number = zlib.crc32(key.encode()) % _LOCKS
        try:
            return hold(os.path.join(self.root, staging.STAGING, f"keys-{number:02}.lock"))
        except FileNotFoundError as error:
            raise StoreGone(where=self._address) from error

    def _create(self, key: str, source: str, path: str) -> None:
        make_read_only(source)
        try:
            self._settle(path, lambda: os.link(source, path))
        except FileExistsError as error:
            raise KeyExists(where=self.uri(key)) from error
        except OSError as error:
            if not _cannot_link(error):
                raise
            self._create_without_links(key, source, path)
        else:
            os.unlink(source)

    def _create_without_links(self, key: str, source: str, path: str) -> None:
        with self._locked(key):
            if os.path.lexists(path):
                raise KeyExists(where=self.uri(key))
            self._settle(path, lambda: os.replace(source, path))

    def _replace(self, key: str, source: str, path: str, if_match: Optional[str]) -> None:
        with self._locked(key):
            if if_match is not None:
                try:
                    found: Optional[str] = etag_of(path)
                except FileNotFoundError:
                    found = None
                if found != if_match:
                    raise KeyChanged(where=self.uri(key), expected=if_match, found=found)
            self._settle(path, lambda: os.replace(source, path))

    def _settle(self, path: str, move: Callable[[], object]) -> None:
        """Move a file into a folder, which others may be removing because it is empty."""
        folder = os.path.dirname(path)
        for left in reversed(range(_TRIES)):
            self._staged()  # raises if it is the store itself that is gone
            try:
                make_folder(folder, durable=self.durable)
                move()
                break
            except FileNotFoundError:
                if not left:
                    raise
        if self.durable:
            with suppress(FileNotFoundError):
                sync(folder)

    def _prune(self, folder: str) -> None:
        with suppress(OSError):  # it is not empty, or gone
            while folder != self.root:
                os.rmdir(folder)
                folder = os.path.dirname(folder)

    def _entry(self, key: str) -> Entry:
        path = self._path(key)
        found = os.stat(path)
        if stat.S_ISDIR(found.st_mode):
            raise KeyMissing(where=self.uri(key))
        return Entry(key, found.st_size, found.st_mtime, etag_of(path))


def _make(root: str, durable: bool) -> DirectoryStore:
    return DirectoryStore(root, durable=durable)


def _cannot_link(error: OSError) -> bool:
    """Whether the file system has no hard links, rather than no room or no right for one."""
    return error.errno in _NO_LINKS
