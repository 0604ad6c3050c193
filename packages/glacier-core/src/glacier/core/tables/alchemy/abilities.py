"""What a transaction of a database undoes, and how its writers wait for each other."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import contextmanager
from typing import Any, Dict, Generator, NamedTuple, Tuple

from glacier.core.tables.address import EngineAddress
from glacier.core.tables.alchemy.connection import is_mysql, sqlalchemy
from glacier.core.tables.alchemy.notes import Place, exists

__all__ = ["Abilities", "abilities_of", "lock", "turn"]

_FOREVER = 10**8  # seconds


class Abilities(NamedTuple):
    """Whether a transaction that is rolled back undoes rows, and tables that were made."""

    rows: bool
    tables: bool


_KNOWN = {
    "mariadb": Abilities(rows=True, tables=False),
    "mssql": Abilities(rows=True, tables=True),
    "mysql": Abilities(rows=True, tables=False),
    "oracle": Abilities(rows=True, tables=False),
}
_found: Dict[str, Abilities] = {}
_turns: Dict[Tuple[str, str], threading.Lock] = {}


def abilities_of(connection: Any, place: Place) -> Abilities:
    """What this database can; one that is not known is tried, once in a process."""
    known = _KNOWN.get(connection.dialect.name)
    if known is not None:
        if is_mysql(connection.dialect):
            return known._replace(rows=_transactional(connection, place))
        return known
    url = str(connection.engine.url)
    if url not in _found:
        with connection.engine.connect() as other:
            _found[url] = _tried(other, place)
    return _found[url]


def _transactional(connection: Any, place: Place) -> bool:
    """Whether the engine that keeps this table of MySQL has transactions; a new one's has."""
    query = "SELECT engine FROM information_schema.tables WHERE table_name = :name AND "
    wanted = "table_schema = " + ("DATABASE()" if place.schema is None else ":schema")
    told = {} if place.schema is None else {"schema": place.schema}
    found = connection.execute(sqlalchemy().text(query + wanted), {"name": place.name, **told})
    return str(found.scalar() or "InnoDB").lower() == "innodb"


def _tried(connection: Any, place: Place) -> Abilities:
    lib = sqlalchemy()
    probe = Place(place.schema, f"glacier_{os.urandom(6).hex()}")
    table = lib.Table(probe.name, lib.MetaData(), lib.Column("n", lib.Integer), schema=probe.schema)
    table.create(connection)
    connection.rollback()
    if not exists(connection, probe):
        return Abilities(rows=True, tables=True)
    try:
        connection.rollback()
        connection.execute(table.insert().values(n=1))
        connection.rollback()
        left = connection.execute(lib.select(lib.func.count()).select_from(table)).scalar()
        connection.rollback()
        return Abilities(rows=left == 0, tables=False)
    finally:
        table.drop(connection)
        connection.commit()


@contextmanager
def turn(address: EngineAddress, place: Place) -> Generator[None, None, None]:
    """Let one writer of this process at a time work on a table."""
    with _turns.setdefault((address.url, str(place)), threading.Lock()):
        yield


def lock(connection: Any, place: Place) -> None:
    """Wait for the writers of the table in other processes, where the dialect has such locks.

    MySQL's lasts as long as the connection, that of SQL Server as long as the transaction.
    """
    schema = place.schema or connection.engine.url.database or ""
    name = f"glacier:{hashlib.sha256(f'{schema}.{place.name}'.encode()).hexdigest()[:48]}"
    text = sqlalchemy().text
    if is_mysql(connection.dialect):
        values = {"name": name, "wait": _FOREVER}
        if connection.execute(text("SELECT GET_LOCK(:name, :wait)"), values).scalar() != 1:
            raise sqlalchemy().exc.InvalidRequestError("the server gives no lock")
    elif connection.dialect.name == "mssql":
        query = (
            "EXEC sp_getapplock @Resource = :name, @LockMode = 'Exclusive', "
            "@LockOwner = 'Transaction', @LockTimeout = -1"
        )
        connection.execute(text(query), {"name": name})
