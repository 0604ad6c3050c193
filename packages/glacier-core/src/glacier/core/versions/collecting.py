"""Collecting: removing the versions that nothing needs."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import (
    Callable,
    Collection,
    Dict,
    Iterable,
    List,
    NamedTuple,
    Sequence,
    Set,
    Tuple,
    Union,
)

from glacier.core.contracts import Store
from glacier.core.errors import KeyExists, KeyMissing, VersionMissing
from glacier.core.versions.address import Address
from glacier.core.versions.finding import read_version
from glacier.core.versions.pointer import read_pointer
from glacier.core.versions.record import Reference, Version
from glacier.core.versions.runs import read_run, run_key
from glacier.core.versions.survey import Survey, survey

__all__ = ["RETAIN", "Collected", "Retention", "collect"]

RETAIN = 10
"""How many versions of a dataset are retained where nothing else is said."""

Retention = Union[int, timedelta, None]
"""The newest so many versions, those younger than that, or with ``None`` all."""


class Collected(NamedTuple):
    """What was removed, or in a dry run would be.

    ``drafts`` were never committed. ``keys`` are all files, ``size`` is their bytes together.
    """

    versions: Tuple[Reference, ...]
    drafts: Tuple[Reference, ...]
    runs: Tuple[str, ...]
    keys: Tuple[str, ...]
    size: int


def collect(
    store: Store,
    *,
    retain: Union[Retention, Callable[[Address], Retention]] = RETAIN,
    grace: timedelta = timedelta(days=1),
    pins: timedelta = timedelta(days=7),
    live: Collection[str] = (),
    others: Sequence[Store] = (),
    dry_run: bool = False,
    now: Union[float, None] = None,
) -> Collected:
    """Remove the versions of a store that nothing needs, and what was never committed.

    Kept is: what ``retain`` says, for all datasets or for each address; the latest; what is
    younger than ``grace``; what a run pins that is ``live`` or began within ``pins``; what such a
    run has written; and all that a kept version was made from, or takes its files from. Versions
    and runs in ``others`` count as kept. The record of a run goes with its last version, and
    what is noted of the run with it.

    One collector at a time may work on a store, beside any number of runs; one that is killed
    leaves nothing that the next does not see. Ages are told by the store's clock, beside ``now``,
    in seconds since the epoch. Raises
    :class:`~glacier.core.errors.RecordError` for a record that it cannot read: it could refer to
    anything, so nothing is removed.
    """
    work = _Collection(store, now=time.time() if now is None else now, grace=grace, live=live)
    work.mark(retain, pins=pins, others=others)
    found = work.found()
    if not dry_run:
        work.sweep()
        found = work.found()
    return found


class _Collection:
    def __init__(
        self, store: Store, *, now: float, grace: timedelta, live: Collection[str]
    ) -> None:
        self.store = store
        self.survey = survey(store)
        self.now, self.young = now, now - grace.total_seconds()
        self.live = frozenset(live)
        self.records: Dict[Reference, Version] = {}
        self.kept: Set[Reference] = set()
        self.needed: Set[Reference] = set()
        self.runs: Set[str] = set()
        self.pinning: Set[str] = set()

    # --- what is kept -----------------------------------------------------------------------------

    def mark(
        self,
        retain: Union[Retention, Callable[[Address], Retention]],
        *,
        pins: timedelta,
        others: Sequence[Store],
    ) -> None:
        records = _records(self.store, self.survey)
        self.records = {record.reference: record for record in records}
        references: List[Reference] = []
        for address, ids in self.survey.committed().items():
            chosen = retain(address) if callable(retain) else retain
            references += self._retained(address, ids, chosen)
            latest = read_pointer(self.store, address.latest)
            if latest is not None:
                references.append(Reference(address, latest))
        for reference, record in self.records.items():
            if record.run in self.live or self.survey.age_of(reference) >= self.young:
                references.append(reference)
        since = self.now - pins.total_seconds()
        references += self._pins(self.store, self.survey, since)
        for other in others:
            known = survey(other)
            for record in _records(other, known):
                references += record.inputs
                self.runs.add(record.run)
            references += self._pins(other, known, since)
        self._keep(references)

    def _retained(
        self, address: Address, ids: Sequence[str], retention: Retention
    ) -> List[Reference]:
        newest = [Reference(address, version) for version in sorted(ids, reverse=True)]
        if retention is None:
            return newest
        if isinstance(retention, timedelta):
            since = self.now - retention.total_seconds()
            return newest[:1] + [one for one in newest if self.survey.age_of(one) >= since]
        # The newest always: its writer may be just about to make it the latest.
        return newest[: max(retention, 1)]

    def _pins(self, store: Store, known: Survey, since: float) -> List[Reference]:
        found: List[Reference] = []
        for run, entry in known.runs.items():
            if run in self.live or entry.modified >= since:
                self.pinning.add(run)
                try:
                    found += read_run(store, run).pins
                except VersionMissing:  # another collection took it
                    continue
        return found

    def _keep(self, references: Iterable[Reference]) -> None:
        waiting = list(references)
        while waiting:
            reference = waiting.pop()
            if reference in self.needed:
                continue
            self.needed.add(reference)
            record = self.records.get(reference)
            if record is None:
                continue
            self.kept.add(reference)
            waiting.append(Reference(record.address, record.data))
            waiting += record.inputs

    # --- what goes --------------------------------------------------------------------------------

    def victims(self) -> List[Version]:
        return [record for one, record in self.records.items() if one not in self.kept]

    def drafts(self) -> List[Reference]:
        """What was begun, is not being written any more, and was never committed."""
        return [
            draft
            for draft in self.survey.drafts()
            # One that is needed lost its record to a collector that was killed.
            if draft not in self.needed
            and draft.version not in self.live
            and self.survey.touched(draft) < self.young
        ]

    def superfluous(self) -> List[str]:
        """The files of attempts that came too late, beside those of a version that is kept."""
        found: List[str] = []
        for reference in self.kept:
            address, record = reference.address, self.records[reference]
            own = {f"{address.key}/{part.key}" for part in record.parts}
            found += [
                entry.key
                for entry in self.survey.data.get(reference, ())
                if entry.key not in own and entry.modified < self.young
            ]
        return found

    def old_runs(self) -> List[str]:
        """Runs of which nothing is left."""
        left = {self.records[one].run for one in self.kept}
        left.update(self.runs, self.pinning)
        left.update(draft.version for draft in set(self.survey.drafts()).difference(self.drafts()))
        return [
            run
            for run, entry in self.survey.runs.items()
            if run not in left and entry.modified < self.young
        ]

    def notes(self, runs: Collection[str]) -> List[str]:
        """What was noted of these runs, or of one that has no record any more."""
        return [
            entry.key
            for run, entry in self.survey.notes.items()
            if run in runs or (run not in self.survey.runs and entry.modified < self.young)
        ]

    def stray(self) -> List[str]:
        """Fingerprints whose version goes."""
        gone = {record.reference for record in self.victims()}
        return [
            key
            for address, keys in self.survey.fingerprints.items()
            for key in keys
            if Reference(address, read_pointer(self.store, key) or "") in gone
        ]

    def found(self) -> Collected:
        victims, drafts, runs = self.victims(), self.drafts(), self.old_runs()
        versions = [record.reference for record in victims]
        keys = [one.address.record(one.version) for one in versions]
        keys += [entry.key for one in versions + drafts for entry in self.survey.data.get(one, ())]
        keys += [*self.superfluous(), *map(run_key, runs), *self.notes(runs)]
        size = sum(self.survey.sizes[key] for key in keys)
        return Collected(tuple(versions), tuple(drafts), tuple(runs), tuple(keys), size)

    def sweep(self) -> None:
        """Remove it: first the records, so that nobody finds a version without its files."""
        for key in self.stray():
            self.store.delete(key)
        victims = self.victims()
        records = {record.address.record(record.version) for record in victims}
        for key in records:
            self.store.delete(key)
        self._spare(victims)
        for key in self.found().keys:
            if key not in records:  # it may have been written anew
                self.store.delete(key)

    def _spare(self, victims: Sequence[Version]) -> None:
        """Put back the records of versions that somebody began to use after they were judged."""
        later = survey(self.store)
        known = set(self.records)
        references: List[Reference] = []
        for record in _records(self.store, later):
            if record.reference not in known:
                references += [*record.inputs, Reference(record.address, record.data)]
        new = {run: entry for run, entry in later.runs.items() if run not in self.survey.runs}
        references += self._pins(self.store, later._replace(runs=new), 0.0)
        self._keep(references)
        for record in victims:
            if record.reference in self.kept:
                key = record.address.record(record.version)
                with suppress(KeyExists):  # its run has written it anew
                    self.store.put(key, record.to_bytes(), if_absent=True)


def _records(store: Store, known: Survey) -> List[Version]:
    found: List[Version] = []
    for address, ids in known.committed().items():
        for version in ids:
            try:
                found.append(read_version(store, address, version))
            except (KeyMissing, VersionMissing):  # another collection took it
                continue
    return found
