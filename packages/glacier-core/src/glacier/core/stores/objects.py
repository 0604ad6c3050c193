"""A store in a bucket of an object storage, by obstore."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Iterator, Mapping, Optional, Tuple, Union

from glacier.core.contracts import Entry
from glacier.core.errors import KeyChanged, KeyExists, KeyMissing, StoreError
from glacier.core.stores.answers import READING, WRITING, answering, is_conflict, is_outrun
from glacier.core.stores.clients import QUICK, SLOW, Clients, Connect
from glacier.core.stores.copies import Copies
from glacier.core.stores.failures import failing
from glacier.core.stores.keys import check_key, check_prefix
from glacier.core.stores.streams import BLOCK, BlockStream

__all__ = ["ObjectStore"]

_WHOLE = 8 << 20  # bytes up to which a file is sent in one piece
_PARTS = 9000  # of a file at most; S3 takes 10,000
_LARGEST = 5 * 1000**3  # bytes that S3 and Azure take in one request
_NAME = 100  # letters of an extension at most that a copy is given
_AT_ONCE = 4  # parts of one file that are on their way
_TRIES = 5


class ObjectStore:
    """Bytes by key in a bucket, below ``prefix``; nothing is asked of it before it is used.

    ``address`` is what users call it, such as ``s3://lake/etl``. ``connect`` makes obstore's store
    of the whole bucket, whose requests may take so many seconds; it can be pickled and holds no
    credentials, so that each process finds its own. ``generations`` says that the storage tells
    contents apart by number (Google's) and not by etag.

    What is created with ``if_absent``, or replaced with ``if_match``, goes in one request, and may
    be of 5 GB at most; other files go in parts. None is ever whole in memory. The bucket must take
    conditional writes, as S3, Google's and Azure's do. A process that was forked from one that has
    used obstore cannot use it.
    """

    def __init__(
        self, address: str, connect: Connect, *, prefix: str = "", generations: bool = False
    ) -> None:
        self.address = address.rstrip("/")
        self._prefix = check_prefix(prefix, where=self.address)
        self._generations = generations
        self._clients = Clients(self.address, connect)
        self._copies = Copies()

    def __repr__(self) -> str:
        return f"ObjectStore({self.address!r})"

    def __reduce__(self) -> Tuple[object, ...]:
        return _make, (self.address, self._clients.connect, self._prefix, self._generations)

    # --- reading ----------------------------------------------------------------------------------

    def get(self, key: str, start: int = 0, length: Optional[int] = None) -> bytes:
        """The content, or so many bytes of it from ``start``."""
        where, path = self.uri(key), self._path(key)
        if length == 0:
            self.head(key)
            return b""
        options: Any = None
        if length is not None:
            options = {"range": (start, start + length)}
        elif start:
            options = {"range": {"offset": start}}
        try:
            with answering(where, doing=READING):
                return bytes(self._client().get(path, options=options).bytes())
        except StoreError as error:
            # Storages refuse a range that begins where the content has ended.
            if options is None or "range" not in error.reason.lower():
                raise
            if self.head(key).size > start:
                raise
            return b""

    def open(self, key: str) -> BinaryIO:
        """The content as a stream; it stays what it was even if the key is replaced."""
        where, path = self.uri(key), self._path(key)
        with answering(where, doing=READING):
            found = self._client(SLOW).get(path)
            return io.BufferedReader(BlockStream(found, where), BLOCK)

    def head(self, key: str) -> Entry:
        """What is known of it."""
        where, path = self.uri(key), self._path(key)
        with answering(where, doing=READING):
            return _entry(key, self._client().head(path))

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """All that lies below ``prefix + "/"``, in the order in which the storage lists it: that of
        the keys."""
        stem = check_prefix(prefix, where=self.address)
        return self._listed(self._prefix + stem)

    def local(self, key: str) -> str:
        """The path of a temporary copy, which goes with the store; one for each content."""
        extension = self.uri(key).rpartition("/")[2].partition(".")[2]
        known = self._copies.of(key)
        if known is not None and self.head(key).etag == known.etag:
            return known.path
        target = self._copies.path(extension[-_NAME:])
        etag = self._download(key, target)
        return self._copies.note(key, target, etag)

    def uri(self, key: str) -> str:
        """Its address, such as ``s3://lake/etl/raw/_/latest.json``."""
        return f"{self.address}/{check_key(key, where=self.address)}"

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
        self.uri(key)
        etag = ""
        for left in reversed(range(_TRIES)):
            mode = "create" if if_absent else self._expected(key, if_match)
            try:
                etag = self._put(key, data, mode)
                break
            except Exception as error:
                if is_conflict(error) and if_absent:
                    # It is told too where another one was at it and may have failed since.
                    if left and self._state(key) is None:
                        continue
                    raise KeyExists(where=self.uri(key)) from None
                if is_outrun(error) and if_match is not None:
                    raise self._changed(key, if_match) from None
                raise
        if isinstance(data, str):
            os.unlink(data)
        return etag

    def delete(self, key: str) -> None:
        """Remove it, if it is there."""
        where, path = self.uri(key), self._path(key)
        with suppress(KeyMissing), answering(where, doing="deleting it"):
            self._client().delete(path)

    def stage(self, extension: str = "") -> str:
        """A path for a new temporary file; see :class:`~glacier.core.contracts.Store`."""
        if extension:
            check_key(extension, where=self.address)
        return self._copies.path(extension)

    def close(self) -> None:
        """Remove what is staged and copied here; the store can be used again."""
        self._copies.close()

    # --- how --------------------------------------------------------------------------------------

    def _client(self, patience: float = QUICK) -> Any:
        return self._clients.of(patience)

    def _path(self, key: str) -> str:
        return self._prefix + check_key(key, where=self.address)

    def _listed(self, stem: str) -> Iterator[Entry]:
        with answering(self.address, doing="listing it"):
            for some in self._client().list(stem or None):
                for found in some:
                    yield _entry(found["path"][len(self._prefix) :], found)

    def _download(self, key: str, target: str) -> str:
        """Write the content to a new file; returns its etag."""
        where, path = self.uri(key), self._path(key)
        with answering(where, doing=READING):
            found = self._client(SLOW).get(path)
        entry, count = _entry(key, found.meta), 0
        stream = BlockStream(found, where)
        with failing(Path(target).as_uri(), doing="copying to it"), open(target, "wb") as file:
            for block in stream.blocks():
                count += file.write(block)
        if count != entry.size:
            reason = f"it broke off after {count:,} of {entry.size:,} bytes"
            raise StoreError(where=where, reason=reason, mend="Run again.")
        return entry.etag

    def _put(self, key: str, data: Union[bytes, str], mode: Any) -> str:
        where, path = self.uri(key), self._path(key)
        if not isinstance(data, str):
            with answering(where, doing=WRITING):
                found = self._client().put(path, data, mode=mode, max_concurrency=_AT_ONCE)
                return self._etag(key, found)
        try:
            file = open(data, "rb")  # noqa: SIM115  # only this may be missing
        except FileNotFoundError as error:
            reason = "there is no such file to be stored"
            raise StoreError(where=Path(os.path.abspath(data)).as_uri(), reason=reason) from error
        with file, answering(where, doing=WRITING):
            return self._etag(key, self._put_file(path, file, mode, where))

    def _put_file(self, path: str, file: BinaryIO, mode: Any, where: str) -> Mapping[str, Any]:
        size = os.fstat(file.fileno()).st_size
        found: Mapping[str, Any]
        if size <= _WHOLE:
            found = self._client().put(path, file.read(), mode=mode, use_multipart=False)
        elif mode is None:
            chunk = max(_WHOLE, -(-size // _PARTS))
            found = self._client(SLOW).put(
                path, file, chunk_size=chunk, max_concurrency=_AT_ONCE, use_multipart=True
            )
        elif size > _LARGEST:
            raise StoreError(
                where=where,
                reason=f"a file of {size:,} bytes cannot be created at once: 5 GB is the most",
                mend="Let the task return an Iterator, which is stored in parts, or smaller files.",
            )
        else:
            import mmap

            # The system reads it in as it is sent, and may forget it again. It is not closed here:
            # a connection that was refused early may hold it for a moment longer.
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            found = self._client(SLOW).put(path, view, mode=mode, use_multipart=False)
        return found

    def _etag(self, key: str, found: Mapping[str, Any]) -> str:
        """The etag that a storage tells of what was put; some tell it only when they are asked."""
        return _plain(found["e_tag"]) if found.get("e_tag") else self.head(key).etag

    def _expected(self, key: str, if_match: Optional[str]) -> Any:
        """What obstore calls the state that is to be replaced."""
        if if_match is None:
            return None
        if not self._generations:
            quoted = if_match if if_match.startswith("W/") else f'"{if_match}"'
            return {"e_tag": quoted}
        try:
            with answering(self.uri(key), doing=READING):
                found = self._client().head(self._path(key))
        except KeyMissing:
            raise KeyChanged(where=self.uri(key), expected=if_match, found=None) from None
        etag = _plain(found["e_tag"])
        if etag != if_match:
            raise KeyChanged(where=self.uri(key), expected=if_match, found=etag)
        return {"version": found["version"]}

    def _changed(self, key: str, expected: str) -> KeyChanged:
        return KeyChanged(where=self.uri(key), expected=expected, found=self._state(key))

    def _state(self, key: str) -> Optional[str]:
        """The etag of what is there, ``None`` if there is nothing, as far as one may ask."""
        try:
            return self.head(key).etag
        except KeyMissing:
            return None
        except StoreError:  # who may write need not be allowed to read
            return "another"


def _make(address: str, connect: Connect, prefix: str, generations: bool) -> ObjectStore:
    return ObjectStore(address, connect, prefix=prefix, generations=generations)


def _entry(key: str, found: Mapping[str, Any]) -> Entry:
    etag = _plain(found["e_tag"] or "")
    return Entry(key, found["size"], found["last_modified"].timestamp(), etag)


def _plain(etag: str) -> str:
    """An etag without its quotes, which some storages leave out in listings."""
    quoted = len(etag) > 1 and etag[0] == etag[-1] == '"'
    return etag[1:-1] if quoted else etag
