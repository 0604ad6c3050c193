"""Part files → a value, or a stream of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterator, Optional, Sequence

from glacier.core.errors import PickleRefused, UnfitTarget
from glacier.core.formats.choice import format_named
from glacier.core.formats.kinds import FRAMES, target_of
from glacier.core.formats.records import Format
from glacier.core.typeforms import type_name

__all__ = ["read_value"]


def read_value(
    paths: Sequence[str],
    *,
    format: str,
    wanted: Any = None,
    mapped: bool = False,
    kind: Optional[str] = None,
    declared: Optional[str] = None,
) -> Any:
    """The value that lies in these files.

    ``format``, ``kind`` and ``mapped`` are what :class:`~glacier.core.formats.Written` said;
    without a ``kind`` the format suggests one. ``wanted`` is the type that the reader's annotation
    names, ``None`` for the value as it was. An iterator is a list unless an ``Iterator`` is
    wanted. ``Iterator``, ``LazyFrame``, ``RecordBatchReader`` and ``Path`` read nothing
    before they are used, so the files must stay as long. ``declared`` is the format that the
    dataset declares: a pickle is read only where that is ``"pickle"``.

    Raises :class:`~glacier.core.errors.FormatError` and
    :class:`~glacier.core.errors.MissingLibrary`.
    """
    paths = [os.fspath(path) for path in paths]
    chosen = format_named(format)
    target = target_of(wanted)
    if chosen.name == "pickle" and declared != "pickle" and "path" not in target:
        raise PickleRefused(path=paths[0] if paths else "the dataset")
    if target.kind == "iterator":
        if mapped or target.item == "path":
            return _each(paths, chosen, target.item or kind)
        return chosen.items(paths, target.item or (None if kind == "iterator" else kind))
    if target.kind == "path":
        return _path(paths, chosen, wanted)
    if mapped and target.kind not in FRAMES:
        return list(_each(paths, chosen, target.item or kind))
    if target.kind == "list" and target.item is not None:
        return list(chosen.items(paths, target.item))
    if kind == "iterator" and target.kind not in FRAMES:
        return list(chosen.items(paths, None))
    if kind == "path" and target.kind is None:
        return _path(paths, chosen, wanted)
    asked = None if target.kind in ("list", "dict") else target.kind
    return chosen.read(paths, asked or (None if kind == "iterator" else kind))


def _each(paths: Sequence[str], chosen: Format, kind: Optional[str]) -> Iterator[Any]:
    for path in paths:
        yield Path(path) if kind == "path" else chosen.read([path], kind)


def _path(paths: Sequence[str], chosen: Format, wanted: Any) -> Path:
    if len(paths) != 1:
        raise UnfitTarget(
            format=chosen.name,
            wanted=type_name(wanted) if wanted is not None else "a Path",
            mend=f"It has {len(paths)} files: annotate with Iterator[Path] for one after another.",
        )
    return Path(paths[0])
