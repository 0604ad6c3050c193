"""Tables of SQLite and PostgreSQL: values in, replaced in one transaction, and out again.

::

    write_table(url, name, value) ──▶ Source: columns, rows or batches ──▶ sqlite | postgres
    read_table(url, name_or_query, wanted=…) ◀── the value, or a stream ◀── sqlite | postgres
"""

from __future__ import annotations

from typing import Any, Optional

from glacier.core.formats.kinds import target_of
from glacier.core.tables.address import Address, SqliteAddress, address_of, is_query, table_name
from glacier.core.tables.columns import Column, TableFacts
from glacier.core.tables.sources import source_of

__all__ = [
    "Address",
    "Column",
    "SqliteAddress",
    "TableFacts",
    "address_of",
    "read_table",
    "write_table",
]


def write_table(url: str, name: str, value: Any) -> TableFacts:
    """Replace the rows of a table by those of a value, in one transaction.

    ``url`` is ``sqlite:///path`` or ``postgresql://user:password@host/database``; ``name`` the
    table's, with its schema before a dot if it has one. ``value`` is a list of dicts, a frame of
    pandas, polars or Arrow, or a stream: an iterator of dicts or of frames, a
    ``RecordBatchReader``. Readers see the rows of before or those of now, also if this process
    ends half-way. A table that has the same columns keeps its indexes and grants, another is made
    anew. Raises :class:`~glacier.core.errors.TableError`,
    :class:`~glacier.core.errors.MissingLibrary`, and what a stream itself raises.
    """
    address = address_of(url)
    table = table_name(name, address)
    source = source_of(value, name)
    if isinstance(address, SqliteAddress):
        from glacier.core.tables import sqlite

        return sqlite.write(address, table, source)
    from glacier.core.tables import postgres

    return postgres.write(address, table, source)


def read_table(
    url: str, query_or_name: str, *, wanted: Any = None, kind: Optional[str] = None
) -> Any:
    """The rows of a table or of a query, which can change nothing.

    ``wanted`` is the type that the reader's annotation names: a frame of pandas, polars or Arrow,
    or a stream, ``Iterator[dict]``, an iterator of frames, or a ``RecordBatchReader``, which hold
    a connection until they end. Without it, rows come as ``kind``, what
    :class:`TableFacts` says was written, or as a list of dicts.

    Raises :class:`~glacier.core.errors.TableError`,
    :class:`~glacier.core.errors.MissingLibrary` and :class:`~glacier.core.errors.UnfitTarget`.
    """
    from glacier.core.tables.results import delivered

    address = address_of(url)
    table = None if is_query(query_or_name) else table_name(query_or_name, address)
    query = query_or_name.strip().rstrip(";")
    target = target_of(wanted)
    if target.kind is None or target.kind == "object":
        target = target._replace(kind=kind)
    if isinstance(address, SqliteAddress):
        from glacier.core.tables import sqlite

        return delivered(sqlite.read(address, table, query), target, query_or_name)
    from glacier.core.tables import postgres

    return delivered(postgres.read(address, table, query), target, query_or_name)
