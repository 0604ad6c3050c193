"""The record of a run, created once when it starts: what it was asked for, and what it reads."""

from __future__ import annotations

import time
from typing import Any, List, Mapping, NamedTuple, Optional, Tuple

from glacier.core._version import __version__
from glacier.core.contracts import Store
from glacier.core.errors import KeyExists, KeyMissing, VersionMissing
from glacier.core.versions.address import RUNS, Address, checked
from glacier.core.versions.finding import has_version
from glacier.core.versions.pointer import read_pointer
from glacier.core.versions.record import Reference, dump, load

__all__ = ["DONE", "RunRecord", "done_key", "list_runs", "read_run", "run_key", "start_run"]

DONE = "done.json"
"""The name of the note on what a run has done; it goes when the record of the run does."""


class RunRecord(NamedTuple):
    """What a run was asked for, and the versions from outside that it reads, fixed at its start.

    ``parameters`` are in their JSON form, ``selection`` is as it was asked for, ``plan`` is the
    hash of the plan. ``created`` is in seconds since the epoch.
    """

    run: str
    pipeline: str
    parameters: Mapping[str, Any] = {}
    partition: Optional[str] = None
    selection: Tuple[str, ...] = ()
    pins: Tuple[Reference, ...] = ()
    plan: str = ""
    created: float = 0.0
    glacier: str = ""

    def pinned(self, address: Address) -> Optional[str]:
        """The version of a dataset that this run reads; ``None`` if it pins none."""
        return next((pin.version for pin in self.pins if pin.address == address), None)


def run_key(run: str) -> str:
    """The key of the record of a run."""
    return f"{RUNS}/{checked(run, 'run')}.json"


def done_key(run: str) -> str:
    """The key of the note on what a run has done."""
    return f"{RUNS}/{checked(run, 'run')}/{DONE}"


def start_run(store: Store, record: RunRecord) -> RunRecord:
    """Store the record of a run, or return the one that is there: a run starts only once.

    Raises :class:`~glacier.core.errors.VersionMissing` if a pinned version with a record in this
    store has been collected meanwhile.
    """
    record = record._replace(created=record.created or time.time(), glacier=__version__)
    data = dump({
        **record._asdict(),
        "selection": list(record.selection),
        "pins": [pin.to_json() for pin in record.pins],
    })  # fmt: skip
    try:
        store.put(run_key(record.run), data, if_absent=True)
    except KeyExists:
        record = read_run(store, record.run)
    for address, version in record.pins:
        # One that never had a pointer here lies in another store, or has no records at all.
        if read_pointer(store, address.latest) and not has_version(store, address, version):
            where = store.uri(address.record(version))
            raise VersionMissing(what=f"version {version} of {address}", where=where)
    return record


def read_run(store: Store, run: str) -> RunRecord:
    """The record of a run.

    Raises :class:`~glacier.core.errors.VersionMissing` without one, and
    :class:`~glacier.core.errors.RecordError` for a broken one.
    """
    key = run_key(run)
    try:
        data = store.get(key)
    except KeyMissing as error:
        raise VersionMissing(what=f"the record of run {run}", where=store.uri(key)) from error
    return load(data, store.uri(key), _run)


def list_runs(store: Store) -> List[str]:
    """The ids of all runs that have a record in a store, the newest first."""
    names = [entry.key[len(RUNS) + 1 :] for entry in store.list(RUNS)]
    return sorted((n[:-5] for n in names if "/" not in n and n.endswith(".json")), reverse=True)


def _run(data: Mapping[str, Any]) -> RunRecord:
    fields = {name: data[name] for name in RunRecord._fields}
    fields["selection"] = tuple(data["selection"])
    fields["pins"] = tuple(map(Reference.from_json, data["pins"]))
    return RunRecord(**fields)
