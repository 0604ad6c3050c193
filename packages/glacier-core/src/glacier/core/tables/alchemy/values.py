"""Values of rows as drivers take them, and as readers get them."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Sequence
from uuid import UUID

from glacier.core.errors import UnfitTable
from glacier.core.tables.columns import Column
from glacier.core.tables.loading import loaded
from glacier.core.tables.sources import Rows
from glacier.core.textual import from_text, to_text

__all__ = ["of_columns", "stored"]

_Change = Callable[[Any], Any]
_MEND = "Read it by a query that casts it to a text."
_FINITE = ("mariadb", "mssql", "mysql")  # they have neither NaN nor infinities


class _UnfitError(Exception):
    """Why a value does not go in."""


def stored(
    chunks: Iterator[Rows], columns: Sequence[Column], table: str, dialect: str
) -> Iterator[Rows]:
    """Rows as the driver takes them. Raises :class:`~glacier.core.errors.UnfitTable`."""
    changes = [_storer(column, dialect) for column in columns]
    changed = [(at, change) for at, change in enumerate(changes) if change is not None]
    number = 0
    for rows in chunks:
        found: Rows = []
        for row in rows:
            values = list(row)
            for at, change in changed:
                if values[at] is not None:
                    try:
                        values[at] = change(values[at])
                    except _UnfitError as error:
                        raise UnfitTable(
                            table=table,
                            place=f"column {columns[at].name!r}, row {number + len(found)}",
                            reason=str(error),
                            mend="Let the task return values that the column can hold.",
                        ) from error
            found.append(tuple(values))
        number += len(found)
        yield found


def _storer(column: Column, dialect: str) -> Optional[_Change]:
    if column.kind == "decimal":
        return _digits(column.precision or 38, column.scale or 0)
    if column.kind in ("float32", "float64") and dialect in _FINITE:
        return _finite
    if column.kind == "text" and dialect == "oracle":
        return _not_empty
    return _STORERS.get(column.kind or "")


def _digits(precision: int, scale: int) -> _Change:
    def check(value: Any) -> Any:
        value = Decimal(value)
        _, digits, exponent = value.as_tuple()
        excess = -int(exponent) - scale  # no arithmetic: decimals have a precision for that
        lost = excess > 0 and any(digits[-excess:])
        if lost or (any(digits) and value.adjusted() >= precision - scale):
            raise _UnfitError(f"NUMERIC({precision}, {scale}) does not hold all digits of {value}")
        return value

    return check


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise _UnfitError(f"the database has no {value}")
    return float(value)


def _not_empty(value: str) -> str:
    if value == "":
        raise _UnfitError("Oracle takes an empty text for a missing value")
    return value


def _moment(value: datetime) -> datetime:
    if getattr(value, "nanosecond", 0):
        raise _UnfitError(f"{value} has nanoseconds, and tables have microseconds")
    return datetime.combine(value.date(), value.time())


_STORERS: Dict[str, _Change] = {
    "interval": lambda value: to_text(value, "timedelta"),
    "timestamp": _moment,
    "timestamptz": lambda value: _moment(value.astimezone(timezone.utc)),
    "uuid": str,
}


def of_columns(rows: Iterable[Any], columns: Sequence[Column], table: str) -> Rows:
    """Rows as readers get them. Raises :class:`~glacier.core.errors.UnfitTable`."""
    return loaded(list(map(tuple, rows)), columns, list(map(_loader, columns)), table, mend=_MEND)


def _loader(column: Column) -> Optional[_Change]:
    if column.kind == "decimal" and (column.precision or 0) > 38:
        return _short
    return _LOADERS.get(column.kind or "")


def _short(value: Any) -> Decimal:
    """A number of a column that has more digits than Arrow, without zeros at its end."""
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _is(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"it is a {type(value).__name__}")
    return value


def _whole(value: Any) -> int:
    if type(value) is int:
        return value
    if int(value) != value:
        raise ValueError("it has a fraction")
    return int(value)


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else _is(value, date)


def _clock(value: Any) -> Any:
    """A time of the day, which drivers of MySQL give as the time since midnight."""
    if isinstance(value, timedelta):
        if not timedelta(0) <= value < timedelta(days=1):
            raise ValueError("it is no time of a day")
        return (datetime.min + value).time()
    return _is(value, time)


def _instant(value: Any) -> Any:
    value = _is(value, datetime)
    if value.tzinfo is None:
        return value.replace(tzinfo=timezone.utc)
    return value.astimezone(timezone.utc)


def _unless(kind: type, change: _Change) -> _Change:
    return lambda value: value if isinstance(value, kind) else change(value)


_LOADERS: Dict[str, _Change] = {
    "bool": bool,
    "bytes": bytes,
    "date": _day,
    "decimal": _unless(Decimal, lambda value: Decimal(str(value))),
    "float32": float,
    "float64": float,
    "int16": _whole,
    "int32": _whole,
    "int64": _whole,
    "interval": _unless(timedelta, lambda text: from_text(text, timedelta, "timedelta")),
    "json": lambda value: json.loads(value) if isinstance(value, (str, bytes)) else value,
    "text": lambda value: _is(value, str),
    "time": _clock,
    "timestamp": lambda value: _is(value, datetime),
    "timestamptz": _instant,
    "uuid": _unless(UUID, UUID),
}
