"""Rows as drivers give them, made what their columns declare."""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Sequence

from glacier.core.errors import UnfitTable
from glacier.core.tables.columns import Column
from glacier.core.tables.sources import Rows

__all__ = ["Loader", "loaded"]

Loader = Callable[[Any], Any]


def loaded(
    rows: Rows,
    columns: Sequence[Column],
    loaders: Sequence[Optional[Loader]],
    table: str,
    *,
    mend: str,
) -> Rows:
    """Rows as readers get them: each value by the loader of its column, ``None`` for as it is.

    Raises :class:`~glacier.core.errors.UnfitTable` for a value that is not of its column's kind;
    ``mend`` says how it can be read nevertheless.
    """
    changes = [
        (at, column, load)
        for at, (column, load) in enumerate(zip(columns, loaders))
        if load is not None
    ]
    if not changes:
        return rows
    found: List[Any] = []
    for row in rows:
        values = list(row)
        for at, column, load in changes:
            if values[at] is not None:
                values[at] = _value(values[at], column, load, table, mend)
        found.append(tuple(values))
    return found


def _value(value: Any, column: Column, load: Loader, table: str, mend: str) -> Any:
    try:
        return load(value)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise UnfitTable(
            table=table,
            place=f"column {column.name!r}",
            reason=f"{value!r} is no {column.kind}, as it is declared",
            mend=mend,
        ) from error
