"""Columns by name and kind, and the kinds of Python's values.

==============  ==========================================  ==========================
kind            PostgreSQL                                  SQLite
==============  ==========================================  ==========================
bool            boolean                                     BOOLEAN (0, 1)
int16 … int64   smallint, integer, bigint                   INTEGER
float32, …64    real, double precision                      REAL
decimal         numeric, numeric(p,s)                       DECIMAL_TEXT
text            text                                        TEXT
bytes           bytea                                       BLOB
date            date                                        DATE (ISO 8601)
time            time without time zone                      TIME
timestamp       timestamp without time zone                 TIMESTAMP
timestamptz     timestamp with time zone                    TIMESTAMPTZ (in UTC)
interval        interval                                    DURATION_TEXT
uuid            uuid                                        UUID_TEXT
json            jsonb                                       JSON_TEXT
==============  ==========================================  ==========================
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple
from uuid import UUID

from glacier.core.errors import UnfitTable, UnfitValue
from glacier.core.errors._base import a_type, described
from glacier.core.typeforms import class_of

__all__ = ["Column", "columns_of", "fitted", "kind_of_value", "named_apart", "named_once"]


class Column(NamedTuple):
    """A column; ``precision`` and ``scale`` are of a decimal, ``None`` if any will do."""

    name: str
    kind: Optional[str]
    precision: Optional[int] = None
    scale: Optional[int] = None


_KINDS: Dict[Any, str] = {
    bool: "bool",
    bytes: "bytes",
    date: "date",
    Decimal: "decimal",
    dict: "json",
    float: "float64",
    int: "int64",
    list: "json",
    str: "text",
    time: "time",
    timedelta: "interval",
    UUID: "uuid",
}
_WIDER: Dict[FrozenSet[Optional[str]], str] = {
    frozenset(["int64", "float64"]): "float64",
    frozenset(["int64", "decimal"]): "decimal",
}
_EXACT = 2**53  # above it not every int is a float
_MEND = "Let the task return values that a table has a type for, one type in a column."


def kind_of_value(value: Any) -> Optional[str]:
    """The kind of a value, ``None`` if no table has one for it."""
    kind = class_of(value)
    if kind is datetime or (isinstance(value, datetime) and kind.__name__ == "Timestamp"):
        return "timestamp" if value.tzinfo is None else "timestamptz"
    if kind is time and value.tzinfo is not None:
        return None
    return _KINDS.get(kind)


def columns_of(rows: Sequence[Dict[str, Any]], table: str, *, whole: bool) -> Tuple[Column, ...]:
    """The columns that records need; ``whole`` if there are no more of them.

    Raises :class:`~glacier.core.errors.UnfitTable`.
    """
    names: Dict[str, None] = {}
    for number, row in enumerate(rows):
        if class_of(row) is not dict:
            raise _unfit(table, f"row {number}", f"it is {a_type(row)} and no dict")
        names.update(dict.fromkeys(row))
    return tuple(_column(name, [row.get(name) for row in rows], table, whole) for name in names)


def _column(name: Any, values: List[Any], table: str, whole: bool) -> Column:
    if class_of(name) is not str or not name or "\0" in name:
        raise _unfit(table, f"a column named {name!r}", "it is no name of a column")
    kinds: Dict[str, int] = {}
    for row, value in enumerate(values):
        if value is None:
            continue
        kind = kind_of_value(value)
        if kind is None:
            raise _unfit(table, _at(name, row), f"it is {described(value)}")
        if kind not in kinds:
            kinds[kind] = row
    if len(kinds) > 1:
        wider = _WIDER.get(frozenset(iter(kinds)))
        if wider is None:
            told = " and ".join(f"{kind} in row {row}" for kind, row in kinds.items())
            raise _unfit(table, f"column {name!r}", f"it holds {told}")
        kinds = {wider: 0}
    kind = next(iter(kinds), "text")
    if kind == "decimal" and whole:
        return Column(name, kind, *_digits(values))
    return Column(name, kind)


def _digits(values: Sequence[Any]) -> Tuple[Optional[int], Optional[int]]:
    """The precision and scale that hold all of these numbers; none where that takes too many."""
    before = after = 1
    for value in values:
        if value is None or not Decimal(value).is_finite():
            continue
        _, digits, exponent = Decimal(value).as_tuple()
        power = int(exponent)
        after = max(after, -power)
        before = max(before, len(digits) + power)
    return (before + after, after) if before + after <= 38 else (None, None)


def fitted(value: Any, column: Column, row: int, table: str) -> Any:
    """A value as its column holds it. Raises :class:`~glacier.core.errors.UnfitTable`."""
    if value is None:
        return None
    kind = kind_of_value(value)
    if kind != column.kind and _WIDER.get(frozenset([kind, column.kind])) != column.kind:
        raise _unfit(
            table, _at(column.name, row), f"it is {described(value)}, and the column {column.kind}"
        )
    if kind == "int64":
        if not -(2**63) <= value < 2**63:
            raise _unfit(table, _at(column.name, row), "it has more than 64 bits: make it Decimal")
        if column.kind == "float64" and abs(value) > _EXACT:
            raise _unfit(table, _at(column.name, row), f"no float is {value}")
    elif kind == "decimal" and not value.is_finite():
        raise _unfit(table, _at(column.name, row), f"{value} is no finite number")
    elif kind == "json":
        return _json(value, column, row, table)
    return value


def _json(value: Any, column: Column, row: int, table: str) -> Any:
    from glacier.core.formats.documents import encoded

    try:
        return encoded(value).decode()
    except UnfitValue as error:
        raise _unfit(table, _at(column.name, row), str(error).rstrip(".")) from error


def _at(name: str, row: int) -> str:
    return f"column {name!r}, row {row}"


def _unfit(table: str, place: str, reason: str) -> UnfitTable:
    return UnfitTable(table=table, place=place, reason=reason, mend=_MEND)


def named_apart(columns: Sequence[Column], table: str, *, key: Any, reason: str) -> None:
    """Refuse columns whose names a database does not tell apart, being equal by ``key``."""
    seen: Dict[Any, str] = {}
    for column in columns:
        other = seen.setdefault(key(column.name), column.name)
        if other != column.name:
            place = f"column {column.name!r}"
            why = f"{reason} {other!r}"
            raise UnfitTable(table=table, place=place, reason=why, mend="Rename one of them.")


def named_once(names: Sequence[str], table: str) -> None:
    """Refuse columns of one name, which dicts and frames cannot hold."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        mend = "Give each a name of its own, AS in a query."
        raise UnfitTable(table=table, place=f"column {twice[0]!r}", reason="it is twice", mend=mend)
