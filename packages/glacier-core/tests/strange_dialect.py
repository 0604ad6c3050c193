"""Dialects of SQLAlchemy that Glacier knows nothing of, with real databases behind them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

__all__ = ["FilesDialect", "HastyDialect", "StrangeDialect"]


class StrangeDialect(PGDialect_psycopg):
    """PostgreSQL by another name."""

    name = "elsewhere"
    supports_statement_cache = True


class FilesDialect(SQLiteDialect_pysqlite):
    """SQLite, which by this driver makes tables outside of transactions, and has no comments."""

    name = "files"
    supports_statement_cache = True


class HastyDialect(FilesDialect):
    """The same, with no transactions at all."""

    name = "hasty"
    supports_statement_cache = True

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        found = super().connect(*args, **kwargs)
        found.isolation_level = None
        return found
