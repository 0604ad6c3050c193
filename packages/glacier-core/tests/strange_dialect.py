"""A dialect of SQLAlchemy that Glacier knows nothing of, though behind it is PostgreSQL."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

__all__ = ["StrangeDialect"]


class StrangeDialect(PGDialect_psycopg):
    """What PostgreSQL's does, by another name."""

    name = "elsewhere"
    supports_statement_cache = True
