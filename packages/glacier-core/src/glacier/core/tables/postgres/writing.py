"""Writing tables of PostgreSQL: COPY, in one transaction."""

from __future__ import annotations

import os
from typing import Any, Callable, List, Optional, Tuple

from glacier.core.errors import UnfitTable
from glacier.core.tables.address import LONGEST, PostgresAddress, TableName
from glacier.core.tables.columns import Column
from glacier.core.tables.contents import Digest
from glacier.core.tables.postgres.connection import connect, failing, identified, opened, psycopg
from glacier.core.tables.postgres.notes import LOCK, note_of, noted_of, quoted
from glacier.core.tables.postgres.types import column_of, declared
from glacier.core.tables.sources import Rows, Source
from glacier.core.tables.sqlite.rows import no_columns
from glacier.core.tables.versions import (
    Author,
    TableVersion,
    version_of,
)

__all__ = ["find", "reach", "write"]

_PATIENCE = "10min"  # for readers of a table that is replaced by one of other columns


def write(
    address: PostgresAddress, table: TableName, source: Source, author: Optional[Author]
) -> TableVersion:
    """Replace the table's rows in one transaction."""
    name = ".".join(table)
    _check_names(source.columns, name)
    with opened(address) as connection, failing(address, "writing", name):
        with connection.cursor() as cursor:
            # Writers of one table come one after another, also where it does not exist yet.
            cursor.execute(LOCK, [name])
            found = None if author is None else noted_of(cursor, table)
            if found is not None and author is not None and str(found.run) >= author.run:
                return found
            facts = _replace(cursor, table, source)
            version = version_of(facts, author)
            note_of(cursor, table, version)
        connection.commit()
    return version


def reach(address: PostgresAddress) -> None:
    """Connect, and do nothing."""
    connect(address).close()


def _check_names(columns: Tuple[Column, ...], table: str) -> None:
    """Refuse a name that PostgreSQL would cut without a word."""
    for column in columns:
        if len(column.name.encode(errors="replace")) > LONGEST:
            raise UnfitTable(
                table=table,
                place=f"column {column.name!r}",
                reason=f"PostgreSQL keeps {LONGEST} bytes of a name",
                mend="Give it a shorter one.",
            )


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
            from glacier.core.tables.postgres.copying import csv_of

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
        unfit = (at for at, value in enumerate(rows[sent]) if not _isquoted(value))
        column = columns[next(unfit, 0)]
        raise UnfitTable(
            table=source.table,
            place=f"column {column.name!r}, row {start + sent}",
            reason=f"it is a {column.kind} that PostgreSQL does not take ({error})",
            mend="Mend it (.replace('\\0', ''), .encode(errors='replace')), or return bytes.",
        ) from error


def _isquoted(value: Any) -> bool:
    """Whether this is no text, or one that PostgreSQL takes."""
    return not isinstance(value, str) or not (
        "\0" in value or any("\ud800" <= one <= "\udfff" for one in value)
    )


def _columns(cursor: Any, table: TableName) -> List[Tuple[str, str]]:
    """The columns of a table and their types, in their order; none if it does not exist."""
    cursor.execute("SELECT to_regclass(%s)::oid", [quoted(table)])
    (found,) = cursor.fetchone()
    if found is None:
        return []
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [found],
    )
    return [(str(name), str(kind)) for name, kind in cursor.fetchall()]


def find(address: PostgresAddress, table: TableName) -> Optional[TableVersion]:
    """What is noted of a table; ``None`` if nothing is, or there is no such table."""
    name = ".".join(table)
    with opened(address) as connection, failing(address, "reading", name):
        return noted_of(connection.cursor(), table)
