"""Tables in a SQLite file, by the standard library."""

from __future__ import annotations

import os
from typing import Any, Iterator, List, Optional, Sequence, Tuple

from glacier.core.errors import MissingTable, UnfitTable
from glacier.core.tables.address import SqliteAddress, TableName
from glacier.core.tables.columns import Column, named_apart
from glacier.core.tables.contents import Digest
from glacier.core.tables.loading import loaded
from glacier.core.tables.results import Result
from glacier.core.tables.sources import Rows, Source
from glacier.core.tables.sqlite.connection import connect, failing, opened, quoted, tables
from glacier.core.tables.sqlite.types import declared, kind_declared, loader, storer
from glacier.core.tables.versions import (
    SIDE_TABLE,
    Ask,
    Author,
    TableVersion,
    check_unchanged,
    forget,
    note,
    noted,
    version_of,
)

__all__ = ["content", "find", "no_columns", "reach", "read", "write"]

_CHUNK = 10_000
_VIEW = "temp.glacier_read"
_STAGED = "temp.glacier_staged"
_MEND = "Read it as CAST(… AS TEXT)."


def reach(address: SqliteAddress) -> None:
    """Read the file, if there is one; it is made when it is first written to."""
    if os.path.exists(address.path):
        with opened(address, writing=False) as connection, failing(
            address, "reading", "its tables"
        ):
            tables(connection)


def write(
    address: SqliteAddress, table: TableName, source: Source, author: Optional[Author]
) -> TableVersion:
    """Replace the table's rows in one transaction; the file and its folder are made if absent."""
    name = table[0]
    named_apart(source.columns, name, key=str.lower, reason="SQLite does not tell it from")
    with opened(address, writing=True) as connection, failing(address, "writing", name):
        if source.streamed and source.columns:
            source = _stage(connection, source)
        connection.execute("BEGIN IMMEDIATE")
        found = None if author is None else _noted(connection, name)
        if found is not None and author is not None and str(found.run) >= author.run:
            return found
        columns = _prepare(connection, name, source)
        digest = Digest(columns)
        rows = _insert(connection, f"main.{quoted(name)}", columns, digest.rows(_stored(source)))
        told = tuple((column.name, declared(column)) for column in columns)
        version = version_of((rows, told, source.kind, str(digest)), author)
        _note(connection, name, version)
        connection.execute("COMMIT")
    return version


def _stage(connection: Any, source: Source) -> Source:
    """Take a stream in before anybody is kept waiting: a file has one writer at a time."""
    connection.execute("BEGIN")
    _create(connection, _STAGED, source.columns)
    _insert(connection, _STAGED, source.columns, _stored(source))
    connection.execute("COMMIT")

    def rows() -> Iterator[Rows]:
        return _fetched(connection.execute(f"SELECT * FROM {_STAGED}"))

    return source._replace(rows=rows, stored=True)


def _fetched(cursor: Any) -> Iterator[Rows]:
    chunk = cursor.fetchmany(_CHUNK)
    while chunk:
        yield chunk
        chunk = cursor.fetchmany(_CHUNK)


def _prepare(connection: Any, table: str, source: Source) -> Tuple[Column, ...]:
    """Leave an empty table of the source's columns."""
    query = "SELECT name, type FROM pragma_table_info(?, 'main')"
    found = connection.execute(query, [table]).fetchall()
    columns = source.columns or tuple(_column(name, text) for name, text in found)
    if not columns:
        raise no_columns(table)
    place = f"main.{quoted(table)}"
    if not source.columns or found == [(one.name, declared(one)) for one in columns]:
        connection.execute(f"DELETE FROM {place}")
    else:
        connection.execute(f"DROP TABLE IF EXISTS {place}")
        _create(connection, place, columns)
    return columns


def _create(connection: Any, place: str, columns: Tuple[Column, ...]) -> None:
    defined = ", ".join(f"{quoted(column.name)} {declared(column)}" for column in columns)
    connection.execute(f"CREATE TABLE {place} ({defined})")


def no_columns(table: str) -> UnfitTable:
    """The error for no rows at all where there is no table whose columns could stay."""
    return UnfitTable(
        table=table,
        place="no rows",
        reason="there is no such table yet, and without rows no columns are known",
        mend="Return an empty frame that has its columns.",
    )


def _insert(
    connection: Any, place: str, columns: Tuple[Column, ...], chunks: Iterator[Rows]
) -> int:
    names = ", ".join(quoted(column.name) for column in columns)
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {place} ({names}) VALUES ({marks})"
    count = 0
    for rows in chunks:
        connection.executemany(statement, rows)
        count += len(rows)
    return count


def _stored(source: Source) -> Iterator[Rows]:
    """The rows as SQLite keeps them."""
    storers = [None if source.stored else storer(column) for column in source.columns]
    changed = [(at, store) for at, store in enumerate(storers) if store is not None]
    for rows in source.rows():
        if not changed:
            yield rows
            continue
        found: Rows = []
        for row in rows:
            values = list(row)
            for at, store in changed:
                values[at] = None if values[at] is None else store(values[at])
            found.append(tuple(values))
        yield found


def read(
    address: SqliteAddress,
    table: Optional[TableName],
    query: str,
    version: Optional[TableVersion] = None,
) -> Result:
    """Open a query, or a table by its name. Nothing can be changed by it."""
    name = query if table is None else table[0]
    if table is not None and not os.path.exists(address.path):
        gone = "There is no such file."
        raise MissingTable(database=str(address), table=name, known=(), reason=gone)
    connection = connect(address, writing=False)
    try:
        with failing(address, "reading", name):
            # One transaction, so that the columns and the rows are of the same moment.
            connection.execute("BEGIN")
            if table is not None:
                _check_table(connection, address, table[0])
                if version is not None:
                    check_unchanged(_noted(connection, name), version, str(address), name)
                query = f"SELECT * FROM main.{quoted(table[0])}"
            # A view tells the declared types of a query's columns, and can only be a SELECT.
            connection.execute(f"CREATE TEMP VIEW {_VIEW[5:]} AS {query}")
            found = connection.execute(f"SELECT name, type FROM pragma_table_info('{_VIEW[5:]}')")
            columns = tuple(_column(name, text) for name, text in found.fetchall())
            cursor = connection.execute(f"SELECT * FROM {_VIEW}")
    except BaseException:
        connection.close()
        raise

    def rows() -> Iterator[Rows]:
        loaders = [loader(column) for column in columns]
        with failing(address, "reading", name):
            for chunk in _fetched(cursor):
                yield loaded(chunk, columns, loaders, name, mend=_MEND)

    return Result(columns, rows, connection.close)


def _column(name: str, text: str) -> Column:
    kind, precision, scale = kind_declared(text)
    return Column(name, kind, precision, scale)


def _check_table(connection: Any, address: SqliteAddress, table: str) -> None:
    known = tables(connection)
    if table.lower() not in map(str.lower, known):
        raise MissingTable(database=str(address), table=table, known=known)


def content(address: SqliteAddress, table: Optional[TableName], query: str) -> str:
    """A hash of the rows of a query or a table, in their order."""
    found = read(address, table, query)
    digest = Digest(found.columns)
    try:
        for _ in digest.rows(found.rows()):
            pass
    finally:
        found.close()
    return f"sha256:{digest}"


def find(address: SqliteAddress, table: TableName) -> Optional[TableVersion]:
    """What is noted of a table; ``None`` if nothing is, or there is no such table or file."""
    if not os.path.exists(address.path):
        return None
    with opened(address, writing=False) as connection, failing(address, "reading", table[0]):
        return _noted(connection, table[0])


def _noted(connection: Any, table: str) -> Optional[TableVersion]:
    known = tables(connection)
    if SIDE_TABLE not in known or table.lower() not in map(str.lower, known):
        return None
    return noted(_asking(connection), f"main.{SIDE_TABLE}", table.lower(), mark="?")


def _note(connection: Any, table: str, version: TableVersion) -> None:
    side, name = f"main.{SIDE_TABLE}", table.lower()  # names have no case in SQLite
    if version.run is not None:
        note(_asking(connection), side, name, version, mark="?")
    elif SIDE_TABLE in tables(connection):
        forget(_asking(connection), side, name, mark="?")


def _asking(connection: Any) -> Ask:
    def ask(query: str, values: Sequence[Any]) -> List[Any]:
        return list(connection.execute(query, values).fetchall())

    return ask
