"""What is noted of tables of PostgreSQL, in the side table of their schema."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence

from glacier.core.tables.address import TableName
from glacier.core.tables.versions import SIDE_TABLE, Ask, TableVersion, forget, note, noted

__all__ = ["LOCK", "note_of", "noted_of", "quoted"]

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
"""Takes a lock of any name until the transaction ends."""


def noted_of(cursor: Any, table: TableName) -> Optional[TableVersion]:
    """What is noted of a table; ``None`` if nothing is, or there is no such table."""
    side = (*table[:-1], SIDE_TABLE)
    if not _exist(cursor, side, table):
        return None
    return noted(_asking(cursor), _escaped(side), table[-1], mark="%s")


def note_of(cursor: Any, table: TableName, version: TableVersion) -> None:
    """Note what was written, or, where no run wrote it, that nothing is known."""
    side = (*table[:-1], SIDE_TABLE)
    if version.run is not None:
        # The last lock that is taken, so that no two writers wait for each other.
        cursor.execute(LOCK, [".".join(side)])
        note(_asking(cursor), _escaped(side), table[-1], version, mark="%s")
    elif _exist(cursor, side) and _may_forget(cursor, side):
        forget(_asking(cursor), _escaped(side), table[-1], mark="%s")


def _may_forget(cursor: Any, side: TableName) -> bool:
    """Whether this user may touch the side table: who publishes needs no right to it."""
    query = "SELECT has_table_privilege(%s, 'SELECT') AND has_table_privilege(%s, 'DELETE')"
    cursor.execute(query, [quoted(side)] * 2)
    return bool(cursor.fetchone()[0])


def _escaped(table: TableName) -> str:
    return quoted(table).replace("%", "%%")


def _asking(cursor: Any) -> Ask:
    def ask(query: str, values: Sequence[Any]) -> List[Any]:
        cursor.execute(query, values)
        return [] if cursor.description is None else list(cursor.fetchall())

    return ask


def _exist(cursor: Any, *tables: TableName) -> bool:
    """Whether all of these exist, at one moment: a table may be replaced by another meanwhile."""
    tests = " AND ".join(["to_regclass(%s) IS NOT NULL"] * len(tables))
    cursor.execute(f"SELECT {tests}", list(map(quoted, tables)))
    return bool(cursor.fetchone()[0])


def quoted(table: TableName) -> str:
    """A table in SQL."""
    return ".".join('"{}"'.format(part.replace('"', '""')) for part in table)
