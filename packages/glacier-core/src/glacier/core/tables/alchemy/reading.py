"""Reading tables of databases behind SQLAlchemy: a cursor of the server, and nothing is kept."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import Any, Callable, Iterator, Optional, Tuple

from glacier.core.errors import DatabaseFailed
from glacier.core.tables.address import EngineAddress, TableName
from glacier.core.tables.alchemy.connection import connect, is_mysql, opened, sqlalchemy
from glacier.core.tables.alchemy.errors import failing, missing
from glacier.core.tables.alchemy.filling import known_columns, selected
from glacier.core.tables.alchemy.notes import exists, hold, noted, place_of
from glacier.core.tables.alchemy.values import of_columns
from glacier.core.tables.columns import Column
from glacier.core.tables.results import Result
from glacier.core.tables.sources import Rows
from glacier.core.tables.versions import TableVersion, check_unchanged

__all__ = ["content", "read"]

_CHUNK = 10_000
_READS = re.compile(r"\s*(\(|(select|with|values|table)\b)", re.IGNORECASE)
_ONE_MOMENT = ("mariadb", "mysql", "oracle")  # transactions of theirs that read see one anyway
# The numbers of MySQL's protocol, which all of its drivers hand out.
_PROTOCOL = {
    2: "int32",
    3: "int64",
    4: "float32",
    5: "float64",
    7: "timestamptz",
    8: "int64",
    9: "int32",
    10: "date",
    11: "time",
    12: "timestamp",
    246: "decimal",
}


def read(
    address: EngineAddress,
    table: Optional[TableName],
    query: str,
    version: Optional[TableVersion] = None,
) -> Result:
    """Open a query, or a table by its name. Nothing can be changed by it."""
    name = query if table is None else ".".join(table)
    if table is None and _READS.match(query) is None:
        raise DatabaseFailed(
            database=str(address),
            doing=f"reading {query!r}",
            reason="it is no SELECT",
            mend="A query that is read can change nothing.",
        )
    connection = connect(address, reading=True)
    try:
        with failing(address, "reading", name):
            stop = _stopper(connection, address)
            if table is None:
                found = _streaming(connection, no_parameters=True).exec_driver_sql(query)
                columns = _described(found, connection.dialect)
            else:
                columns = _held(connection, address, table, version)
                found = _streaming(connection).execute(selected(place_of(table), columns))
    except BaseException:
        connection.close()
        raise

    def rows() -> Iterator[Rows]:
        with failing(address, "reading", name):
            for part in found.partitions(_CHUNK):
                yield of_columns(part, columns, name)

    def close() -> None:
        if not found.closed:
            stop()
        with suppress(sqlalchemy().exc.SQLAlchemyError):
            found.close()
        connection.close()  # which undoes what there may be

    return Result(tuple(map(_arrow, columns)), rows, close)


def _streaming(connection: Any, *, no_parameters: bool = False) -> Any:
    """The connection, whose rows come as they are taken; without parameters a ``%`` is one."""
    return connection.execution_options(stream_results=True, no_parameters=no_parameters)


def _stopper(connection: Any, address: EngineAddress) -> Callable[[], None]:
    """What ends a query of which no more is wanted.

    Drivers of MySQL read all rows that are still to come before they close a cursor.
    """
    if not is_mysql(connection.dialect):
        return lambda: None
    number = int(connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar())

    def stop() -> None:
        with suppress(sqlalchemy().exc.SQLAlchemyError), opened(address) as other:
            other.exec_driver_sql(f"KILL QUERY {number}")

    return stop


def _held(
    connection: Any, address: EngineAddress, table: TableName, version: Optional[TableVersion]
) -> Tuple[Column, ...]:
    """The columns of a table, which stay as they are until the transaction ends."""
    place = place_of(table)
    if version is not None:
        if connection.dialect.name not in _ONE_MOMENT:
            _one_moment(connection)
        check_unchanged(noted(connection, place), version, str(address), str(place))
    if not exists(connection, place):
        raise missing(address, str(place))
    if version is None:
        hold(connection, place)
    return known_columns(connection, place)


def _one_moment(connection: Any) -> None:
    """See note and rows of one moment, where the dialect offers that."""
    # Dialects say in each of these ways that they have none.
    with suppress(NotImplementedError, AttributeError, sqlalchemy().exc.ArgumentError):
        connection.rollback()
        connection.execution_options(isolation_level="SERIALIZABLE")


def _described(found: Any, dialect: Any) -> Tuple[Column, ...]:
    """The columns of a query, with the types that drivers of MySQL tell; of others, the values."""
    if not is_mysql(dialect) or dialect.driver == "mysqlconnector":
        return tuple(Column(str(name), None) for name in list(found.keys()))
    return tuple(_told(*one[:6]) for one in found.cursor.description)


def _told(name: str, code: Any, _: Any, shown: Any, length: Any, scale: Any) -> Column:
    kind = _PROTOCOL.get(code)
    if code == 1:
        kind = "bool" if length == 1 else "int16"
    return Column(str(name), kind, *((38, scale) if kind == "decimal" else ()))


def _arrow(column: Column) -> Column:
    """The column with no more digits than Arrow has."""
    if column.kind == "decimal" and (column.precision or 0) > 38:
        return Column(column.name, column.kind)
    return column


def content(address: EngineAddress, table: Optional[TableName], query: str) -> str:
    """A hash of the rows of a query or a table, whatever their order."""
    found = read(address, table, query)
    count = total = 0
    try:
        for rows in found.rows():
            count += len(rows)
            for row in rows:
                told = hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest()
                total = (total + int.from_bytes(told, "big")) % 2**256
    finally:
        found.close()
    text = repr(([tuple(column) for column in found.columns], count, total))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
