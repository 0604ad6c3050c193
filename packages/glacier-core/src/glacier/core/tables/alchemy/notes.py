"""What is noted of tables of databases behind SQLAlchemy, in the side table of their schema."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Optional

from glacier.core.tables.address import TableName
from glacier.core.tables.alchemy.connection import is_mysql, sqlalchemy
from glacier.core.tables.alchemy.types import declared
from glacier.core.tables.columns import Column
from glacier.core.tables.versions import SIDE_TABLE, TableVersion

__all__ = [
    "TOKEN",
    "Place",
    "exists",
    "forget",
    "hold",
    "key_of",
    "make_side",
    "may_forget",
    "note",
    "noted",
    "place_of",
]

TOKEN = "glacier_"
"""How the names begin under which tables are filled."""


class Place(NamedTuple):
    """A table, and the schema that it is in, ``None`` for that of the connection."""

    schema: Optional[str]
    name: str

    def __str__(self) -> str:
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


def place_of(table: TableName) -> Place:
    """Where a table is."""
    return Place(".".join(table[:-1]) or None, table[-1])


def exists(connection: Any, place: Place) -> bool:
    """Whether there is such a table or view."""
    return bool(sqlalchemy().inspect(connection).has_table(place.name, schema=place.schema))


def _readable(connection: Any, place: Place) -> bool:
    """The same; one that this user may not see is none."""
    try:
        return exists(connection, place)
    except sqlalchemy().exc.DBAPIError:
        connection.rollback()
        return False


def key_of(connection: Any, place: Place) -> str:
    """By what a table is noted: its name, or that under which it was filled.

    That one is in its comment, so it comes and goes with the rows, whatever name they get.
    """
    if not is_mysql(connection.dialect):
        return place.name
    found = sqlalchemy().inspect(connection).get_table_comment(place.name, schema=place.schema)
    told = str(found.get("text") or "")
    return told if told.startswith(TOKEN) else place.name


def noted(connection: Any, place: Place) -> Optional[TableVersion]:
    """What is noted of a table; ``None`` if nothing is, or there is no such table.

    In the transaction that this leaves open the table stays what it is noted to be.
    """
    if not _readable(connection, Place(place.schema, SIDE_TABLE)) or not exists(connection, place):
        return None
    hold(connection, place)
    side = _side(connection, place.schema)
    wanted = side.c.name == key_of(connection, place)
    fields = [side.c[name] for name in ("row_count", "columns", *TableVersion._fields[2:])]
    found = connection.execute(sqlalchemy().select(*fields).where(wanted)).first()
    if found is None:
        return None
    rows, columns, *rest = found
    return TableVersion(int(rows), tuple((name, kind) for name, kind in json.loads(columns)), *rest)


def hold(connection: Any, place: Place) -> None:
    """See one moment from now on, in which no other table takes the place of this one."""
    lib = sqlalchemy()
    if is_mysql(connection.dialect):
        connection.rollback()  # what was seen before may be of a table that is gone
    connection.execute(lib.select(lib.literal_column("1")).select_from(_named(place)).limit(1))


def make_side(connection: Any, place: Place) -> bool:
    """Make the side table, if there is none; a transaction of its own."""
    side = Place(place.schema, SIDE_TABLE)
    if exists(connection, side):
        return True
    try:
        _side(connection, place.schema).create(connection)
        connection.commit()
    except sqlalchemy().exc.DBAPIError:
        connection.rollback()
        if not exists(connection, side):  # else somebody else was faster
            raise
    return True


def may_forget(connection: Any, place: Place) -> bool:
    """Whether there is a side table that this user may write: to publish needs no right to it."""
    lib = sqlalchemy()
    try:
        found = exists(connection, Place(place.schema, SIDE_TABLE))
        if found:
            connection.execute(_side(connection, place.schema).delete().where(lib.false()))
    except lib.exc.DBAPIError:
        found = False
    connection.rollback()
    return found


def note(connection: Any, place: Place, key: str, version: TableVersion) -> None:
    """Note what a table now holds, in the transaction that writes it."""
    side = _side(connection, place.schema)
    connection.execute(side.delete().where(side.c.name == key))
    told = {**version._asdict(), "row_count": version.rows, "name": key}
    del told["rows"]
    told["columns"] = json.dumps(version.columns, ensure_ascii=False)
    connection.execute(side.insert().values(**told))


def forget(connection: Any, place: Place, *keys: str) -> None:
    """Note that nothing is known of these."""
    if keys and exists(connection, Place(place.schema, SIDE_TABLE)):
        side = _side(connection, place.schema)
        connection.execute(side.delete().where(side.c.name.in_(keys)))


def _named(place: Place) -> Any:
    return sqlalchemy().table(place.name, schema=place.schema)


def _side(connection: Any, schema: Optional[str]) -> Any:
    lib = sqlalchemy()
    exact = "utf8mb4_bin" if is_mysql(connection.dialect) else None
    text = declared(Column("", "text"), connection.dialect)
    options = {f"{connection.dialect.name}_engine": "InnoDB"} if exact else {}
    return lib.Table(
        SIDE_TABLE,
        lib.MetaData(),
        lib.Column("name", lib.String(255, collation=exact), primary_key=True),
        lib.Column("row_count", lib.BigInteger, nullable=False),
        lib.Column("columns", text, nullable=False),
        lib.Column("kind", lib.String(64), nullable=False),
        lib.Column("content", lib.String(128), nullable=False),
        lib.Column("run", lib.String(255, collation=exact), nullable=False),
        lib.Column("fingerprint", lib.String(255)),
        lib.Column("created", lib.String(64), nullable=False),
        schema=schema,
        **options,
    )
