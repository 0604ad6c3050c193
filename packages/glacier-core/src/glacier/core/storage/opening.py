"""Which datasets of a run are kept, and where: decided once, before it starts."""

from __future__ import annotations

from typing import Any, Collection, Dict, List, Optional, Set

from glacier.core.codec import encode
from glacier.core.contracts import Launch, Store
from glacier.core.errors import CannotCache, GlacierError, RequestErrors
from glacier.core.resources import ObjectStorage
from glacier.core.secret_values import read_secret
from glacier.core.storage.depot import Depot
from glacier.core.storage.places import Places, declared_shelf, kept_shelf, own_shelf
from glacier.core.storage.resuming import read_resumption
from glacier.core.storage.shelf import Shelf, WritableShelf
from glacier.core.storage.sources import source_names
from glacier.core.versions import RunRecord, start_run

__all__ = ["begin_record", "make_depot", "note_record", "record_of"]


def make_depot(
    launch: Launch,
    places: Places,
    *,
    run_id: str,
    cache: bool = False,
    resume: Optional[str] = None,
    all_formats: bool = False,
) -> Depot:
    """The depot of a run, whose arguments :func:`~glacier.core.stock.open_stock` explains.

    Raises :class:`~glacier.core.errors.RequestError`.
    """
    resumed = None if resume is None else read_resumption(places.workspace(), resume)
    chosen = _Choice(launch, places, cached=_cached_names(launch, cache))
    for name in chosen.names():
        chosen.add(name, all_formats=all_formats, readable=resumed is not None)
    for name, shelf in chosen.shelves.items():
        for secret in getattr(shelf, "secrets", ()):  # before the run, not in the middle of it
            read_secret(secret, task=f"{name} (a dataset)")
    depot = Depot(
        launch,
        run_id=run_id,
        shelves=chosen.shelves,
        own=chosen.own,
        stored=chosen.stored,
        cache=cache,
        resumed=resumed,
    )
    _check_caching(depot)
    return depot


class _Choice:
    """The shelves of a run, chosen one dataset after the other."""

    def __init__(self, launch: Launch, places: Places, *, cached: Collection[str]) -> None:
        self.launch = launch
        self.places = places
        self.cached = cached
        self.shelves: Dict[str, Shelf] = {}
        self.own: Dict[str, WritableShelf] = {}
        self.stored: Set[str] = set()
        produced = {name for step in launch.plan.steps for name in step.outputs}
        self.produced = produced.difference(launch.inputs)

    def names(self) -> List[str]:
        """All datasets that the run makes, or reads from outside."""
        return [*sorted(self.produced), *source_names(self.launch)]

    def add(self, name: str, *, all_formats: bool, readable: bool) -> None:
        """Choose the shelf of a dataset, if it needs one; ``readable`` is one for what an earlier
        run may have left, though this one does not keep it."""
        pipeline, whole = self.launch.plan.pipeline, self.launch.whole
        dataset = None if whole is None else whole.datasets.get(name)
        if dataset is None:
            return
        if name not in self.produced:
            shelf = declared_shelf(dataset, pipeline=pipeline, places=self.places)
            if shelf is not None:
                self.shelves[name] = shelf
            return
        form, is_stored = dataset.keeping.format, True
        own = kept_shelf(dataset, pipeline=pipeline, places=self.places)
        if own is None and all_formats:
            store = self.places.passage()
            own = own_shelf(name, pipeline=pipeline, store=store, form=form, private=False)
        elif own is None and (name in self.cached or readable):
            store, is_stored = self.places.workspace(), name in self.cached
            own = own_shelf(name, pipeline=pipeline, store=store, form=form)
        if own is not None:
            self.shelves[name] = self.own[name] = own
            if is_stored:
                self.stored.add(name)


def _cached_names(launch: Launch, cache: bool) -> Set[str]:
    """The datasets that are kept for a later run's sake."""
    names: Set[str] = set()
    for step in launch.plan.steps:
        if cache or (step.caching is not None and step.caching.cache):
            names.update(step.outputs)
            names.update(step.inputs)  # their contents are part of its fingerprint
    return names


def _check_caching(depot: Depot) -> None:
    """Refuse tasks that ask to be cached and can never be."""
    problems: List[GlacierError] = []
    for number, step in enumerate(depot.plan.steps):
        caching = step.caching
        if caching is None or not caching.cache or caching.version is not None:
            continue
        if not step.inputs and caching.lifetime is None:
            problems.append(
                CannotCache(
                    task=step.task,
                    reason="it reads no dataset, so nothing tells when its result is out of date",
                    mend="Say for how long it is good, cache=timedelta(hours=1), or give "
                    "version= and change that.",
                )
            )
        elif depot.codes.of(number, depot.launch.functions[number]) is None:
            problems.append(
                CannotCache(
                    task=step.task,
                    reason="the source of its function cannot be read",
                    mend="Give version=, and change that when the function changes.",
                )
            )
    if problems:
        subject = f"the run of pipeline {depot.plan.pipeline!r}"
        raise (
            problems[0] if len(problems) == 1 else RequestErrors(subject=subject, problems=problems)
        )


def begin_record(depot: Depot, places: Places) -> None:
    """Note the start of a run, with what it reads, in each store that has to do with it."""
    note_record(record_of(depot), depot, places)


def record_of(depot: Depot) -> RunRecord:
    """The record of a run that begins now."""
    launch = depot.launch
    pins = tuple([kept.reference for kept in depot.sources.pinned.values()])
    return RunRecord(
        depot.run_id, launch.plan.pipeline, _parameters(launch), pins=pins, plan=_hash(launch)
    )


def note_record(record: RunRecord, depot: Depot, places: Places) -> RunRecord:
    """Put the record of a run into each store that has to do with it.

    Returns the one in the workspace, which is another one where the run had been begun before.
    """
    first, *rest = _stores(depot, places)
    noted = start_run(first, record)
    for store in rest:
        start_run(store, record)
    return noted


def _stores(depot: Depot, places: Places) -> List[Store]:
    stores = [places.workspace()]
    whole = depot.launch.whole
    for name in depot.shelves:
        storage = None if whole is None else whole.datasets[name].storage
        if isinstance(storage, ObjectStorage) and places.store(storage) not in stores:
            stores.append(places.store(storage))
    return stores


def _parameters(launch: Launch) -> Dict[str, Any]:
    """The run parameters of every task as JSON, by ``task.parameter``."""
    found: Dict[str, Any] = {}
    for step, values in zip(launch.plan.steps, launch.params):
        for name, value in values.items():
            found[f"{step.task}.{name}"] = encode(value)
    return found


def _hash(launch: Launch) -> str:
    import json
    from hashlib import sha256

    text = json.dumps(launch.plan.to_json(), sort_keys=True)
    return sha256(text.encode()).hexdigest()
