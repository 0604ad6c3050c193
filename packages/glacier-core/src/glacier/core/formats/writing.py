"""A value → its part files."""

from __future__ import annotations

import errno
import os
import re
from itertools import chain
from typing import Any, Iterable, Iterator, Optional, Sequence

from glacier.core.errors import UnfitValue
from glacier.core.errors._base import a_type
from glacier.core.formats.choice import format_for, format_named, name_for_items
from glacier.core.formats.kinds import kind_of
from glacier.core.formats.records import PART_BYTES, Format, Parts, Stage, Written

__all__ = ["write_value"]

# Formats that hold many small items in a part; in the others an item is a part.
_STREAMED = {None: "ndjson", "csv": "csv", "json": "ndjson", "ndjson": "ndjson"}
_STREAMED.update({"jsonl": "ndjson", "parquet": "parquet", "pickle": "pickle"})
_SMALL = ("object", "str")
_NO_ROOM = 1 << 20  # bytes; what is written at once is more than that


def write_value(
    value: Any,
    stage: Stage,
    *,
    format: Optional[str] = None,
    mapped: bool = False,
    scratch: Optional[str] = None,
    part_bytes: int = PART_BYTES,
) -> Written:
    """Write a value into new files; if it fails, none of them is left.

    ``stage(extension)`` gives the path of each, ``extension`` without a dot. ``format`` is the
    declared one, else the value's type chooses. ``mapped``: each item of the list or iterator is a
    part. An iterator, a ``LazyFrame`` and a ``RecordBatchReader`` are never whole in memory, and a
    part of theirs is not much larger than ``part_bytes``. A ``Path`` is moved in; with
    ``scratch``, the run's own folder, only from there, and copied from elsewhere.

    Raises :class:`~glacier.core.errors.FormatError`, ``OSError`` with its ``errno`` where the disk
    is full, and what a stream itself raises.
    """
    parts = Parts(stage, scratch, part_bytes)
    try:
        if mapped:
            return _each(value, format, parts)
        kind = kind_of(value)
        if kind == "iterator":
            return _stream(value, format, parts)
        chosen = format_for(value, format)
        columns = chosen.write(value, kind, parts)
        return Written(chosen.name, parts.files, columns, parts.rows, _kept(kind, chosen))
    except BaseException as error:
        number = _number_of(error, parts)
        parts.discard()
        if number is not None:
            raise OSError(number, os.strerror(number)) from error
        raise


def _number_of(error: BaseException, parts: Parts) -> Optional[int]:
    """The number of the error of the operating system that a library tells in words alone."""
    if getattr(error, "errno", None) is not None:
        return None
    found = re.search(r"\(os error (\d+)\)", str(error))  # as polars tells it
    if found is not None:
        return int(found[1])
    if isinstance(error, OSError) and re.search(r"requested and \d+ written", str(error)):
        return errno.ENOSPC  # as numpy does
    # Versions of polars for Python 3.8 panic, and say why on standard error alone.
    if type(error).__name__ == "PanicException" and _is_full(parts):
        return errno.ENOSPC
    return None


def _is_full(parts: Parts) -> bool:
    """Whether the disk of the last part has no room."""
    if not parts.files or not hasattr(os, "statvfs"):
        return False
    disk = os.statvfs(os.path.dirname(parts.files[-1].path))
    return disk.f_bavail * disk.f_frsize < _NO_ROOM


def _stream(items: Iterator[Any], format: Optional[str], parts: Parts) -> Written:
    """An iterator: small items together, large ones a part each."""
    first = next(items, parts)
    if first is parts:
        chosen = format_named(_STREAMED.get(format, format))
        return Written(chosen.name, (), None, 0, "iterator")
    items = chain([first], items)
    if format in _STREAMED and kind_of(first) in _SMALL:
        chosen = format_named(_STREAMED[format])
        columns = chosen.write_items(items, parts)
        return Written(chosen.name, parts.files, columns, parts.rows, "iterator")
    return _parts(items, format_named(format or name_for_items([first])), first, parts)


def _each(values: Iterable[Any], format: Optional[str], parts: Parts) -> Written:
    items = iter(values)
    if format is None and isinstance(values, Sequence):
        chosen = format_named(name_for_items(values) if values else "json")
    else:
        first = next(items, parts)
        chosen = format_named(format or ("json" if first is parts else name_for_items([first])))
        items = items if first is parts else chain([first], items)
    first = next(items, parts)
    if first is parts:
        return Written(chosen.name, (), None, 0, "object", True)
    return _parts(chain([first], items), chosen, first, parts)


def _kept(kind: str, chosen: Format) -> str:
    """What a reader must be told: a pickle is what it is, and so is a text in JSON."""
    plain = chosen.name == "pickle" or (chosen.name == "json" and kind in _SMALL)
    return "object" if plain else kind


def _parts(items: Iterator[Any], chosen: Format, first: Any, parts: Parts) -> Written:
    kind, columns = _kept(kind_of(first), chosen), None
    for number, item in enumerate(items):
        found = kind_of(item)
        if _kept(found, chosen) != kind:
            raise UnfitValue(
                format=chosen.name,
                place=f"item {number}",
                found=a_type(item),
                reason=f"the first item is {a_type(first)}, and all are read back alike",
                mend="Let all items have one type, or declare format='pickle'.",
            )
        columns = chosen.write(item, found, parts)
    return Written(chosen.name, parts.files, columns, len(parts.files), kind, True)
