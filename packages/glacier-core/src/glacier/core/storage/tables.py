"""A dataset kept as a table of a database: it has one state, the one that was written last."""

from __future__ import annotations

from itertools import chain
from typing import Any, Iterable, Iterator, Optional, Sequence, Union

from glacier.core.contracts import Store
from glacier.core.errors import ChangedTable, MissingTable, VersionMissing
from glacier.core.formats.kinds import kind_of
from glacier.core.resources import Secret
from glacier.core.secret_values import read_secret
from glacier.core.storage.records import Kept, Origin
from glacier.core.tables import TableVersion, find_version, hash_table, read_table, write_table
from glacier.core.tables.address import address_of
from glacier.core.versions import Address, Draft, Reference, commit, read_version

__all__ = ["TABLE", "TableShelf"]

TABLE = "table"
"""The format of a version whose rows are in a database."""

_UNNOTED = "content-"  # the version of a table that others have written: a hash of its rows


class TableShelf:
    """A dataset as the table of its name.

    ``url`` is the database's, or the secret that holds it. A task that returns is followed by one
    transaction that replaces the table; a state that was replaced can be read no more. ``records``
    is a store for what is known of each state besides, as of versions that are files.
    """

    passes = False

    def __init__(self, url: Union[str, Secret], address: Address, records: Store) -> None:
        self.url = url
        self.address = address
        self.records = records

    @property
    def secrets(self) -> Sequence[str]:
        """The secrets that a process needs to use it."""
        return [self.url.name] if isinstance(self.url, Secret) else []

    @property
    def place(self) -> str:
        return f"{address_of(self._url)}#{self.address.dataset}"

    @property
    def _url(self) -> str:
        if isinstance(self.url, str):
            return self.url
        return read_secret(self.url.name, task=f"{self.address.dataset} (a dataset)")

    # --- finding and reading ----------------------------------------------------------------------

    def latest(self) -> Optional[Kept]:
        try:
            return self._kept(find_version(self._url, self.address.dataset)) or self._unnoted()
        except MissingTable:
            return None

    def _unnoted(self) -> Kept:
        content = hash_table(self._url, self.address.dataset)
        told = content.rpartition(":")[2][:16]
        return Kept(Reference(self.address, f"{_UNNOTED}{told}"), content)

    def at(self, version: str) -> Optional[Kept]:
        latest = self.latest()
        return latest if latest is not None and latest.version == version else None

    def find(self, fingerprint: str) -> Optional[Kept]:
        latest = self.latest()
        same = latest is not None and latest.fingerprint == fingerprint
        return latest if same else None

    def read(self, version: str, *, wanted: Any = None, item: Optional[int] = None) -> Any:
        found = None
        if not version.startswith(_UNNOTED):
            found = find_version(self._url, self.address.dataset)
            if found is None or found.run != version:
                raise ChangedTable(
                    database=str(address_of(self._url)),
                    table=self.address.dataset,
                    wanted=version,
                    found="that of others" if found is None else f"that of run {found.run}",
                )
        kind = None if found is None else found.kind
        return read_table(self._url, self.address.dataset, wanted=wanted, kind=kind, version=found)

    def _kept(self, found: Optional[TableVersion]) -> Optional[Kept]:
        if found is None or found.run is None:
            return None
        reference = Reference(self.address, found.run)
        created = _seconds(found.created)
        try:
            recipe = read_version(self.records, self.address, found.run).recipe
        except VersionMissing:  # written from another machine, or long ago
            recipe = None
        made_by = found.fingerprint, recipe
        known = Kept(reference, found.content, created, None, *made_by, found.kind, found.rows)
        return known._replace(place=self.place)

    # --- writing ----------------------------------------------------------------------------------

    @property
    def database(self) -> str:
        return self._url

    def write(
        self, value: Any, origin: Origin, *, attempt: int = 1, item: Optional[int] = None
    ) -> Any:
        return (value,)  # it goes in with the commit, in one transaction

    def commit(
        self, drafts: Sequence[Any], origin: Origin, *, attempt: int = 1, mapped: bool = False
    ) -> Optional[Kept]:
        values = [draft[0] for draft in drafts]
        value = _together(values) if mapped else values[0]
        written = write_table(
            self._url,
            self.address.dataset,
            value,
            run=origin.run,
            fingerprint=origin.fingerprint,
        )
        self._note(written, origin, attempt)
        return self._kept(written)

    def _note(self, written: TableVersion, origin: Origin, attempt: int) -> None:
        if written.run != origin.run:  # a later run was first
            return
        commit(
            self.records,
            Draft(self.address, origin.run, origin.task, attempt),
            [],
            format=TABLE,
            fingerprint=origin.fingerprint,
            inputs=origin.inputs,
            rows=written.rows,
            columns=written.columns,
            kind=written.kind,
            recipe={**(origin.recipe or {}), "table": self.place},
        )

    def reuse(self, older: Kept, origin: Origin) -> Optional[Kept]:
        return self.at(older.version)


def _together(values: Iterable[Any]) -> Iterator[Any]:
    """The rows of all items: an item is a row, a list of rows, or a frame."""
    items = iter(values)
    first = next(items, None)
    if first is None:
        return iter(())
    rest = chain([first], items)
    if isinstance(first, list) or kind_of(first) == "iterator":
        return chain.from_iterable(rest)
    return rest


def _seconds(created: Optional[str]) -> float:
    """Seconds since the epoch of a time in ISO 8601."""
    if created is None:
        return 0.0
    from datetime import datetime

    return datetime.fromisoformat(created.replace("Z", "+00:00")).timestamp()
