"""A store of which only the keys are read that are known, by somebody who may list nothing.

S3 tells him that a key is forbidden where nothing is under it, so the two are one here.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, BinaryIO, Dict, Generator, Iterator, Optional, Tuple, Union

from glacier.core.contracts import Entry, Store
from glacier.core.errors import KeyMissing, StoreDenied

__all__ = ["Hidden", "KnownKeys"]

_RECORD = "/version.json"  # what is under such a key never changes
_REMEMBERED = 256


class Hidden(KeyMissing):
    """A key under which nothing is stored, or that this identity may not read."""

    def __init__(self, *, where: str) -> None:
        super().__init__(where=where)
        self.reason = "there is nothing, or this identity may not read it"
        self.args = (f"{self.where}: {self.reason}. {self.mend}",)


class KnownKeys:
    """The same store for an identity without the right to list; records of versions are read once.

    It has the methods of :class:`~glacier.core.contracts.Store`.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._records: Dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"KnownKeys({self.store!r})"

    def __reduce__(self) -> Tuple[object, ...]:
        return KnownKeys, (self.store,)

    def get(self, key: str, start: int = 0, length: Optional[int] = None) -> bytes:
        """The content, or so many bytes of it from ``start``."""
        is_record = key.endswith(_RECORD) and not start and length is None
        if is_record and key in self._records:
            return self._records[key]
        with self._reading(key):
            found = self.store.get(key, start, length)
        if is_record:
            if len(self._records) >= _REMEMBERED:
                self._records.clear()
            self._records[key] = found
        return found

    def open(self, key: str) -> BinaryIO:
        """The content as a stream."""
        with self._reading(key):
            return self.store.open(key)

    def head(self, key: str) -> Entry:
        """What is known of it."""
        with self._reading(key):
            return self.store.head(key)

    def local(self, key: str) -> str:
        """The path of a file with this content."""
        with self._reading(key):
            return self.store.local(key)

    def put(
        self,
        key: str,
        data: Union[bytes, str],
        *,
        if_absent: bool = False,
        if_match: Optional[str] = None,
    ) -> str:
        """Store bytes, or the file at a path, which is moved in."""
        return self.store.put(key, data, if_absent=if_absent, if_match=if_match)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """All that lies below a prefix, for who may list after all."""
        return self.store.list(prefix)

    def delete(self, key: str) -> None:
        """Remove it, if it is there."""
        self._records.pop(key, None)
        self.store.delete(key)

    def uri(self, key: str) -> str:
        """Its address."""
        return self.store.uri(key)

    def stage(self, extension: str = "") -> str:
        """A path for a new temporary file."""
        return self.store.stage(extension)

    def close(self) -> None:
        """Let go of temporary files, and of what was remembered."""
        self._records.clear()
        held: Any = self.store
        if hasattr(held, "close"):  # a store need not hold anything for writing
            held.close()

    @contextmanager
    def _reading(self, key: str) -> Generator[None, None, None]:
        try:
            yield
        except StoreDenied as error:
            raise Hidden(where=self.uri(key)) from error
