"""A full table into the place of another one, for databases that make none in a transaction."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, List, Optional, Sequence

from glacier.core.errors import DatabaseFailed
from glacier.core.tables.address import EngineAddress
from glacier.core.tables.alchemy.connection import is_mysql, sqlalchemy
from glacier.core.tables.alchemy.filling import drop
from glacier.core.tables.alchemy.notes import Place, forget

__all__ = ["check_free", "remove", "rename", "tables_named"]


def rename(connection: Any, new: Place, place: Place, *, old: Optional[str] = None) -> None:
    """Give a table its name, and with MySQL the one that had it another, at one moment."""
    lib, quote = sqlalchemy(), connection.dialect.identifier_preparer

    def told(one: Place) -> str:
        return str(quote.format_table(lib.Table(one.name, lib.MetaData(), schema=one.schema)))

    if is_mysql(connection.dialect):
        moved = "" if old is None else f"{told(place)} TO {told(Place(place.schema, old))}, "
        connection.exec_driver_sql(f"RENAME TABLE {moved}{told(new)} TO {told(place)}")
    elif connection.dialect.name == "mssql":
        values = {"new": told(new), "name": place.name}
        connection.execute(lib.text("EXEC sp_rename :new, :name"), values)
    else:
        name = quote.quote(place.name)
        connection.exec_driver_sql(f"ALTER TABLE {told(new)} RENAME TO {name}")


def tables_named(connection: Any, place: Place, prefix: str) -> List[str]:
    """The tables of a schema whose names begin so."""
    found = sqlalchemy().inspect(connection).get_table_names(schema=place.schema)
    return [str(name) for name in found if str(name).lower().startswith(prefix)]


def remove(connection: Any, place: Place, names: Sequence[str], *keys: str) -> None:
    """Drop tables that nobody looks up, and what is noted of them; the next writer does the rest.

    Each ends a transaction.
    """
    with suppress(sqlalchemy().exc.SQLAlchemyError):
        for name in names:
            drop(connection, Place(place.schema, name))
        forget(connection, place, *names, *keys)
        connection.commit()


def check_free(connection: Any, address: EngineAddress, place: Place) -> None:
    """Refuse a table of MySQL that others refer to: they would go on to refer to the old one."""
    if not is_mysql(connection.dialect):
        return
    query = (
        "SELECT table_name FROM information_schema.referential_constraints "
        "WHERE referenced_table_name = :name AND unique_constraint_schema = "
    )
    told = {} if place.schema is None else {"schema": place.schema}
    wanted = "DATABASE()" if place.schema is None else ":schema"
    values = {"name": place.name, **told}
    found = connection.execute(sqlalchemy().text(query + wanted), values).scalar()
    if found is not None:
        raise DatabaseFailed(
            database=str(address),
            doing=f"writing {str(place)!r}",
            reason=f"the table {found} refers to it by a foreign key",
            mend="The columns differ, so the table is made anew: drop what depends on it first.",
        )
