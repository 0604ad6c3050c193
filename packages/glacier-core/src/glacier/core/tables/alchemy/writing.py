"""Writing tables of databases behind SQLAlchemy, so that no reader sees half of one."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any, NamedTuple, Optional, Tuple

from glacier.core.errors import DatabaseFailed
from glacier.core.tables.address import EngineAddress, TableName
from glacier.core.tables.alchemy.abilities import abilities_of, lock, turn
from glacier.core.tables.alchemy.connection import connect, is_mysql, opened
from glacier.core.tables.alchemy.errors import failing
from glacier.core.tables.alchemy.filling import Filling, drop, fill, known_columns, make
from glacier.core.tables.alchemy.notes import (
    TOKEN,
    Place,
    forget,
    key_of,
    make_side,
    may_forget,
    note,
    noted,
    place_of,
)
from glacier.core.tables.alchemy.renaming import check_free, remove, rename, tables_named
from glacier.core.tables.alchemy.types import declared, mark_of, widened
from glacier.core.tables.columns import Column, named_apart
from glacier.core.tables.sources import Source
from glacier.core.tables.sqlite.rows import no_columns
from glacier.core.tables.versions import Author, TableVersion, version_of

__all__ = ["find", "reach", "write"]


class _Noting(NamedTuple):
    """By whom a table is written, and whether there is a side table that may be written."""

    author: Optional[Author]
    side: bool


def reach(address: EngineAddress) -> None:
    """Connect, and do nothing."""
    connect(address, reading=False).close()


def write(
    address: EngineAddress, table: TableName, source: Source, author: Optional[Author]
) -> TableVersion:
    """Replace the table's rows at one moment."""
    place = place_of(table)
    name = str(place)
    named_apart(source.columns, name, key=str.lower, reason="many databases do not tell it from")
    with turn(address, place), opened(address) as connection, failing(address, "writing", name):
        side = may_forget(connection, place) if author is None else make_side(connection, place)
        lock(connection, place)
        found = None if author is None else noted(connection, place)
        if found is not None and author is not None and str(found.run) >= author.run:
            return found
        return _replace(connection, address, place, source, _Noting(author, side))


def find(address: EngineAddress, table: TableName) -> Optional[TableVersion]:
    """What is noted of a table; ``None`` if nothing is, or there is no such table."""
    place = place_of(table)
    name = str(place)
    with opened(address, reading=True) as connection, failing(address, "reading", name):
        return noted(connection, place)


def _replace(
    connection: Any, address: EngineAddress, place: Place, source: Source, noting: _Noting
) -> TableVersion:
    dialect = connection.dialect
    found = known_columns(connection, place)
    columns = tuple(widened(column, dialect) for column in source.columns) or found
    if not columns:
        raise no_columns(str(place))
    able = abilities_of(connection, place)
    filling = Filling(connection, source, columns)
    if not source.columns or (found == columns and able.rows):
        return _in_place(filling, place, noting)
    if able.tables:
        return _anew(filling, place, noting, exists=bool(found))
    if found and not is_mysql(dialect):
        raise _no_swap(address, place, same=found == columns)
    return _beside(filling, address, place, noting, exists=bool(found))


def _in_place(filling: Filling, place: Place, noting: _Noting) -> TableVersion:
    """Delete and insert: readers go on with the rows that they see."""
    connection = filling.connection
    key = key_of(connection, place)
    if is_mysql(connection.dialect):
        connection.rollback()  # what was seen until now is of another moment
    version = _version(filling, noting, fill(filling, place, emptied=True))
    _note(connection, place, key, version, noting)
    connection.commit()
    return version


def _anew(filling: Filling, place: Place, noting: _Noting, *, exists: bool) -> TableVersion:
    """Another table, put in the place of the old one at the end of one transaction."""
    connection = filling.connection
    new = Place(place.schema, f"{TOKEN}{os.urandom(6).hex()}")
    make(filling, new)
    version = _version(filling, noting, fill(filling, new))
    if exists:  # until here its readers need not wait
        drop(connection, place)
    rename(connection, new, place)
    _note(connection, place, place.name, version, noting)
    connection.commit()
    return version


def _beside(
    filling: Filling, address: EngineAddress, place: Place, noting: _Noting, *, exists: bool
) -> TableVersion:
    """Another table under a name of its own, which takes the place of the old one when it is full.

    What is noted of it comes along, for its comment says by what that is found.
    """
    connection = filling.connection
    check_free(connection, address, place)
    told = f"{place.schema or connection.engine.url.database}.{place.name}"
    prefix = f"{TOKEN}{sha256(told.encode()).hexdigest()[:8]}_"
    if is_mysql(connection.dialect):
        # Who left them has been killed: a writer of this table that lives would hold the lock.
        remove(connection, place, tables_named(connection, place, prefix))
    new = Place(place.schema, f"{prefix}{os.urandom(6).hex()}")
    before = [key_of(connection, place)] if exists else []
    try:
        make(filling, new, comment=new.name)
        version = _version(filling, noting, fill(filling, new))
        if version.run is not None:
            key = new.name if is_mysql(connection.dialect) else place.name
            note(connection, place, key, version)
        connection.commit()
        rename(connection, new, place, old=f"{prefix}old" if exists else None)
        connection.commit()
    except BaseException:
        connection.rollback()
        remove(connection, place, [new.name])
        raise
    remove(connection, place, tables_named(connection, place, f"{prefix}old"), *before)
    return version


_Facts = Tuple[int, str]


def _version(filling: Filling, noting: _Noting, facts: _Facts) -> TableVersion:
    rows, content = facts
    told = tuple(
        (column.name, _told(column, filling.connection.dialect)) for column in filling.columns
    )
    return version_of((rows, told, filling.source.kind, content), noting.author)


def _told(column: Column, dialect: Any) -> str:
    """The type of a column, and its kind where that is another matter."""
    if column.kind is None:
        return "unknown"
    kind = mark_of(column, dialect).partition(":")[2]
    text = str(declared(column, dialect).compile(dialect=dialect))
    return f"{text} ({kind})" if kind else text


def _note(connection: Any, place: Place, key: str, version: TableVersion, noting: _Noting) -> None:
    if version.run is not None:
        note(connection, place, key, version)
    elif noting.side:
        forget(connection, place, key)


def _no_swap(address: EngineAddress, place: Place, *, same: bool) -> DatabaseFailed:
    reason = "its columns are others, and this database makes no table in a transaction"
    if same:
        reason = "this database undoes no rows, so readers could see half of them"
    return DatabaseFailed(
        database=str(address),
        doing=f"writing {str(place)!r}",
        reason=reason,
        mend="Drop it before the run, or write to a table of another name.",
    )
