"""Values that a hash can stand for: canonical text of literals and of run parameters."""

from __future__ import annotations

import enum
import pathlib
import re
from typing import Any, Optional

from glacier.core.typeforms import class_of

__all__ = ["is_constant", "literal"]

_ATOMS = (str, bytes, bool, int, float, complex, type(None), type(Ellipsis))
# By name, so that nothing is imported for it.
_BY_TEXT = frozenset((
    ("builtins", "range"), ("builtins", "slice"), ("datetime", "date"), ("datetime", "datetime"),
    ("datetime", "time"), ("datetime", "timedelta"), ("datetime", "timezone"),
    ("decimal", "Decimal"), ("fractions", "Fraction"), ("uuid", "UUID"),
))  # fmt: skip


def literal(value: Any) -> Optional[str]:
    """The canonical text of a value, with its types; ``None`` for one that has no such text."""
    return _literal(value, 50)


def _literal(value: Any, depth: int) -> Optional[str]:
    kind = class_of(value)
    if kind in _ATOMS:
        return f"{kind.__name__}:{value!a}"
    if _is_told_by_text(kind):
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


def _is_told_by_text(kind: type) -> bool:
    return (kind.__module__, kind.__qualname__) in _BY_TEXT


def _joined(kind: str, parts: Any) -> Optional[str]:
    return None if None in parts else f"{kind}({','.join(parts)})"


def is_constant(value: Any) -> bool:
    """Whether a value cannot change while the process runs, so that it may stand for its name."""
    kind = class_of(value)
    if kind in (tuple, frozenset):
        return all(map(is_constant, value))
    return (
        kind in _ATOMS
        or _is_told_by_text(kind)
        or isinstance(value, (enum.Enum, pathlib.PurePath, re.Pattern))
    )
