"""Tables in a SQLite file, by the standard library."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import contextmanager
from typing import Any, Generator, Iterator, List, Optional, Tuple

from glacier.core.errors import DatabaseFailed, MissingTable, UnfitTable, UnreachableDatabase
from glacier.core.tables.address import SqliteAddress, TableName
from glacier.core.tables.columns import Column, TableFacts
from glacier.core.tables.results import Result
from glacier.core.tables.sources import Rows, Source
from glacier.core.tables.sqlite_types import declared, kind_declared, loader, storer

__all__ = ["read", "write"]

_WAIT = 60.0  # seconds for another writer to end
_CHUNK = 10_000
_VIEW = "glacier_read"


def write(address: SqliteAddress, table: TableName, source: Source) -> TableFacts:
    """Replace the table's rows in one transaction; the file and its folder are made if absent."""
    folder = os.path.dirname(os.path.abspath(address.path))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise _unreachable(address, f"its folder cannot be made ({error})") from error
    with _open(address, writing=True) as connection, _failing(address, "writing", table[0]):
        # Readers go on with what they see while a writer writes; the file remembers this setting.
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        columns = _prepare(connection, table[0], source)
        rows = _insert(connection, table[0], columns, source)
        connection.execute("COMMIT")
    return TableFacts(
        rows, tuple((column.name, declared(column)) for column in columns), source.kind
    )


def _prepare(connection: Any, table: str, source: Source) -> Tuple[Column, ...]:
    """Leave an empty table of the source's columns."""
    found = connection.execute("SELECT name, type FROM pragma_table_info(?)", [table]).fetchall()
    columns = source.columns or tuple(_column(name, text) for name, text in found)
    if not columns:
        raise no_columns(table)
    wanted = [(column.name, declared(column)) for column in columns]
    if found == wanted:
        connection.execute(f"DELETE FROM {_quoted(table)}")
        return columns
    connection.execute(f"DROP TABLE IF EXISTS {_quoted(table)}")
    defined = ", ".join(f"{_quoted(name)} {text}" for name, text in wanted)
    connection.execute(f"CREATE TABLE {_quoted(table)} ({defined})")
    return columns


def no_columns(table: str) -> UnfitTable:
    """The error for no rows at all where there is no table whose columns could stay."""
    return UnfitTable(
        table=table,
        place="no rows",
        reason="there is no such table yet, and without rows no columns are known",
        mend="Return an empty frame that has its columns.",
    )


def _insert(connection: Any, table: str, columns: Tuple[Column, ...], source: Source) -> int:
    names = ", ".join(_quoted(column.name) for column in columns)
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {_quoted(table)} ({names}) VALUES ({marks})"
    storers = [storer(column) for column in columns]
    count = 0
    for rows in source.rows():
        connection.executemany(statement, _stored(rows, storers, columns, source, count))
        count += len(rows)
    return count


def _stored(
    rows: Rows, storers: List[Any], columns: Tuple[Column, ...], source: Source, start: int
) -> Iterator[Tuple[Any, ...]]:
    changed = [(at, store) for at, store in enumerate(storers) if store is not None]
    floats = [at for at, column in enumerate(columns) if column.kind in ("float32", "float64")]
    pandas = source.kind == "pandas.DataFrame"
    for number, row in enumerate(rows, start):
        for at in floats:
            if row[at] is not None and row[at] != row[at] and not pandas:
                raise UnfitTable(
                    table=source.table,
                    place=f"column {columns[at].name!r}, row {number}",
                    reason="SQLite would make the NaN a missing value",
                    mend="Write None for a missing number.",
                )
        if changed:
            values = list(row)
            for at, store in changed:
                values[at] = None if values[at] is None else store(values[at])
            yield tuple(values)
        else:
            yield row


def read(address: SqliteAddress, table: Optional[TableName], query: str) -> Result:
    """Open a query, or a table by its name. Nothing can be changed by it."""
    name = query if table is None else table[0]
    if not os.path.exists(address.path):
        raise _unreachable(address, "there is no such file")
    connection = _connect(address, writing=False)
    try:
        with _failing(address, "reading", name):
            # One transaction, so that the columns and the rows are of the same moment.
            connection.execute("BEGIN")
            if table is not None:
                _check_table(connection, address, table[0])
                query = f"SELECT * FROM {_quoted(table[0])}"
            # A view tells the declared types of a query's columns, and can only be a SELECT.
            connection.execute(f"CREATE TEMP VIEW {_VIEW} AS {query}")
            found = connection.execute(f"SELECT name, type FROM pragma_table_info('{_VIEW}')")
            columns = tuple(_column(name, text) for name, text in found.fetchall())
            cursor = connection.execute(f"SELECT * FROM {_VIEW}")
    except BaseException:
        connection.close()
        raise

    def rows() -> Iterator[Rows]:
        loaders = [loader(column) for column in columns]
        with _failing(address, "reading", name):
            chunk = cursor.fetchmany(_CHUNK)
            while chunk:
                yield _loaded(chunk, loaders, columns, name)
                chunk = cursor.fetchmany(_CHUNK)

    return Result(columns, rows, connection.close)


def _loaded(rows: Rows, loaders: List[Any], columns: Tuple[Column, ...], name: str) -> Rows:
    changed = [(at, load) for at, load in enumerate(loaders) if load is not None]
    if not changed:
        return rows
    found: Rows = []
    for row in rows:
        values = list(row)
        for at, load in changed:
            if values[at] is not None:
                try:
                    values[at] = load(values[at])
                except (ValueError, TypeError, ArithmeticError) as error:
                    raise UnfitTable(
                        table=name,
                        place=f"column {columns[at].name!r}",
                        reason=f"{values[at]!r} is no {columns[at].kind}, as it is declared",
                        mend="Read it as CAST(… AS TEXT).",
                    ) from error
        found.append(tuple(values))
    return found


def _column(name: str, text: str) -> Column:
    kind, precision, scale = kind_declared(text)
    return Column(name, kind, precision, scale)


def _check_table(connection: Any, address: SqliteAddress, table: str) -> None:
    known = _tables(connection)
    if table.lower() not in map(str.lower, known):
        raise MissingTable(database=str(address), table=table, known=known)


def _tables(connection: Any) -> List[str]:
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    found = connection.execute(query).fetchall()
    return [name for (name,) in found if not name.startswith("sqlite_")]


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _connect(address: SqliteAddress, *, writing: bool) -> Any:
    from pathlib import Path

    try:
        uri = f"{Path(os.path.abspath(address.path)).as_uri()}?mode={'rwc' if writing else 'ro'}"
        return sqlite3.connect(
            uri, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise _unreachable(address, str(error)) from error


@contextmanager
def _open(address: SqliteAddress, *, writing: bool) -> Generator[Any, None, None]:
    connection = _connect(address, writing=writing)
    try:
        yield connection
    finally:
        connection.close()  # what is not committed is undone


def _unreachable(address: SqliteAddress, reason: str) -> UnreachableDatabase:
    mend = "Is the path right, and may this process read and write there?"
    return UnreachableDatabase(database=str(address), reason=reason, mend=mend)


@contextmanager
def _failing(address: SqliteAddress, doing: str, name: str) -> Generator[None, None, None]:
    """Turn the errors of SQLite into named ones."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise UnfitTable(
            table=name,
            place=f"the text {error.object[:40]!r}",
            reason="a lone surrogate has no UTF-8",
            mend="Mend the text (.encode(errors='replace')).",
        ) from error
    except sqlite3.Error as error:
        text = str(error)
        absent = re.search(r"no such table: (?:main\.)?(.+)", text)
        if absent:
            with _open(address, writing=False) as connection:
                known = _tables(connection)
            raise MissingTable(database=str(address), table=absent[1], known=known) from error
        if "unable to open" in text or "not a database" in text:
            raise _unreachable(address, text) from error
        mend = "Another process holds it; try again." if "locked" in text else "Mend the query."
        if "readonly" in text or "disk" in text:
            mend = "Is there space, and may this process write there?"
        raise DatabaseFailed(
            database=str(address), doing=f"{doing} {name!r}", reason=text, mend=mend
        ) from error
