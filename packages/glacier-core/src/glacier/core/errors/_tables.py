"""Errors about tables in databases; none of them ever holds a password."""

from __future__ import annotations

from typing import Iterable

from glacier.core.errors._base import GlacierError, did_you_mean

__all__ = [
    "ChangedTable",
    "DatabaseFailed",
    "InvalidDatabase",
    "MissingTable",
    "TableError",
    "UnfitTable",
    "UnreachableDatabase",
]


class TableError(GlacierError):
    """A table that cannot be written or read."""


class InvalidDatabase(TableError):
    """What names no database, or no table in one."""

    def __init__(self, *, subject: str, reason: str, mend: str) -> None:
        super().__init__(f"{subject}: {reason}. {mend}")


class UnreachableDatabase(TableError):
    """A database that does not answer, or that lets nobody in by these names."""

    def __init__(self, *, database: str, reason: str, mend: str) -> None:
        super().__init__(f"{database} cannot be reached: {reason}. {mend}")


class MissingTable(TableError):
    """A table that the database does not have; ``reason`` where there is no database either."""

    def __init__(
        self, *, database: str, table: str, known: Iterable[str], reason: str = ""
    ) -> None:
        guess = did_you_mean(table, known) or f" {reason or 'It has no tables at all.'}"
        super().__init__(f"{database} has no table {table!r}.{guess}")


class ChangedTable(TableError):
    """A table that was replaced since its version was looked up."""

    def __init__(self, *, database: str, table: str, wanted: str, found: str) -> None:
        super().__init__(
            f"{database}: table {table!r} no longer holds what run {wanted} wrote, but {found}. "
            "Run again, on what is there now."
        )


class UnfitTable(TableError):
    """A value that no table can hold; ``place`` is where in it."""

    def __init__(self, *, table: str, place: str, reason: str, mend: str) -> None:
        self.place = place
        super().__init__(f"table {table!r} cannot hold {place}: {reason}. {mend}")


class DatabaseFailed(TableError):
    """What the database itself refused, and its reason."""

    def __init__(self, *, database: str, doing: str, reason: str, mend: str) -> None:
        super().__init__(f"{database}, {doing}: {reason}. {mend}")
