"""A store in memory: the contract in its plainest form, and what tests do to it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import time
import weakref
from typing import BinaryIO, Callable, Dict, Iterator, Optional, Tuple, Union

from glacier.core.contracts import Entry, Store
from glacier.core.errors import KeyChanged, KeyExists, KeyMissing
from glacier.core.stores import check_key
from glacier.core.stores.keys import check_prefix

__all__ = ["MemoryStore"]


class MemoryStore:
    """Like a remote store: it has no files, and gives temporary copies of what it holds."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.content: Dict[str, Tuple[bytes, float]] = {}
        self._clock = clock
        self._folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, self._folder)

    def get(self, key: str, start: int = 0, length: Optional[int] = None) -> bytes:
        data = self._found(key)[0]
        return data[start : None if length is None else start + length]

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self.get(key))

    def head(self, key: str) -> Entry:
        data, modified = self._found(key)
        return Entry(key, len(data), modified, hashlib.sha256(data).hexdigest())

    def list(self, prefix: str = "") -> Iterator[Entry]:
        stem = check_prefix(prefix, where="memory:")
        return iter([self.head(key) for key in sorted(self.content) if key.startswith(stem)])

    def put(
        self,
        key: str,
        data: Union[bytes, str],
        *,
        if_absent: bool = False,
        if_match: Optional[str] = None,
    ) -> str:
        where = self.uri(key)
        found = self.head(key).etag if key in self.content else None
        if if_absent and found is not None:
            raise KeyExists(where=where)
        if if_match is not None and found != if_match:
            raise KeyChanged(where=where, expected=if_match, found=found)
        if isinstance(data, str):
            with open(data, "rb") as file:
                content = file.read()
            os.unlink(data)
        else:
            content = data
        self.content[key] = content, self._clock()
        return self.head(key).etag

    def delete(self, key: str) -> None:
        self.uri(key)
        self.content.pop(key, None)

    def uri(self, key: str) -> str:
        return f"memory:{check_key(key, where='memory:')}"

    def stage(self, extension: str = "") -> str:
        name = os.urandom(8).hex()
        return os.path.join(self._folder, f"{name}.{extension}" if extension else name)

    def local(self, key: str) -> str:
        path = self.stage()
        with open(path, "wb") as file:
            file.write(self.get(key))
        return path

    def _found(self, key: str) -> Tuple[bytes, float]:
        where = self.uri(key)
        if key not in self.content:
            raise KeyMissing(where=where)
        return self.content[key]


_: Store = MemoryStore()
