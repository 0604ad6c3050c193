"""Tables of databases behind SQLAlchemy: their columns, making them, and rows into them."""

from __future__ import annotations

from typing import Any, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from glacier.core.errors import UnfitTable
from glacier.core.tables.alchemy.connection import is_mysql, sqlalchemy
from glacier.core.tables.alchemy.notes import Place, exists
from glacier.core.tables.alchemy.types import column_of, declared, mark_of
from glacier.core.tables.alchemy.values import of_columns, stored
from glacier.core.tables.columns import Column
from glacier.core.tables.contents import Digest
from glacier.core.tables.sources import Rows, Source

__all__ = ["Filling", "drop", "fill", "known_columns", "make", "selected"]

_CHUNK = 10_000


class Filling(NamedTuple):
    """What is being written, as which columns."""

    connection: Any
    source: Source
    columns: Tuple[Column, ...]


def known_columns(connection: Any, place: Place) -> Tuple[Column, ...]:
    """The columns of a table, in their order; none if it does not exist."""
    if not exists(connection, place):
        return ()
    found = sqlalchemy().inspect(connection).get_columns(place.name, schema=place.schema)
    return tuple(column_of(one, connection.dialect) for one in found)


def selected(place: Place, columns: Sequence[Column]) -> Any:
    """The query of a table's rows, as the driver gives them."""
    lib = sqlalchemy()
    table = lib.table(place.name, schema=place.schema)
    names = [lib.column(column.name, lib.types.NullType()) for column in columns]
    return lib.select(*names).select_from(table)


def drop(connection: Any, place: Place) -> None:
    """Drop a table."""
    lib = sqlalchemy()
    lib.Table(place.name, lib.MetaData(), schema=place.schema).drop(connection)


def make(filling: Filling, place: Place, *, comment: Optional[str] = None) -> None:
    """Make an empty table, and look whether its columns are what they were told to be."""
    connection = filling.connection
    _table(filling, place, comment).create(connection)
    found = known_columns(connection, place)
    for wanted, made in zip(filling.columns, found):
        if wanted != made:
            raise UnfitTable(
                table=filling.source.table,
                place=f"column {wanted.name!r}",
                reason=f"as a {wanted.kind} the database makes it a {made.kind} named {made.name}",
                mend="Let the task return another type for it, such as a text.",
            )


def _table(filling: Filling, place: Place, comment: Optional[str]) -> Any:
    lib, dialect = sqlalchemy(), filling.connection.dialect
    columns = [
        lib.Column(
            column.name,
            declared(column, dialect),
            # Names may hold anything, and parameters are named by keys.
            key=f"c{number}",
            comment=mark_of(column, dialect) or None,
            autoincrement=False,
        )
        for number, column in enumerate(filling.columns)
    ]
    options = {"engine": "InnoDB", "charset": "utf8mb4"} if is_mysql(dialect) else {}
    told = {f"{dialect.name}_{key}": value for key, value in options.items()}
    return lib.Table(
        place.name, lib.MetaData(), *columns, schema=place.schema, comment=comment, **told
    )


def fill(filling: Filling, place: Place, *, emptied: bool = False) -> Tuple[int, str]:
    """Insert the rows; their number, and the hash of columns and rows."""
    connection, columns, source = filling.connection, filling.columns, filling.source
    name = connection.dialect.name
    table = _table(filling, place, None)
    if not connection.dialect.supports_native_decimal:  # then SQLAlchemy would make floats of them
        for column in table.columns:
            if isinstance(column.type, sqlalchemy().Numeric) and column.type.asdecimal:
                column.type = sqlalchemy().types.NullType()
    if emptied:
        connection.execute(table.delete())
    digest, sums, count = Digest(columns), Sums(len(columns)), 0
    trusted = is_mysql(connection.dialect)
    keys = [f"c{number}" for number in range(len(columns))]
    for rows in digest.rows(stored(source.rows(), columns, source.table, name)):
        for start in range(0, len(rows), _CHUNK):
            chunk = rows[start : start + _CHUNK]
            try:
                connection.execute(table.insert(), [dict(zip(keys, row)) for row in chunk])
            except UnicodeEncodeError as error:
                raise _surrogate(filling, chunk, count + start) from error
        count += len(rows)
        if not trusted:
            sums.add(rows)
    if count and not trusted:
        _check(filling, place, sums)
    return count, str(digest)


def _surrogate(filling: Filling, rows: Rows, start: int) -> UnfitTable:
    """The error for a text that has no UTF-8, with its place."""
    for number, row in enumerate(rows, start):
        for column, value in zip(filling.columns, row):
            if isinstance(value, str) and any("\ud800" <= one <= "\udfff" for one in value):
                return UnfitTable(
                    table=filling.source.table,
                    place=f"column {column.name!r}, row {number}",
                    reason="a lone surrogate has no UTF-8",
                    mend="Mend the text (.encode(errors='replace')).",
                )
    raise AssertionError("no text of these rows is to blame")


class Sums:
    """Sums over the columns of rows, whatever their order, to see whether two are the same."""

    def __init__(self, columns: int) -> None:
        self.found = [0] * columns

    def add(self, rows: Rows) -> None:
        for row in rows:
            for at, value in enumerate(row):
                # No NaN is equal to another one.
                self.found[at] += hash((value if value == value else "nan",))


def _check(filling: Filling, place: Place, sums: Sums) -> None:
    """Read back what a database that no test of ours knows has made of the rows."""
    table = filling.source.table
    # What is JSON is compared as the text that it is kept as.
    columns = [one._replace(kind="text") if one.kind == "json" else one for one in filling.columns]
    read = Sums(len(columns))
    result = filling.connection.execute(selected(place, columns))
    name = filling.connection.dialect.name

    def chunks() -> Iterator[Rows]:
        for part in result.partitions(_CHUNK):
            yield of_columns(part, columns, table)

    for rows in stored(chunks(), columns, table, name):
        read.add(rows)
    other: List[str] = [
        repr(column.name) for column, one, two in zip(columns, sums.found, read.found) if one != two
    ]
    if other:
        raise UnfitTable(
            table=table,
            place=f"column {', '.join(other)}",
            reason="the database gives back other values than it was given",
            mend="Let the task return another type for it, such as a text.",
        )
