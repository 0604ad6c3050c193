"""Tables in PostgreSQL: COPY in both ways, and server-side cursors."""

from __future__ import annotations

import hashlib
import os
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

from glacier.core.errors import UnfitTable
from glacier.core.libraries import installed
from glacier.core.tables.address import PostgresAddress, TableName
from glacier.core.tables.columns import Column
from glacier.core.tables.contents import Digest
from glacier.core.tables.postgres_connection import connect, failing, identified, opened, psycopg
from glacier.core.tables.postgres_types import column_of, declared
from glacier.core.tables.results import Result
from glacier.core.tables.sources import Rows, Source
from glacier.core.tables.sqlite import no_columns
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

__all__ = ["content", "find", "read", "write"]

_CHUNK = 10_000
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_PATIENCE = "10min"  # for readers of a table that is replaced by one of other columns


def write(
    address: PostgresAddress, table: TableName, source: Source, author: Optional[Author]
) -> TableVersion:
    """Replace the table's rows in one transaction."""
    name = ".".join(table)
    with opened(address) as connection, failing(address, "writing", name):
        with connection.cursor() as cursor:
            # Writers of one table come one after another, also where it does not exist yet.
            cursor.execute(_LOCK, [name])
            found = None if author is None else _noted(cursor, table)
            if found is not None and author is not None and str(found.run) >= author.run:
                return found
            facts = _replace(cursor, table, source)
            version = version_of(facts, author)
            _note(cursor, table, version)
        connection.commit()
    return version


_Facts = Tuple[int, Tuple[Tuple[str, str], ...], str, str]


def _replace(cursor: Any, table: TableName, source: Source) -> _Facts:
    found = _columns(cursor, table)
    columns = source.columns or tuple(column_of(one, text) for one, text in found)
    if not columns:
        raise no_columns(".".join(table))
    wanted = [(column.name, declared(column)) for column in columns]
    digest = Digest(columns)
    if not source.columns or found == wanted:
        # Readers go on with the rows that they see; other writers wait.
        cursor.execute(identified("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", *table))
        cursor.execute(identified("DELETE FROM {}", *table))
        rows = _copy(cursor, table, columns, source, digest)
    else:
        rows = _make(cursor, table, columns, source, digest)
    return rows, tuple(wanted), source.kind, str(digest)


def _make(
    cursor: Any, table: TableName, columns: Tuple[Column, ...], source: Source, digest: Digest
) -> int:
    """A new table, put in the place of the old one at the end, which readers wait for."""
    new = (*table[:-1], f"glacier_{os.urandom(8).hex()}")
    sql = psycopg("psycopg.sql")
    defined = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(declared(column)))
        for column in columns
    )
    cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(*new), defined))
    rows = _copy(cursor, new, columns, source, digest)
    cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
    cursor.execute(identified("DROP TABLE IF EXISTS {}", *table))
    rename = sql.SQL("ALTER TABLE {} RENAME TO {}")
    cursor.execute(rename.format(sql.Identifier(*new), sql.Identifier(table[-1])))
    return rows


def _copy(
    cursor: Any, table: TableName, columns: Tuple[Column, ...], source: Source, digest: Digest
) -> int:
    sql = psycopg("psycopg.sql")
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    form = "(FORMAT csv)" if source.batches is not None else ""
    statement = sql.SQL("COPY {} ({}) FROM STDIN " + form).format(sql.Identifier(*table), names)
    count = 0
    with cursor.copy(statement) as copy:
        if source.batches is not None:
            from glacier.core.tables.copying import csv_of

            for batch in source.batches():
                copy.write(digest.text(csv_of(batch, columns, source.table)))
                count += batch.num_rows
        else:
            for rows in digest.rows(source.rows()):
                _send(copy.write_row, rows, columns, source, count)
                count += len(rows)
    return count


def _send(
    send: Callable[[Any], None],
    rows: Rows,
    columns: Tuple[Column, ...],
    source: Source,
    start: int,
) -> None:
    sent = 0
    try:
        for row in rows:
            send(row)
            sent += 1
    except (psycopg().DataError, UnicodeEncodeError) as error:
        unfit = (at for at, value in enumerate(rows[sent]) if not _is_text(value))
        column = columns[next(unfit, 0)]
        raise UnfitTable(
            table=source.table,
            place=f"column {column.name!r}, row {start + sent}",
            reason=f"it is a {column.kind} that PostgreSQL does not take ({error})",
            mend="Mend it (.replace('\\0', ''), .encode(errors='replace')), or return bytes.",
        ) from error


def _is_text(value: Any) -> bool:
    """Whether this is no text, or one that PostgreSQL takes."""
    return not isinstance(value, str) or not (
        "\0" in value or any("\ud800" <= one <= "\udfff" for one in value)
    )


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


_HASH = (
    "SELECT count(*), coalesce(sum(hashtextextended(q::text, 0)), 0)::text, "
    "coalesce(sum(hashtextextended(q::text, 1)), 0)::text FROM ({}\n) AS q"
)


def content(address: PostgresAddress, table: Optional[TableName], query: str) -> str:
    """A hash of the rows of a query or a table, whatever their order."""
    found = read(address, table, query)
    found.close()
    name, query = (
        (query, query) if table is None else (".".join(table), f"SELECT * FROM {_text(table)}")
    )
    with opened(address) as connection, failing(address, "reading", name):
        connection.read_only = True
        sums = connection.execute(_HASH.format(query)).fetchone()
    told = repr(([tuple(column) for column in found.columns], sums))
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def find(address: PostgresAddress, table: TableName) -> Optional[TableVersion]:
    """What is noted of a table; ``None`` if nothing is, or there is no such table."""
    name = ".".join(table)
    with opened(address) as connection, failing(address, "reading", name):
        return _noted(connection.cursor(), table)


def _noted(cursor: Any, table: TableName) -> Optional[TableVersion]:
    side = (*table[:-1], SIDE_TABLE)
    if not _columns(cursor, side) or not _columns(cursor, table):
        return None
    return noted(_asking(cursor), _escaped(side), table[-1], mark="%s")


def _note(cursor: Any, table: TableName, version: TableVersion) -> None:
    side = (*table[:-1], SIDE_TABLE)
    if version.run is not None:
        # The last lock that is taken, so that no two writers wait for each other.
        cursor.execute(_LOCK, [".".join(side)])
        note(_asking(cursor), _escaped(side), table[-1], version, mark="%s")
    elif _columns(cursor, side) and _may_forget(cursor, side):
        forget(_asking(cursor), _escaped(side), table[-1], mark="%s")


def _may_forget(cursor: Any, side: TableName) -> bool:
    """Whether this user may touch the side table: who publishes needs no right to it."""
    query = "SELECT has_table_privilege(%s, 'SELECT') AND has_table_privilege(%s, 'DELETE')"
    cursor.execute(query, [_text(side)] * 2)
    return bool(cursor.fetchone()[0])


def _escaped(table: TableName) -> str:
    return _text(table).replace("%", "%%")


def _asking(cursor: Any) -> Ask:
    def ask(query: str, values: Sequence[Any]) -> List[Any]:
        cursor.execute(query, values)
        return [] if cursor.description is None else list(cursor.fetchall())

    return ask


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
                query = f"SELECT * FROM {_text(table)}"
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
    from glacier.core.tables.copying import batches_of_copy, schema_of, selected

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
    found = _noted(connection.cursor(), table)
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
