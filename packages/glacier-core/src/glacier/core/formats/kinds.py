"""What a value is, and what a reader wants: names of types, so that no library is imported.

``pandas.DataFrame``, ``polars.DataFrame``, ``polars.LazyFrame``, ``pyarrow.Table``,
``pyarrow.RecordBatch``, ``pyarrow.RecordBatchReader`` and ``numpy.ndarray`` are what they say;
``path``, ``iterator``, ``str`` and ``bytes`` too; all else is ``object``.
"""

from __future__ import annotations

import collections.abc
import io
from pathlib import PurePath
from typing import Any, NamedTuple, Optional

from glacier.core.typeforms import class_of, get_args, get_origin, members_of_union, plain

__all__ = ["FRAMES", "STREAMS", "Target", "kind_of", "kind_of_type", "near_kind", "target_of"]

STREAMS = frozenset({"polars.LazyFrame", "pyarrow.RecordBatchReader"})
FRAMES = STREAMS | {
    "pandas.DataFrame",
    "polars.DataFrame",
    "pyarrow.RecordBatch",
    "pyarrow.Table",
}
_ITERATORS = (collections.abc.Iterator, collections.abc.Generator)


class Target(NamedTuple):
    """What a reader wants: a kind, ``None`` if it is as the value was, and that of its items."""

    kind: Optional[str] = None
    item: Optional[str] = None


def kind_of(value: object) -> str:
    """The kind of a value. A subclass of a known type is an ``object``: it would not come back."""
    kind = class_of(value)
    if kind in (str, bytes):
        return str(kind.__name__)
    named = _named(kind)
    if named is not None:
        return named
    if isinstance(value, PurePath):
        return "path"
    if isinstance(value, collections.abc.Iterator) and not isinstance(value, io.IOBase):
        return "iterator"
    return "object"


def _named(kind: Any) -> Optional[str]:
    name = f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
    return name if name in FRAMES or name == "numpy.ndarray" else None


def near_kind(value: object) -> Optional[str]:
    """The kind of which a value is almost one, being of a subclass."""
    return next(filter(None, map(_named, type(value).__mro__[1:])), None)


def kind_of_type(kind: Any) -> Optional[str]:
    """The kind of the values of a type, ``None`` if it is none in particular."""
    kind = plain(kind)
    if not isinstance(kind, type):
        return None
    if issubclass(kind, PurePath):
        return "path"
    if kind in (str, bytes, dict):
        return kind.__name__
    return _named(kind)


def target_of(wanted: Any) -> Target:
    """What an annotation asks for: ``Iterator[T]`` a stream, ``List[T]`` items of that kind."""
    wanted = plain(wanted)
    members = [one for one in members_of_union(wanted) if one is not type(None)]
    if members:
        return target_of(members[0]) if len(members) == 1 else Target()
    origin = get_origin(wanted) or wanted
    arguments = get_args(wanted)
    item = _item(arguments[0]) if arguments else None
    if origin in _ITERATORS:
        return Target("iterator", item)
    if origin is list:
        return Target("list", item)
    return Target(kind_of_type(wanted))


def _item(kind: Any) -> Optional[str]:
    origin = get_origin(plain(kind))
    return "dict" if origin is dict else kind_of_type(kind)
