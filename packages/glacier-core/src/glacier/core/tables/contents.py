"""A hash of what is written to a table, while it is written."""

from __future__ import annotations

import hashlib
from typing import Any, Iterator, List, Sequence, Tuple

from glacier.core.tables.columns import Column

__all__ = ["Digest"]


class Digest:
    """A running sha256 of columns and rows, the same however the rows are grouped.

    A row is hashed as Python writes it: each type that a table holds has one form, which no
    version of Python changes, and a line end in a text is escaped.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._hash = hashlib.sha256(repr([tuple(column) for column in columns]).encode())

    def rows(self, chunks: Iterator[List[Tuple[Any, ...]]]) -> Iterator[List[Tuple[Any, ...]]]:
        """The chunks of rows as they are, hashed on their way."""
        for rows in chunks:
            text = "\n".join(map(repr, rows))
            self._hash.update(f"\n{text}".encode("utf-8", "surrogatepass"))
            yield rows

    def text(self, data: bytes) -> bytes:
        """Rows in the form of a database, whole lines, hashed on their way."""
        self._hash.update(data)
        return data

    def __str__(self) -> str:
        return self._hash.hexdigest()
