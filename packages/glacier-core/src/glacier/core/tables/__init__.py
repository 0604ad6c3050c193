"""Tables of databases: values in, replaced at one moment, and out again.

::

    write_table(url, name, value) ──▶ Source: columns, rows or batches ──▶ a database's module
    read_table(url, name_or_query, wanted=…) ◀── the value, or a stream ◀── the same

``sqlite`` and ``postgres`` serve these two by drivers of their own, ``alchemy`` all other databases
by SQLAlchemy.
"""

from __future__ import annotations

from typing import Any, Optional

from glacier.core.errors import InvalidDatabase
from glacier.core.formats.kinds import target_of
from glacier.core.tables.address import (
    Address,
    PostgresAddress,
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
    "reach",
    "read_table",
    "split_address",
    "write_table",
]


def write_table(
    url: str, name: str, value: Any, *, run: Optional[str] = None, fingerprint: Optional[str] = None
) -> TableVersion:
    """Replace the rows of a table by those of a value, at one moment.

    ``url`` is ``sqlite:///path``, ``postgresql://user:password@host/database`` or one of
    SQLAlchemy's, ``mysql+pymysql://user:password@host/database``; ``name`` the table's, but for
    SQLite with its schema before a dot if it has one. ``value`` is a list of dicts,
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
        found: TableVersion = _writing(address).write(address, table, source, author)
        return found
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
    return delivered(_reading(address).read(address, table, query, version), target, query_or_name)


def find_version(url: str, name: str) -> Optional[TableVersion]:
    """What the last run that wrote a table has noted of it, ``None`` if none has.

    What others have changed in the table since then is not noticed.
    Raises :class:`~glacier.core.errors.TableError`.
    """
    address = address_of(url)
    table = table_name(name, address)
    found: Optional[TableVersion] = _writing(address).find(address, table)
    return found


def hash_table(url: str, query_or_name: str) -> str:
    """A hash of the rows of a table or a query, all of which are read for it.

    It is another one than :class:`TableVersion` has of the same rows. In PostgreSQL the server
    makes it, and the order of rows does not matter. Raises
    :class:`~glacier.core.errors.TableError`.
    """
    address = address_of(url)
    table = None if is_query(query_or_name) else table_name(query_or_name, address)
    query = query_or_name.strip().rstrip(";")
    return str(_reading(address).content(address, table, query))


def publish_table(address: str, value: Any) -> TableVersion:
    """Replace a table at an address that stays, ``postgresql://host/database#shop.orders``.

    As :func:`write_table` does, with no side table made beside it.
    """
    url, table = split_address(address)
    return write_table(url, table, value)


def reach(url: str) -> None:
    """Connect to a database, as who writes to it does, and leave it as it is.

    Raises :class:`~glacier.core.errors.UnreachableDatabase`,
    :class:`~glacier.core.errors.InvalidDatabase` and
    :class:`~glacier.core.errors.MissingLibrary`.
    """
    address = address_of(url)
    _writing(address).reach(address)


def _writing(address: Address) -> Any:
    """What writes the tables of a database, and finds what is noted of them."""
    if isinstance(address, SqliteAddress):
        from glacier.core.tables.sqlite import rows

        return rows
    if isinstance(address, PostgresAddress):
        from glacier.core.tables.postgres import writing as of_postgres

        return of_postgres
    from glacier.core.tables.alchemy import writing

    return writing


def _reading(address: Address) -> Any:
    """What reads the tables of a database."""
    if isinstance(address, SqliteAddress):
        from glacier.core.tables.sqlite import rows

        return rows
    if isinstance(address, PostgresAddress):
        from glacier.core.tables.postgres import reading as of_postgres

        return of_postgres
    from glacier.core.tables.alchemy import reading

    return reading
