"""What was written, and what a format is."""

from __future__ import annotations

import os
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Protocol, Sequence, Tuple

__all__ = ["PART_BYTES", "Columns", "Format", "PartFile", "Parts", "Stage", "Written"]

# A stream begins a new part past this size, so that parts can be moved and read side by side.
PART_BYTES = 128 << 20

Columns = Tuple[Tuple[str, str], ...]
Stage = Callable[[str], str]


class PartFile(NamedTuple):
    """One file of a value; ``rows`` where it has rows or items."""

    path: str
    rows: Optional[int]


class Written(NamedTuple):
    """What became of a value.

    ``format`` and ``kind`` (what the value was, ``"polars.DataFrame"``) are what
    :func:`~glacier.core.formats.read_value` needs to give it back, with ``mapped``: whether each
    part is an item. ``columns`` are the names and types of a table.
    """

    format: str
    parts: Tuple[PartFile, ...]
    columns: Optional[Columns]
    rows: Optional[int]
    kind: str
    mapped: bool = False


class Parts:
    """The files of one value while it is written.

    ``stage(extension)`` gives the path of a new file; the extension has no dot. A file outside the
    folder ``scratch`` is not Glacier's to move.
    """

    def __init__(self, stage: Stage, scratch: Optional[str], size: int) -> None:
        self._stage = stage
        self._files: List[PartFile] = []
        self.scratch = scratch
        self.size = size

    def new(self, extension: str) -> str:
        """The path of the next part."""
        path = os.fspath(self._stage(extension))
        self._files.append(PartFile(path, None))
        return path

    def count(self, rows: Optional[int]) -> None:
        """Tell how many rows the latest part has."""
        self._files[-1] = self._files[-1]._replace(rows=rows)

    @property
    def files(self) -> Tuple[PartFile, ...]:
        return tuple(self._files)

    @property
    def rows(self) -> Optional[int]:
        """The rows of all parts together."""
        total = 0
        for file in self._files:
            if file.rows is None:
                return None
            total += file.rows
        return total

    def discard(self) -> None:
        """Remove what was written."""
        for file in self._files:
            try:
                os.unlink(file.path)
            except FileNotFoundError:
                continue


class Format(Protocol):
    """How values lie in files. ``extension`` has no dot; ``kinds`` are explained in ``kinds``."""

    @property
    def name(self) -> str: ...

    @property
    def extension(self) -> str: ...

    def write(self, value: Any, kind: str, parts: Parts) -> Optional[Columns]:
        """Write one value. Raises :class:`~glacier.core.errors.UnfitValue`."""
        ...

    def write_items(self, items: Iterator[Any], parts: Parts) -> Optional[Columns]:
        """Write a stream of items, a few at a time, for ``items`` to read again."""
        ...

    def read(self, paths: Sequence[str], kind: Optional[str]) -> Any:
        """The value as one of that kind; ``None`` is what the format itself suggests."""
        ...

    def items(self, paths: Sequence[str], kind: Optional[str]) -> Iterator[Any]:
        """The items of the value, each of that kind, read as they are asked for."""
        ...
