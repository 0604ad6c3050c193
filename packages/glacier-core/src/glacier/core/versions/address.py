"""Where the versions of a dataset lie in a store."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

from glacier.core.errors import InvalidName
from glacier.core.names import check_name

__all__ = ["RUNS", "Address", "address_of", "checked"]

RUNS = "_runs"
"""The folder of the records of runs; no pipeline has this name in a store."""

WHOLE = "_"
"""What stands for the partition where there are none."""


class Address(NamedTuple):
    """A dataset of a pipeline, or one partition of it."""

    pipeline: str
    dataset: str
    partition: Optional[str] = None

    @property
    def key(self) -> str:
        """What all of its keys begin with, without the last ``/``.

        Raises :class:`~glacier.core.errors.InvalidName` for a name that could be a path, or that
        stands for something else here.
        """
        pipeline, dataset, partition = self
        checked(pipeline, "pipeline", reserved=RUNS)
        checked(dataset, "dataset")
        if partition is not None:
            checked(partition, "partition", reserved=WHOLE)
        return f"{pipeline}/{dataset}/{WHOLE if partition is None else partition}"

    @property
    def latest(self) -> str:
        """The key of the pointer to the newest version."""
        return f"{self.key}/latest.json"

    def record(self, version: str) -> str:
        """The key of the record of a version."""
        return f"{self.key}/{checked(version, 'version')}/version.json"

    def fingerprint(self, fingerprint: str) -> str:
        """The key of the pointer to the version that has a fingerprint."""
        return f"{self.key}/by-fingerprint/{checked(fingerprint, 'fingerprint')}.json"

    def __str__(self) -> str:
        named = f"{self.pipeline}/{self.dataset}"
        return named if self.partition is None else f"{named} [{self.partition}]"


def address_of(names: Sequence[str]) -> Optional[Address]:
    """The address that the names of a key begin with; ``None`` if they are none."""
    pipeline, dataset, partition = names[:3]
    address = Address(pipeline, dataset, None if partition == WHOLE else partition)
    try:
        return address if address.key and pipeline != RUNS else None
    except InvalidName:
        return None


def checked(name: str, kind: str, *, reserved: str = "") -> str:
    """Return a name that may be part of a key, and is not the one that means something else."""
    if name == reserved:
        raise InvalidName(kind=kind, name=name, where="a store")
    return check_name(name, kind=kind, where="a store")
