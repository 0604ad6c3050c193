"""A stored dataset, and how it is found by a name."""

from __future__ import annotations

from pathlib import Path
from typing import List, NamedTuple, Sequence, Tuple

from glacier.core.catalog.locations import Location, locations
from glacier.core.errors import NotUnique, UnknownName
from glacier.core.versions import Address, Version, find_latest, read_version
from glacier.core.versions.survey import survey

__all__ = ["StoredDataset", "find_dataset", "list_datasets"]


class StoredDataset(NamedTuple):
    """A dataset, or a partition of one, that has versions in a store; their ids newest first."""

    location: Location
    address: Address
    versions: Tuple[str, ...]

    @property
    def name(self) -> str:
        """Its whole name: ``storage/lake/etl/clean``."""
        pipeline, dataset, partition = self.address
        part = "" if partition is None else f"[{partition}]"
        return f"{self.location.name}/{pipeline}/{dataset}{part}"

    def newest(self) -> Version:
        """The version that readers are given. Raises :class:`~glacier.core.errors.RecordError`."""
        latest = find_latest(self.location.store, self.address)
        # A writer that was killed in between has committed and not moved the pointer.
        return self.read(self.versions[0]) if latest is None else latest

    def read(self, version: str) -> Version:
        """The record of a version."""
        return read_version(self.location.store, self.address, version)

    def choose(self, text: str) -> str:
        """The id of a version by the beginning of it, or of its last six letters, or ``latest``.

        Raises :class:`~glacier.core.errors.UnknownName` and
        :class:`~glacier.core.errors.NotUnique`.
        """
        if text in ("latest", "last"):
            return self.newest().version
        if text in self.versions:
            return text
        found = [one for one in self.versions if one.startswith(text)]
        found = found or [one for one in self.versions if one.rpartition("-")[2].startswith(text)]
        if not found:
            raise UnknownName(
                kind="version", name=text, known=self.versions, where=str(self.address)
            )
        if len(found) > 1:
            raise NotUnique(kind="version", name=text, found=found, mend="Write more of the id.")
        return found[0]


def list_datasets(root: Path) -> List[StoredDataset]:
    """All datasets that are stored below a root, by their names."""
    found = [
        StoredDataset(location, address, tuple(sorted(ids, reverse=True)))
        for location in locations(root)
        for address, ids in survey(location.store).committed().items()
    ]
    return sorted(found, key=lambda one: (one.address.pipeline, one.address.dataset, one.name))


def find_dataset(root: Path, text: str) -> StoredDataset:
    """A stored dataset by its name, or by as much of its whole name, from the end, as tells it
    from others: ``clean``, ``etl/clean``, ``lake/etl/clean``.

    Raises :class:`~glacier.core.errors.UnknownName`, naming the nearest, and
    :class:`~glacier.core.errors.NotUnique`, listing all.
    """
    stored = list_datasets(root)
    found = [one for one in stored if f"/{one.name}".endswith(f"/{text}")]
    if not found:
        known = _names(stored, with_pipeline="/" in text)
        where = f"what is stored below {root}"
        raise UnknownName(kind="dataset", name=text, known=known, where=where)
    if len(found) > 1:
        names, mend = [one.name for one in found], "Write more of its name."
        raise NotUnique(kind="dataset", name=text, found=names, mend=mend)
    return found[0]


def _names(stored: Sequence[StoredDataset], *, with_pipeline: bool) -> List[str]:
    if with_pipeline:
        return [f"{one.address.pipeline}/{one.address.dataset}" for one in stored]
    return [one.address.dataset for one in stored]
