"""Errors of databases behind SQLAlchemy, under our names and without passwords."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Any, Generator, List

from glacier.core.errors import DatabaseFailed, GlacierError, MissingTable, UnfitTable
from glacier.core.tables.address import EngineAddress
from glacier.core.tables.alchemy.connection import opened, reason_of, safe, sqlalchemy

__all__ = ["failing", "missing"]

_MISSING = re.compile(
    r"table '(?P<mysql>[^']+)' doesn't exist|invalid object name '(?P<mssql>[^']+)'"
    r"|relation \"(?P<postgres>[^\"]+)\" does not exist|ORA-00942"
    r"|table with name (?P<duckdb>\S+) does not exist|no such table: (?P<sqlite>\S+)",
    re.IGNORECASE,
)
_MENDS = (
    ("read.?only", "A query that is read can change nothing."),
    (r"denied|privilege|not authorized", "Grant it to this user."),
    (r"unknown database|schema .*does not exist", "Create it first, or name another one."),
    ("lock wait timeout|metadata lock", "Somebody holds the table: let them end, and run again."),
    ("deadlock|conflict", "Another writer was faster; run again."),
    ("duplicate|unique", "Let the task return rows that the table's keys allow."),
    ("gone away|lost connection|connection", "Is the server still there?"),
)


@contextmanager
def failing(address: EngineAddress, doing: str, name: str) -> Generator[None, None, None]:
    """Turn the errors of SQLAlchemy and of its drivers into named ones."""
    lib = sqlalchemy()
    try:
        yield
    except lib.exc.SQLAlchemyError as error:
        raise _named(error, address, doing, name) from safe(error, address)


def _named(error: Any, address: EngineAddress, doing: str, name: str) -> GlacierError:
    lib = sqlalchemy()
    reason = reason_of(error, address)
    absent = _MISSING.search(reason)
    if absent is not None and "schema" not in reason:
        told = next((one for one in absent.groups() if one), name)
        return missing(address, told.rpartition(".")[2] if "." not in name else told)
    if isinstance(error, lib.exc.DataError) and doing != "reading":
        column = re.search(r"column [`'\"]?(?:\S+\.)?([^`'\".]+)[`'\"]", reason)
        return UnfitTable(
            table=name,
            place="a value" if column is None else f"a value of column {column[1]!r}",
            reason=reason,
            mend="Let the task return values that the column can hold.",
        )
    mend = next((mend for text, mend in _MENDS if re.search(text, reason, re.IGNORECASE)), None)
    return DatabaseFailed(
        database=str(address),
        doing=f"{doing} {name!r}",
        reason=reason,
        mend=mend or "Mend the query, or the table.",
    )


def missing(address: EngineAddress, name: str) -> MissingTable:
    """The error for a table that is not there, with those that are."""
    return MissingTable(database=str(address), table=name, known=_tables(address, name))


def _tables(address: EngineAddress, name: str) -> List[str]:
    schema, dot, _ = name.rpartition(".")
    lib = sqlalchemy()
    with opened(address, reading=True) as connection:
        found = lib.inspect(connection)
        known: List[str] = []
        for one in dict.fromkeys([None, *([schema] if dot else [])]):
            try:
                names = [*found.get_table_names(schema=one), *found.get_view_names(schema=one)]
            except (lib.exc.SQLAlchemyError, NotImplementedError):  # there is no such schema
                continue
            known += [name if one is None else f"{one}.{name}" for name in names]
    return known
