"""Kinds of columns as SQLAlchemy's types, and their values as drivers take and give them.

A comment tells the kind of a column where its type does not: ``glacier:json`` on a text.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Tuple

from glacier.core.tables.alchemy.connection import is_mysql, sqlalchemy
from glacier.core.tables.columns import Column

__all__ = ["column_of", "declared", "mark_of", "widened"]

_MARK = re.compile(r"glacier:([a-z0-9]+)(?:\((\d+),(\d+)\))?")
_UNTOLD = ("interval", "json", "timestamptz", "uuid")  # MySQL has no types that give these back
_WIDEST = {"mariadb": (65, 30), "mysql": (65, 30)}
_LOSSY = 0
"""As the precision of a column that is no decimal: it is read, and does not hold all values."""


def widened(column: Column, dialect: Any) -> Column:
    """The column that a database gives back for this one."""
    if column.kind == "float32":
        return column._replace(kind="float64")  # MySQL shows six digits of a FLOAT
    if column.kind == "decimal" and column.precision is None:
        precision, scale = _WIDEST.get(dialect.name, (38, 9))
        return column._replace(precision=precision, scale=scale)
    return column


def mark_of(column: Column, dialect: Any) -> str:
    """The comment of a column, empty where its type tells its kind."""
    if is_mysql(dialect) and column.kind not in _UNTOLD:
        return ""
    digits = "" if column.precision is None else f"({column.precision},{column.scale})"
    return f"glacier:{column.kind}{digits}"


def declared(column: Column, dialect: Any) -> Any:
    """SQLAlchemy's type of a column that :func:`widened` gave."""
    lib = sqlalchemy()
    kind = column.kind or "text"
    if kind == "decimal":
        return lib.Numeric(column.precision, column.scale)
    if kind == "uuid":
        return lib.String(36)
    special = _special(dialect.name)
    if kind in special:
        return special[kind]
    return {
        "bool": lib.Boolean(),
        "bytes": lib.LargeBinary(),
        "date": lib.Date(),
        "float64": lib.Double(),
        "int16": lib.SmallInteger(),
        "int32": lib.Integer(),
        "int64": lib.BigInteger(),
        "time": lib.Time(),
        "timestamp": lib.DateTime(),
        "timestamptz": lib.DateTime(),  # in UTC
    }.get(kind, lib.Text())


def _special(dialect: str) -> Dict[str, Any]:
    """The types of a dialect where the generic ones would lose something."""
    if dialect in ("mysql", "mariadb"):
        own = sqlalchemy("sqlalchemy.dialects.mysql")
        text, moment = own.LONGTEXT(charset="utf8mb4"), own.DATETIME(fsp=6)
        more = {"bytes": own.LONGBLOB(), "time": own.TIME(fsp=6)}
    elif dialect == "mssql":
        own = sqlalchemy("sqlalchemy.dialects.mssql")
        text, moment, more = sqlalchemy().UnicodeText(), own.DATETIME2(6), {}
    elif dialect == "oracle":
        own = sqlalchemy("sqlalchemy.dialects.oracle")
        text, moment = own.CLOB(), own.TIMESTAMP()
        more = {"float64": own.BINARY_DOUBLE()}
    else:
        return {}
    texts = dict.fromkeys(["interval", "json", "text"], text)
    return {**texts, "timestamp": moment, "timestamptz": moment, **more}


def column_of(found: Dict[str, Any], dialect: Any) -> Column:
    """The column that an inspector has found; its kind is ``None`` if no kind is like its type."""
    name = str(found["name"])
    told = _MARK.fullmatch(found.get("comment") or "")
    if told is not None:
        digits = (int(told[2]), int(told[3])) if told[2] else (None, None)
        return Column(name, told[1], *digits)
    kind = found["type"]
    return Column(name, *(_mysql_kind(kind) if is_mysql(dialect) else _kind(kind)))


_Kind = Tuple[Any, ...]


def _mysql_kind(kind: Any) -> _Kind:
    """The kind of a type of MySQL, and whether it is one that does not hold all its values."""
    form = type(kind).__name__.upper()
    if form == "TINYINT":
        return ("bool",) if kind.display_width == 1 and not kind.unsigned else ("int16",)
    if form == "BIGINT" and kind.unsigned:
        return (None,)
    if form in ("SMALLINT", "INTEGER", "MEDIUMINT"):
        wide = form != "SMALLINT"
        return (("int32", "int64") if wide else ("int16", "int32"))[bool(kind.unsigned)], None
    if form in ("DATETIME", "TIME", "TIMESTAMP"):
        exact = None if kind.fsp == 6 else _LOSSY
        plain = {"DATETIME": "timestamp", "TIME": "time"}.get(form, "timestamptz")
        return plain, exact
    if form in ("BIT", "SET", "YEAR"):
        return (None,)
    if form in ("CHAR", "ENUM", "NCHAR"):
        return "text", _LOSSY
    return ("float32",) if form == "FLOAT" else _kind(kind)


def _kind(kind: Any) -> _Kind:
    lib = sqlalchemy()
    if isinstance(kind, lib.Numeric) and not isinstance(kind, lib.Float):
        known = kind.precision is not None
        return ("decimal", kind.precision, kind.scale or 0) if known else ("decimal",)
    if isinstance(kind, lib.DateTime):
        return ("timestamptz" if kind.timezone else "timestamp",)
    for plain, form in (
        ("bool", lib.Boolean),
        ("int16", lib.SmallInteger),
        ("int64", lib.BigInteger),
        ("int32", lib.Integer),
        ("float64", lib.Float),
        ("json", lib.JSON),
        ("uuid", lib.Uuid),
        ("text", lib.String),
        ("bytes", lib.types._Binary),
        ("date", lib.Date),
        ("time", lib.Time),
    ):
        if isinstance(kind, form):
            return (plain,)
    return (None,)
