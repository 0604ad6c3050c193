"""Tables of SQLite and PostgreSQL: values in, replaced in one transaction, and out again.

::

    write_table(url, name, value) ──▶ Source: columns, rows or batches ──▶ sqlite | postgres
    read_table(url, name_or_query, wanted=…) ◀── the value, or a stream ◀── sqlite | postgres
"""

from __future__ import annotations

from typing import Any, Optional

from glacier.core.errors import InvalidDatabase
from glacier.core.formats.kinds import target_of
from glacier.core.tables.address import (
    SqliteAddress,
    address_of,
    is_query,
    split_address,
    table_name,
)
from glacier.core.tables.sources import source_of
from glacier.core.tables.versions import SIDE_TABLE, Author, TableVersion

__all__ = [
    "TableVersion",
    "find_version",
    "hash_table",
    "publish_table",
    "read_table",
    "split_address",
    "write_table",
]


def write_table(
    url: str, name: str, value: Any, *, run: Optional[str] = None, fingerprint: Optional[str] = None
) -> TableVersion:
    """Replace the rows of a table by those of a value, in one transaction.

    ``url`` is ``sqlite:///path`` or ``postgresql://user:password@host/database``; ``name`` the
    table's, in PostgreSQL with its schema before a dot if it has one. ``value`` is a list of dicts,
    a frame of pandas, polars or Arrow, or a stream: an iterator of dicts or of frames, a
    ``RecordBatchReader``. Readers see the rows of before or those of now, also if this process
    ends half-way. A table that has the same columns keeps its indexes and grants, another is made
    anew.

    With ``run``, the id of a run, what was written is noted for :func:`find_version`. A table that
    a greater id, or the same one, has written stays as it is, and what is noted of it is returned:
    ids of runs are in the order of time, and of attempts that race the first wins.

    Raises :class:`~glacier.core.errors.TableError`, :class:`~glacier.core.errors.MissingLibrary`,
    and what a stream itself raises.
    """
    address = address_of(url)
    table = table_name(name, address)
    if table[-1].lower() == SIDE_TABLE:
        reason = "in it Glacier keeps what it has written into the others"
        raise InvalidDatabase(subject=f"{name!r}", reason=reason, mend="Take another name.")
    source = source_of(value, name)
    author = None if run is None else Author(run, fingerprint)
    try:
        if isinstance(address, SqliteAddress):
            from glacier.core.tables import sqlite

            return sqlite.write(address, table, source, author)
        from glacier.core.tables import postgres

        return postgres.write(address, table, source, author)
    finally:
        source.close()


def read_table(
    url: str,
    query_or_name: str,
    *,
    wanted: Any = None,
    kind: Optional[str] = None,
    version: Optional[TableVersion] = None,
) -> Any:
    """The rows of a table or of a query, which can change nothing.

    ``wanted`` is the type that the reader's annotation names: a frame of pandas, polars or Arrow,
    or a stream, ``Iterator[dict]``, an iterator of frames, or a ``RecordBatchReader``, which hold
    a connection until they end. Without it, rows come as ``kind``, what
    :class:`TableVersion` says was written, or as a list of dicts. With ``version``, what
    :func:`find_version` gave, a table is read only if it still holds that, else it is a
    :class:`~glacier.core.errors.ChangedTable`.

    Raises :class:`~glacier.core.errors.TableError`,
    :class:`~glacier.core.errors.MissingLibrary` and :class:`~glacier.core.errors.UnfitTarget`.
    """
    from glacier.core.tables.results import delivered

    address = address_of(url)
    table = None if is_query(query_or_name) else table_name(query_or_name, address)
    query = query_or_name.strip().rstrip(";")
    target = target_of(wanted)
    if target.kind is None or target.kind == "object":
        # An iterator is a list unless one is wanted.
        target = target._replace(kind=None if kind == "iterator" else kind)
    if isinstance(address, SqliteAddress):
        from glacier.core.tables import sqlite

        found = sqlite.read(address, table, query, version)
        return delivered(found, target, query_or_name)
    from glacier.core.tables import postgres_reading

    return delivered(postgres_reading.read(address, table, query, version), target, query_or_name)


def find_version(url: str, name: str) -> Optional[TableVersion]:
    """What the last run that wrote a table has noted of it, ``None`` if none has.

    What others have changed in the table since then is not noticed.
    Raises :class:`~glacier.core.errors.TableError`.
    """
    address = address_of(url)
    table = table_name(name, address)
    if isinstance(address, SqliteAddress):
        from glacier.core.tables import sqlite

        return sqlite.find(address, table)
    from glacier.core.tables import postgres

    return postgres.find(address, table)


def hash_table(url: str, query_or_name: str) -> str:
    """A hash of the rows of a table or a query, all of which are read for it.

    It is another one than :class:`TableVersion` has of the same rows. In PostgreSQL the server
    makes it, and the order of rows does not matter. Raises
    :class:`~glacier.core.errors.TableError`.
    """
    address = address_of(url)
    table = None if is_query(query_or_name) else table_name(query_or_name, address)
    query = query_or_name.strip().rstrip(";")
    if isinstance(address, SqliteAddress):
        from glacier.core.tables import sqlite

        return sqlite.content(address, table, query)
    from glacier.core.tables import postgres_reading

    return postgres_reading.content(address, table, query)


def publish_table(address: str, value: Any) -> TableVersion:
    """Replace a table at an address that stays, ``postgresql://host/database#shop.orders``.

    As :func:`write_table` does, with no side table made beside it.
    """
    url, table = split_address(address)
    return write_table(url, table, value)
