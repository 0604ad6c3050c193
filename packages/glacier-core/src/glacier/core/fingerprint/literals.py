"""Values that a hash can stand for: canonical text of literals and of run parameters."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import pathlib
import re
import uuid
from typing import Any, Optional

from glacier.core.typeforms import class_of

__all__ = ["is_constant", "literal"]

_ATOMS = (str, bytes, bool, int, float, complex, type(None), type(Ellipsis))
_BY_TEXT = (
    datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone,
    decimal.Decimal, fractions.Fraction, uuid.UUID, range, slice,
)  # fmt: skip


def literal(value: Any) -> Optional[str]:
    """The canonical text of a value, with its types; ``None`` for one that has no such text."""
    return _literal(value, 50)


def _literal(value: Any, depth: int) -> Optional[str]:
    kind = class_of(value)
    if kind in _ATOMS:
        return f"{kind.__name__}:{value!a}"
    if kind in _BY_TEXT:
        return f"{kind.__name__}:{repr(value)!a}"
    if isinstance(value, enum.Enum):
        return f"{kind.__qualname__}.{value.name}"
    if isinstance(value, pathlib.PurePath):
        return f"path:{value.as_posix()!a}"
    if kind is re.Pattern:
        return f"pattern:{value.pattern!a}:{int(value.flags)}"
    if not depth:
        return None
    if kind in (list, tuple):
        return _joined(kind.__name__, [_literal(one, depth - 1) for one in value])
    if kind in (set, frozenset):
        parts = [_literal(one, depth - 1) for one in value]
        return None if None in parts else _joined(kind.__name__, sorted(map(str, parts)))
    if kind is dict:
        items = [_literal(item, depth - 1) for item in value.items()]
        return _joined("dict", items)
    return None


def _joined(kind: str, parts: Any) -> Optional[str]:
    return None if None in parts else f"{kind}({','.join(parts)})"


def is_constant(value: Any) -> bool:
    """Whether a value cannot change while the process runs, so that it may stand for its name."""
    kind = class_of(value)
    if kind in (tuple, frozenset):
        return all(map(is_constant, value))
    return (
        kind in _ATOMS
        or kind in _BY_TEXT
        or isinstance(value, (enum.Enum, pathlib.PurePath, re.Pattern))
    )
