"""How kinds of columns are declared in PostgreSQL, by the names that the server itself gives."""

from __future__ import annotations

import re

from glacier.core.tables.columns import Column

__all__ = ["column_of", "declared"]

_DECLARED = {
    "bool": "boolean",
    "bytes": "bytea",
    "date": "date",
    "float32": "real",
    "float64": "double precision",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "interval": "interval",
    "json": "json",  # jsonb would give back 1e300 as an int of 301 digits
    "text": "text",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "uuid": "uuid",
}
_KINDS = {text: kind for kind, text in _DECLARED.items()}
_KINDS["jsonb"] = "json"


def declared(column: Column) -> str:
    """The type that a column is declared with."""
    if column.kind != "decimal":
        return _DECLARED[column.kind or "text"]
    return "numeric" if column.precision is None else f"numeric({column.precision},{column.scale})"


def column_of(name: str, text: str) -> Column:
    """The column of a type; one that is not listed is read as the text that the server gives."""
    found = re.fullmatch(r"numeric(?:\((\d+),(-?\d+)\))?", text)
    if found is None:
        plain = re.sub(r"\(\d+\)", "", text)
        return Column(name, _KINDS.get(plain, "text" if plain.startswith("char") else None))
    if found[1] is None or int(found[1]) > 38 or int(found[2]) < 0:
        return Column(name, "decimal")
    return Column(name, "decimal", int(found[1]), int(found[2]))
