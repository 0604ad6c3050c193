"""Tables in PostgreSQL, by psycopg: COPY in both ways, and server-side cursors."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Any, Generator, Iterator, List, Optional, Tuple

from glacier.core.errors import DatabaseFailed, MissingTable, UnfitTable, UnreachableDatabase
from glacier.core.libraries import installed, library
from glacier.core.tables.address import PostgresAddress, TableName
from glacier.core.tables.columns import Column, TableFacts
from glacier.core.tables.postgres_types import column_of, declared
from glacier.core.tables.results import Result
from glacier.core.tables.sources import Rows, Source
from glacier.core.tables.sqlite import no_columns

__all__ = ["read", "write"]

_CHUNK = 10_000


def _psycopg() -> Any:
    return library("psycopg", need="a PostgreSQL database", install="glacier-pipeline[sql]")


def write(address: PostgresAddress, table: TableName, source: Source) -> TableFacts:
    """Replace the table's rows in one transaction."""
    name = ".".join(table)
    with _connected(address) as connection, _failing(address, "writing", name):
        with connection.cursor() as cursor:
            # Writers of one table come one after another, also where it does not exist yet.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            found = _columns(cursor, table)
            columns = source.columns or tuple(column_of(one, text) for one, text in found)
            if not columns:
                raise no_columns(name)
            wanted = [(column.name, declared(column)) for column in columns]
            if found == wanted:
                # Readers go on with the rows that they see; other writers wait.
                cursor.execute(_sql("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table))
                cursor.execute(_sql("DELETE FROM {}", table))
                rows = _copy(cursor, table, columns, source)
            else:
                rows = _make(cursor, table, columns, source)
        connection.commit()
    return TableFacts(rows, tuple(wanted), source.kind)


def _make(cursor: Any, table: TableName, columns: Tuple[Column, ...], source: Source) -> int:
    """A new table, put in the place of the old one at the end, which readers wait for."""
    new = (*table[:-1], f"glacier_{os.urandom(8).hex()}")
    sql = library("psycopg.sql", need="a PostgreSQL database")
    defined = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(declared(column)))
        for column in columns
    )
    cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(*new), defined))
    rows = _copy(cursor, new, columns, source)
    cursor.execute(_sql("DROP TABLE IF EXISTS {}", table))
    rename = sql.SQL("ALTER TABLE {} RENAME TO {}")
    cursor.execute(rename.format(sql.Identifier(*new), sql.Identifier(table[-1])))
    return rows


def _copy(cursor: Any, table: TableName, columns: Tuple[Column, ...], source: Source) -> int:
    sql = library("psycopg.sql", need="a PostgreSQL database")
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    form = "(FORMAT csv)" if source.batches is not None else ""
    statement = sql.SQL("COPY {} ({}) FROM STDIN " + form).format(sql.Identifier(*table), names)
    if source.batches is not None:
        from glacier.core.tables.copying import csv_of

        rows = 0
        with cursor.copy(statement) as copy:
            for batch in source.batches():
                copy.write(csv_of(batch, columns, source.table))
                rows += batch.num_rows
        return rows
    return _copy_rows(cursor, statement, source)


def _copy_rows(cursor: Any, statement: Any, source: Source) -> int:
    count = 0
    with cursor.copy(statement) as copy:
        for rows in source.rows():
            for row in rows:
                copy.write_row(row)
            count += len(rows)
    return count


def _columns(cursor: Any, table: TableName) -> List[Tuple[str, str]]:
    """The columns of a table and their types, in their order; none if it does not exist."""
    cursor.execute("SELECT to_regclass(%s)::oid", [_text(table)])
    (found,) = cursor.fetchone()
    if found is None:
        return []
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [found],
    )
    return [(str(name), str(kind)) for name, kind in cursor.fetchall()]


def _text(table: TableName) -> str:
    return ".".join('"{}"'.format(part.replace('"', '""')) for part in table)


def _sql(text: str, table: TableName) -> Any:
    sql = library("psycopg.sql", need="a PostgreSQL database")
    return sql.SQL(text).format(sql.Identifier(*table))


def read(address: PostgresAddress, table: Optional[TableName], query: str) -> Result:
    """Open a query, or a table by its name. Nothing can be changed by it."""
    name = ".".join(table) if table is not None else query
    connection = _connect(address)
    try:
        with _failing(address, "reading", name):
            connection.read_only = True
            if table is not None:
                query = f"SELECT * FROM {_text(table)}"
            # What is looked at here stays as it is until the transaction ends, so the rows have
            # the columns that were found.
            described = connection.execute(f"SELECT * FROM ({query}\n) AS q LIMIT 0")
            columns = tuple(_described(connection, described))
    except BaseException:
        connection.close()
        raise

    def rows() -> Iterator[Rows]:
        with _failing(address, "reading", name), connection.cursor(name="glacier") as cursor:
            cursor.execute(query)
            chunk = cursor.fetchmany(_CHUNK)
            while chunk:
                yield chunk
                chunk = cursor.fetchmany(_CHUNK)

    if not installed("pyarrow"):
        return Result(columns, rows, connection.close)
    from glacier.core.tables.copying import batches_of_copy, schema_of, selected

    def batches() -> Iterator[Any]:
        cursor, statement = connection.cursor(), selected(query, columns)
        with _failing(address, "reading", name), cursor.copy(statement) as copy:
            yield from batches_of_copy(copy, columns, name)

    return Result(columns, rows, connection.close, schema_of(columns), batches)


def _described(connection: Any, cursor: Any) -> Iterator[Column]:
    """The columns of a result, with the types that the server names."""
    fields: List[Tuple[str, int, int]] = [
        (one.name, one.type_code, _modifier(one)) for one in cursor.description or ()
    ]
    for name, oid, modifier in fields:
        found = connection.execute("SELECT format_type(%s::oid, %s::int)", [oid, modifier])
        yield column_of(name, found.fetchone()[0])


def _modifier(field: Any) -> int:
    """What a type is declared with; only that of a number is told, as precision and scale."""
    if field.precision is None:
        return -1
    return ((int(field.precision) << 16) | (int(field.scale or 0) & 0x7FF)) + 4


def _connect(address: PostgresAddress) -> Any:
    psycopg = _psycopg()
    told = dict(address.parameters)
    told.setdefault("connect_timeout", "10")
    told.setdefault("application_name", "glacier")
    try:
        connection = psycopg.connect(**told)
    except psycopg.Error as error:
        mend = "Are host, port, user, password and database right, and does the server run?"
        reason = _told(error, address)
        raise UnreachableDatabase(database=str(address), reason=reason, mend=mend) from _safe(
            error, address
        )
    try:
        # Whatever the server's settings, texts and times cross in one way.
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute("SET DATESTYLE TO 'ISO, YMD'")
        connection.execute("SET INTERVALSTYLE TO 'postgres'")
        connection.execute("SET BYTEA_OUTPUT TO 'hex'")
        connection.execute("SET CLIENT_ENCODING TO 'UTF8'")
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _connected(address: PostgresAddress) -> Generator[Any, None, None]:
    connection = _connect(address)
    try:
        yield connection
    finally:
        connection.close()  # what is not committed is undone


def _told(error: BaseException, address: PostgresAddress) -> str:
    """What an error says, in one line and without the password."""
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return text.replace(address.secret, "***") if address.secret else text


def _safe(error: BaseException, address: PostgresAddress) -> Optional[BaseException]:
    """The error as a cause, if it does not hold the password."""
    return None if address.secret and address.secret in str(error) else error


@contextmanager
def _failing(address: PostgresAddress, doing: str, name: str) -> Generator[None, None, None]:
    """Turn the errors of the server into named ones."""
    psycopg = _psycopg()
    try:
        yield
    except psycopg.Error as error:
        cause = _safe(error, address)
        if isinstance(error, psycopg.errors.UndefinedTable):
            raise MissingTable(
                database=str(address), table=_missing(error, name), known=_tables(address)
            ) from cause
        reason = _told(error, address)
        if isinstance(error, psycopg.DataError) and doing != "reading":
            mend = "Let the task return values that the column can hold."
            raise UnfitTable(table=name, place="a value", reason=reason, mend=mend) from cause
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            mend = "Grant it to this user."
        elif isinstance(error, psycopg.errors.DependentObjectsStillExist):
            mend = "The columns differ, so the table is made anew: drop what depends on it first."
        elif isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            mend = "A query that is read can change nothing."
        elif isinstance(error, psycopg.OperationalError):
            mend = "Is the server still there?"
        else:
            mend = "Mend the query, or the table."
        raise DatabaseFailed(
            database=str(address), doing=f"{doing} {name!r}", reason=reason, mend=mend
        ) from cause


def _missing(error: Any, name: str) -> str:
    import re

    found = re.search(r'"([^"]+)"', str(error))
    return found[1] if found else name


def _tables(address: PostgresAddress) -> List[str]:
    with _connected(address) as connection:
        found = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
    return [name if schema == "public" else f"{schema}.{name}" for schema, name in found]
