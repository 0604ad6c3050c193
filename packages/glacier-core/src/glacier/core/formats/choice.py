"""Which format a value gets, and formats by name."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Iterable, Optional

from glacier.core.errors import UnfitValue, UnknownFormat
from glacier.core.errors._base import a_type
from glacier.core.formats.kinds import FRAMES, kind_of, near_kind
from glacier.core.formats.records import Format

__all__ = ["default_name", "format_for", "format_named", "name_for_items", "name_of_path"]

_ROOMS = {
    "bytes": "texts",
    "csv": "sheets",
    "file": "files",
    "json": "documents",
    "ndjson": "lines",
    "npy": "arrays",
    "parquet": "columnar",
    "pickle": "pickles",
    "text": "texts",
}
_ALIASES = {"jsonl": "ndjson"}
_DEFAULTS = {
    **dict.fromkeys(FRAMES, "parquet"),
    "bytes": "bytes",
    "iterator": "ndjson",
    "numpy.ndarray": "npy",
    "path": "file",
    "str": "text",
}
_EXTENSIONS = {
    "bin": "bytes",
    "csv": "csv",
    "json": "json",
    "jsonl": "ndjson",
    "ndjson": "ndjson",
    "npy": "npy",
    "parquet": "parquet",
    "txt": "text",
}


def format_named(name: Any) -> Format:
    """The format of that name. Raises :class:`~glacier.core.errors.UnknownFormat`."""
    name = _ALIASES.get(name, name) if isinstance(name, str) else name
    if not isinstance(name, str) or name not in _ROOMS:
        raise UnknownFormat(name=name, known=_ROOMS)
    module = import_module(f"glacier.core.formats.{_ROOMS[name]}")
    found: Format = module.FORMATS[name]
    return found


def format_for(value: object, name: Optional[str] = None) -> Format:
    """The format of that name, or the one that the value's type is written in."""
    return format_named(default_name(value) if name is None else name)


def default_name(value: object) -> str:
    """The name of the format in which a value is written where none is declared."""
    kind = kind_of(value)
    near = near_kind(value) if kind == "object" else None
    if near is not None:
        raise UnfitValue(
            format=_DEFAULTS[near],
            place="value",
            found=a_type(value),
            reason=f"it would come back as {near}, of which that is a subclass",
            mend=f"Return a {near}, or declare format='pickle'.",
        )
    return _DEFAULTS.get(kind, "json")


def name_for_items(values: Iterable[object]) -> str:
    """The format for items that are a part each; texts are JSON, for other items may be none."""
    names = {_item_name(value) for value in values}
    return names.pop() if len(names) == 1 else "json"


def _item_name(value: object) -> str:
    kind = kind_of(value)
    return "json" if kind in ("str", "iterator") else default_name(value)


def name_of_path(path: str) -> Optional[str]:
    """The format that a file's name suggests, whether compressed or not."""
    name = path[:-3] if path.endswith(".gz") else path
    return _EXTENSIONS.get(name.rpartition(".")[2].lower())
