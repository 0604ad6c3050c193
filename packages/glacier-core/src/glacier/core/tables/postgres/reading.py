"""Reading tables of PostgreSQL: server-side cursors, and COPY where Arrow is there."""

from __future__ import annotations

import hashlib
from typing import Any, Iterator, List, Optional, Tuple

from glacier.core.libraries import installed
from glacier.core.tables.address import PostgresAddress, TableName
from glacier.core.tables.columns import Column
from glacier.core.tables.postgres.connection import connect, failing, identified, opened, psycopg
from glacier.core.tables.postgres.notes import noted_of, quoted
from glacier.core.tables.postgres.types import column_of
from glacier.core.tables.results import Result
from glacier.core.tables.sources import Rows
from glacier.core.tables.versions import TableVersion, check_unchanged

__all__ = ["content", "read"]

_CHUNK = 10_000


def read(
    address: PostgresAddress,
    table: Optional[TableName],
    query: str,
    version: Optional[TableVersion] = None,
) -> Result:
    """Open a query, or a table by its name. Nothing can be changed by it."""
    name = ".".join(table) if table is not None else query
    connection = connect(address)
    try:
        with failing(address, "reading", name):
            connection.read_only = True
            if table is not None:
                query = f"SELECT * FROM {quoted(table)}"
                if version is not None:
                    _pin(connection, table, version, address)
            # What is looked at here stays as it is until the transaction ends, so the rows have
            # the columns that were found.
            described = connection.execute(f"SELECT * FROM ({query}\n) AS q LIMIT 0")
            columns = tuple(_described(connection, described))
    except BaseException:
        connection.close()
        raise

    def rows() -> Iterator[Rows]:
        with failing(address, "reading", name), connection.cursor(name="glacier") as cursor:
            cursor.execute(query)
            chunk = cursor.fetchmany(_CHUNK)
            while chunk:
                yield chunk
                chunk = cursor.fetchmany(_CHUNK)

    if not installed("pyarrow"):
        return Result(columns, rows, connection.close)
    from glacier.core.tables.postgres.copying import batches_of_copy, schema_of, selected

    def batches() -> Iterator[Any]:
        cursor, statement = connection.cursor(), selected(query, columns)
        with failing(address, "reading", name), cursor.copy(statement) as copy:
            yield from batches_of_copy(copy, columns, name)

    return Result(columns, rows, connection.close, schema_of(columns), batches)


def _pin(
    connection: Any, table: TableName, version: TableVersion, address: PostgresAddress
) -> None:
    """See one moment from now on, at which the table holds this version."""
    connection.isolation_level = psycopg().IsolationLevel.REPEATABLE_READ
    # Before that moment: a table that is put in its place after it would look empty.
    connection.execute(identified("LOCK TABLE {} IN ACCESS SHARE MODE", *table))
    found = noted_of(connection.cursor(), table)
    check_unchanged(found, version, str(address), ".".join(table))


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


_HASH = (
    "SELECT count(*), coalesce(sum(hashtextextended(q::text, 0)), 0)::text, "
    "coalesce(sum(hashtextextended(q::text, 1)), 0)::text FROM ({}\n) AS q"
)


def content(address: PostgresAddress, table: Optional[TableName], query: str) -> str:
    """A hash of the rows of a query or a table, whatever their order."""
    found = read(address, table, query)
    found.close()
    name, query = (
        (query, query) if table is None else (".".join(table), f"SELECT * FROM {quoted(table)}")
    )
    with opened(address) as connection, failing(address, "reading", name):
        connection.read_only = True
        sums = connection.execute(_HASH.format(query)).fetchone()
    told = repr(([tuple(column) for column in found.columns], sums))
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"
