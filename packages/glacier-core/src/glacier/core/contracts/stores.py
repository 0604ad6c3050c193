"""What keeps data: bytes by key."""

from __future__ import annotations

from typing import BinaryIO, Iterator, NamedTuple, Optional, Protocol, Union

__all__ = ["Entry", "Store"]


class Entry(NamedTuple):
    """What a store knows of one key without reading it.

    ``size`` is in bytes, ``modified`` in seconds since the epoch by the store's clock. ``etag`` is
    another one whenever the content is another one; a listing may leave it empty.
    """

    key: str
    size: int
    modified: float
    etag: str = ""


class Store(Protocol):
    """Bytes by key. A key is a relative path such as ``etl/clean/_/latest.json``.

    A key is always either absent or wholly there: no reader sees half of what is being written,
    and what a process that was killed leaves behind is never under a key. Every method raises
    :class:`~glacier.core.errors.InvalidKey` for what is not a key, and other subclasses of
    :class:`~glacier.core.errors.StoreError` for what goes wrong. Stores can be pickled.
    """

    def get(self, key: str, start: int = 0, length: Optional[int] = None) -> bytes:
        """The content, or so many bytes of it from ``start``; raises ``KeyMissing``."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The content as a stream; raises ``KeyMissing``."""
        ...

    def put(
        self,
        key: str,
        data: Union[bytes, str],
        *,
        if_absent: bool = False,
        if_match: Optional[str] = None,
    ) -> str:
        """Store bytes, or the file at a path, which is moved in; returns the new etag.

        With ``if_absent`` only one caller ever succeeds, and the others raise ``KeyExists``. With
        ``if_match`` the content is replaced only if its etag is still that one, else
        ``KeyChanged`` is raised. A file that could not be stored is left where it is.
        """
        ...

    def head(self, key: str) -> Entry:
        """What is known of it; raises ``KeyMissing``."""
        ...

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """All that lies below ``prefix + "/"`` at any depth, in the order of the keys."""
        ...

    def delete(self, key: str) -> None:
        """Remove it, if it is there."""
        ...

    def uri(self, key: str) -> str:
        """Its address, for people and for other programs."""
        ...

    def stage(self, extension: str = "") -> str:
        """A path for a new temporary file, from which :meth:`put` moves with the least work.

        There is no file yet. It belongs to this store object in this process: put it from here, or
        it goes when the object or the process does.
        """
        ...

    def local(self, key: str) -> str:
        """The path of a file with this content, only to be read; raises ``KeyMissing``.

        It is the stored file itself where files are stored, else a temporary copy that goes with
        the store object.
        """
        ...
