"""What lies at an address → a value, or a stream of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Iterator, List

from glacier.core.errors import InvalidExternal, UnfitTarget
from glacier.core.external import buckets, files, web
from glacier.core.external.source import Part, Source, shown
from glacier.core.external.unpacking import unpacked
from glacier.core.formats import format_named, read_value
from glacier.core.formats.kinds import FRAMES, STREAMS, Target, target_of

__all__ = ["read_external"]

_REMOTE = ("objects", "url")
# Formats of which each file holds a value of its own; the rows of the others are put together.
_SINGLE = ("bytes", "json", "npy", "pickle", "text")


def read_external(source: Source, *, scratch: str, wanted: Any = None) -> Any:
    """The value that lies at an address that was resolved.

    ``wanted`` is the type that the reader's annotation names, as for
    :func:`~glacier.core.formats.read_value`. An ``Iterator`` brings one file after another here,
    and removes it when it has been read. What is downloaded or unpacked for a ``LazyFrame``, a
    ``RecordBatchReader`` or a ``Path`` stays in the folder ``scratch``, which is the caller's to
    remove. Of a packed file, a ``Path`` is that file as it is. A folder or a pattern of JSON, text
    and other files that hold a value each is read as the list of all their items.

    Raises :class:`~glacier.core.errors.ExternalError`, :class:`~glacier.core.errors.FormatError`,
    :class:`~glacier.core.errors.TableError` and :class:`~glacier.core.errors.MissingLibrary`.
    """
    if source.kind == "table":
        from glacier.core.tables import read_table, split_address

        return read_table(*split_address(source.address), wanted=wanted)
    target = target_of(wanted)
    if target.kind == "path":
        return _path(source, scratch)
    if target.item == "path":
        paths = (Path(_fetched(part, source, scratch)) for part in source.parts)
        return paths if target.kind == "iterator" else list(paths)
    if source.format is None:
        raise _unknown(source)
    if target.kind == "iterator":
        return _items(source, scratch, wanted, source.format)
    return _whole(source, scratch, wanted, target, source.format)


def _whole(source: Source, scratch: str, wanted: Any, target: Target, format: str) -> Any:
    held: List[str] = []
    try:
        paths = [_plain(part, source, scratch, held) for part in source.parts]
        if source.many and format in _SINGLE and target.kind not in FRAMES:
            value: Any = list(format_named(format).items(paths, target.item))
        else:
            value = read_value(paths, format=format, wanted=wanted, declared=format)
    except BaseException:
        _remove(held)
        raise
    if target.kind not in STREAMS:
        _remove(held)
    return value


def _items(source: Source, scratch: str, wanted: Any, format: str) -> Iterator[Any]:
    for part in source.parts:
        held: List[str] = []
        try:
            path = _plain(part, source, scratch, held)
            yield from read_value([path], format=format, wanted=wanted, declared=format)
        finally:
            _remove(held)


def _path(source: Source, scratch: str) -> Path:
    if len(source.parts) == 1 and not source.many:
        return Path(_fetched(source.parts[0], source, scratch))
    if source.kind == "files" and os.path.isdir(source.address):
        return Path(os.path.abspath(source.address))
    raise UnfitTarget(
        format=source.format or "file",
        wanted="a Path",
        mend="It may name many files: annotate with Iterator[Path].",
    )


def _fetched(part: Part, source: Source, scratch: str) -> str:
    """The path of a part on this machine."""
    if source.kind in _REMOTE:
        return _downloaded(part, source, _folder(scratch))
    if not source.given:
        files.check(part, source.address)
    return part.place


def _plain(part: Part, source: Source, scratch: str, held: List[str]) -> str:
    """The path of a part that is not packed; folders made for it are noted in ``held``."""
    folder = _folder(scratch)
    held.append(folder)
    remote = source.kind in _REMOTE
    path = _downloaded(part, source, folder) if remote else _fetched(part, source, scratch)
    found = unpacked(path, folder)
    if found != path and remote:
        os.unlink(path)
    return found


def _downloaded(part: Part, source: Source, folder: str) -> str:
    download = web.download if source.kind == "url" else buckets.download
    return download(part, folder, checked=not source.given)


def _folder(scratch: str) -> str:
    return tempfile.mkdtemp(prefix="external-", dir=scratch)


def _remove(folders: List[str]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _unknown(source: Source) -> InvalidExternal:
    first = os.path.basename(source.parts[0].place) if source.kind != "url" else ""
    reason = f"the name {first!r} does not tell its format" if first else "nothing tells its format"
    if source.many:
        reason = "the names of its files tell no format, or several"
    return InvalidExternal(
        address=shown(source.address),
        reason=reason,
        mend="Say it: External(…, format='csv'). Or annotate with Path, or Iterator[Path].",
    )
