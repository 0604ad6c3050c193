"""How kinds of columns are declared in SQLite, and their values stored.

SQLite knows numbers, text and bytes. A declared type that contains ``TEXT`` keeps text as it is;
another one, such as ``DECIMAL``, would make a number of what looks like one.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, Optional, Tuple
from uuid import UUID

from glacier.core.tables.columns import Column
from glacier.core.textual import from_text, to_text

__all__ = ["declared", "kind_declared", "loader", "storer"]

_DECLARED = {
    "bool": "BOOLEAN",
    "bytes": "BLOB",
    "date": "DATE",
    "decimal": "DECIMAL_TEXT",
    "float32": "REAL",
    "float64": "REAL",
    "int16": "INTEGER",
    "int32": "INTEGER",
    "int64": "INTEGER",
    "interval": "DURATION_TEXT",
    "json": "JSON_TEXT",
    "text": "TEXT",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "uuid": "UUID_TEXT",
}
_KINDS = {
    "BOOLEAN": "bool",
    "DATE": "date",
    "DECIMAL_TEXT": "decimal",
    "DURATION_TEXT": "interval",
    "JSON_TEXT": "json",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "UUID_TEXT": "uuid",
}
_AFFINITIES = (
    ("INT", "int64"),
    ("CHAR", "text"),
    ("CLOB", "text"),
    ("TEXT", "text"),
    ("BLOB", "bytes"),
    ("REAL", "float64"),
    ("FLOA", "float64"),
    ("DOUB", "float64"),
)


def declared(column: Column) -> str:
    """The type that a column is declared with."""
    text = _DECLARED[column.kind or "text"]
    if column.kind == "decimal" and column.precision is not None:
        return f"{text}({column.precision},{column.scale})"
    return text


def kind_declared(text: str) -> Tuple[Optional[str], Optional[int], Optional[int]]:
    """The kind of a declared type, with precision and scale; ``None`` if it tells none."""
    upper = text.upper()
    found = re.fullmatch(r"([A-Z_]+)(?:\((\d+), ?(\d+)\))?", upper)
    if found and found[1] in _KINDS:
        kind = _KINDS[found[1]]
        return (kind, int(found[2]), int(found[3])) if found[2] else (kind, None, None)
    return next((kind for part, kind in _AFFINITIES if part in upper), None), None, None


def _utc(value: datetime) -> str:
    return value.astimezone(timezone.utc).isoformat()


def _float_stored(value: float) -> Any:
    # SQLite makes a missing value of a NaN, and keeps this text in a column of numbers.
    return value if value == value else "NaN"


_STORERS: Dict[str, Callable[[Any], Any]] = {
    "date": date.isoformat,
    "decimal": str,
    "float32": _float_stored,
    "float64": _float_stored,
    "interval": lambda value: to_text(value, "timedelta"),
    "time": time.isoformat,
    "timestamp": datetime.isoformat,
    "timestamptz": _utc,
    "uuid": str,
}
_LOADERS: Dict[str, Callable[[Any], Any]] = {
    "bool": bool,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "float32": float,
    "float64": float,
    "interval": lambda text: from_text(text, timedelta, "timedelta"),
    "json": json.loads,
    "time": time.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "timestamptz": datetime.fromisoformat,
    "uuid": UUID,
}


def storer(column: Column) -> Optional[Callable[[Any], Any]]:
    """What makes of a value what SQLite stores, ``None`` if it is that."""
    return _STORERS.get(column.kind or "")


def loader(column: Column) -> Optional[Callable[[Any], Any]]:
    """The way back."""
    return _LOADERS.get(column.kind or "")
