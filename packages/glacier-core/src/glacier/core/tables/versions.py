"""Which run wrote what into a table, kept in a table beside it."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

from glacier.core.errors import ChangedTable

__all__ = [
    "SIDE_TABLE",
    "Ask",
    "Author",
    "TableVersion",
    "check_unchanged",
    "forget",
    "note",
    "noted",
    "version_of",
]

SIDE_TABLE = "_glacier_versions"

Ask = Callable[[str, Sequence[Any]], List[Tuple[Any, ...]]]


class Author(NamedTuple):
    """The run that writes a table, and the fingerprint of the task."""

    run: str
    fingerprint: Optional[str]


class TableVersion(NamedTuple):
    """What was written to a table.

    ``columns`` are names and the database's types, ``kind`` is what the value was and what
    ``read_table`` needs to give it back, ``content`` a hash of columns and rows. ``run``,
    ``fingerprint`` and ``created`` (ISO 8601, in UTC) are ``None`` where no run was named.
    """

    rows: int
    columns: Tuple[Tuple[str, str], ...]
    kind: str
    content: str
    run: Optional[str] = None
    fingerprint: Optional[str] = None
    created: Optional[str] = None


_FIELDS = "row_count, columns, kind, content, run, fingerprint, created"
_CREATE = (
    "CREATE TABLE IF NOT EXISTS {} (name text PRIMARY KEY, row_count bigint NOT NULL, "
    "columns text NOT NULL, kind text NOT NULL, content text NOT NULL, run text NOT NULL, "
    "fingerprint text, created text NOT NULL)"
)


def noted(ask: Ask, side: str, name: str, *, mark: str) -> Optional[TableVersion]:
    """What is noted of a table. ``side`` is the side table as SQL, ``mark`` a parameter in it."""
    import json

    found = ask(f"SELECT {_FIELDS} FROM {side} WHERE name = {mark}", [name])
    if not found:
        return None
    rows, columns, *rest = found[0]
    return TableVersion(rows, tuple((one, kind) for one, kind in json.loads(columns)), *rest)


def check_unchanged(
    found: Optional[TableVersion], wanted: TableVersion, database: str, table: str
) -> None:
    """Raise :class:`~glacier.core.errors.ChangedTable` if this is not the version that is wanted.

    A run that wrote the same rows again has changed nothing.
    """
    if found is not None and (found.content, found.columns) == (wanted.content, wanted.columns):
        return
    other = "something of which nothing is noted" if found is None else f"that of run {found.run}"
    raise ChangedTable(database=database, table=table, wanted=str(wanted.run), found=other)


def note(ask: Ask, side: str, name: str, version: TableVersion, *, mark: str) -> None:
    """Note what a table now holds, in the transaction that writes it."""
    import json

    ask(_CREATE.format(side), [])
    forget(ask, side, name, mark=mark)
    values = [version.rows, json.dumps(version.columns, ensure_ascii=False), *version[2:]]
    marks = ", ".join([mark] * (len(values) + 1))
    ask(f"INSERT INTO {side} (name, {_FIELDS}) VALUES ({marks})", [name, *values])


def forget(ask: Ask, side: str, name: str, *, mark: str) -> None:
    """Note that nothing is known of a table."""
    ask(f"DELETE FROM {side} WHERE name = {mark}", [name])


def version_of(
    facts: Tuple[int, Tuple[Tuple[str, str], ...], str, str], author: Optional[Author]
) -> TableVersion:
    """What was just written: rows, columns, kind and content, and by whom."""
    from datetime import datetime, timezone

    if author is None:
        return TableVersion(*facts)
    created = datetime.now(timezone.utc).isoformat()
    return TableVersion(*facts, author.run, author.fingerprint, created)
