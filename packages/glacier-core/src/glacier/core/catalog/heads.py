"""The first rows of a version, read as far as they are shown.

Files are not checked here against their checksums, which would be to read all of them; that they
have the right size is.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Sequence

from glacier.core.catalog.cells import Head, head_of_items, head_of_value
from glacier.core.catalog.locations import Location
from glacier.core.errors import KeyMissing, MissingLibrary, TableError, VersionDamaged
from glacier.core.formats import read_value
from glacier.core.formats.choice import name_of_path
from glacier.core.libraries import installed, library
from glacier.core.storage.tables import TABLE
from glacier.core.tables import find_version, read_table, split_address
from glacier.core.versions import Part, Version, fetch

__all__ = ["read_head"]

_WHOLE_AT_MOST = 64 << 20  # bytes of a file that can only be read as a whole
_LINE = 10_000  # bytes of a text that may have no lines


def read_head(location: Location, version: Version, count: int) -> Head:
    """The first ``count`` rows, items or lines of a version.

    A pickle is opened only where it is Glacier's own, for opening one runs what is in it. Raises
    what reading raises: :class:`~glacier.core.errors.VersionDamaged`,
    :class:`~glacier.core.errors.FormatError`, :class:`~glacier.core.errors.MissingLibrary`.
    """
    if version.format == "pickle" and not location.private:
        return Head(note="it is pickled, and opening it would run what is in it: not shown")
    if version.format == TABLE:
        return _table(version, count)
    whole = version.format in ("json", "pickle")
    parts = version.parts[:count] if version.mapped else version.parts
    if whole and sum(part.size for part in parts) > _WHOLE_AT_MOST:
        return Head(note=f"{version.format} is read as a whole, and this is too large: not shown")
    if version.format == "pickle":
        numbers = range(len(parts))
        return _pickled(fetch(location.store, version, numbers), version, count)
    paths = [_path(location, version, part) for part in parts]
    if version.mapped:
        items = (_item(path, version) for path in paths)
        return head_of_items(items, count)
    if not paths:
        return Head(note="it is empty")
    return _HEADS.get(version.format, _document)(paths, version, count)


def _table(version: Version, count: int) -> Head:
    """The first rows of a table, if they are still those of the version."""
    place = (version.recipe or {}).get("table")
    if not isinstance(place, str):
        return Head(note="its rows are in a database, nobody knows which: not shown")
    try:
        url, name = split_address(place)
        found = find_version(url, name)
        if found is None or found.run != version.version:
            return Head(note=f"its rows have been replaced since, in {place}: not shown")
        rows = read_table(url, name, wanted=Iterator[Dict[str, Any]], version=found)
        return head_of_items(rows, count)
    except (MissingLibrary, TableError) as error:  # such as one that asks for a password
        return Head(note=f"its rows are in {place}, and not shown: {error}")


def _path(location: Location, version: Version, part: Part) -> str:
    """The file of a part, if it has the size that it should."""
    key, expected = f"{version.address.key}/{part.key}", f"{part.size:,} bytes"
    store, found = location.store, "it is missing"
    try:
        size = store.head(key).size
        if size == part.size:
            return store.local(key)
        found = f"it has {size:,} bytes"
    except KeyMissing:
        pass
    raise VersionDamaged(what=str(version), file=store.uri(key), expected=expected, found=found)


def _item(path: str, version: Version) -> Any:
    if version.format == "file" or version.kind == "path":
        return Path(path)
    return read_value([path], format=version.format, kind=version.kind)


def _pickled(paths: List[str], version: Version, count: int) -> Head:
    if version.mapped or version.kind == "iterator":
        items = (
            item
            for path in paths
            for item in read_value([path], format="pickle", wanted=Iterator[Any], declared="pickle")
        )
        return head_of_items(items, count)
    return head_of_value(read_value(paths, format="pickle", declared="pickle"), count)


def _document(paths: Sequence[str], version: Version, count: int) -> Head:
    return head_of_value(read_value(paths, format=version.format), count)


def _records(paths: Sequence[str], version: Version, count: int) -> Head:
    return head_of_items(read_value(paths, format=version.format, wanted=Iterator[Any]), count)


def _parquet(paths: Sequence[str], version: Version, count: int) -> Head:
    if not installed("pyarrow") and installed("polars"):
        polars = library("polars", need="format 'parquet'")
        frame = read_value(paths, format="parquet", wanted=polars.LazyFrame)
        return head_of_value(frame.head(count).collect(), count)
    arrow = library("pyarrow", need="format 'parquet'")
    reader = read_value(paths, format="parquet", wanted=arrow.RecordBatchReader)
    return head_of_value(reader, count)


def _array(paths: Sequence[str], version: Version, count: int) -> Head:
    numpy = library("numpy", need="format 'npy'")
    if len(paths) > 1:
        return head_of_items(read_value(paths, format="npy", wanted=Iterator[Any]), count)
    if version.rows == 0:  # no bytes, and so nothing to be mapped
        return _document(paths, version, count)
    mapped = numpy.load(paths[0], mmap_mode="r", allow_pickle=False)
    return head_of_value(numpy.asarray(mapped), count)


def _text(paths: Sequence[str], version: Version, count: int) -> Head:
    with open(paths[0], encoding="utf-8", errors="replace", newline="") as file:
        lines = list(islice(iter(lambda: file.readline(_LINE), ""), count))
    return Head(None, tuple([(line.rstrip("\r\n"),) for line in lines]))


def _bytes(paths: Sequence[str], version: Version, count: int) -> Head:
    with open(paths[0], "rb") as file:
        lines = list(islice(iter(lambda: file.read(16), b""), count))
    return Head(None, tuple([(line.hex(" "),) for line in lines]), "bytes in hexadecimal")


def _files(paths: Sequence[str], version: Version, count: int) -> Head:
    named = name_of_path(paths[0])
    if named in ("csv", "ndjson", "parquet") and len(paths) == 1:
        return _HEADS[named](paths, version._replace(format=named), count)
    return Head(None, tuple([(path,) for path in paths[:count]]), "files as they are")


_HEADS: Dict[str, Callable[[Sequence[str], Version, int], Head]] = {
    "bytes": _bytes,
    "csv": _records,
    "file": _files,
    "ndjson": _records,
    "npy": _array,
    "parquet": _parquet,
    "text": _text,
}
