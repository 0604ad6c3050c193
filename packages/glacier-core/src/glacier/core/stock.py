"""What a run stores, from its beginning to its end; nothing is loaded for one that stores nothing.

A run that did not succeed leaves the values that it still has in memory. A value is dropped with
its last reader, so these are just what the failed tasks, and those that wait for them, would read.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional

from glacier.core.contracts import Handle, Launch, State, Value, VersionRef
from glacier.core.errors import CannotResume
from glacier.core.run import RunLog

if TYPE_CHECKING:
    from glacier.core.storage.depot import Depot
    from glacier.core.storage.places import Places
    from glacier.core.storage.records import Origin
    from glacier.core.storage.shelf import WritableShelf

    Salvage = Callable[[Handle, WritableShelf, Origin], object]

__all__ = ["Stock", "open_stock", "store_value"]

_DONE = (State.SUCCEEDED, State.UP_TO_DATE)


class Stock:
    """The stored datasets of one run, if there are any, and what is kept of one that fails."""

    def __init__(
        self, launch: Launch, places: Places, depot: Optional[Depot], *, run_id: str
    ) -> None:
        self.launch = launch
        self.places = places
        self.depot = depot
        self.run_id = run_id
        self.begun = time()

    def begin(self) -> Mapping[str, VersionRef]:
        """Fix what the run reads from outside, and note its start where it stores something.

        Raises :class:`~glacier.core.errors.NothingStored`, and what stores raise.
        """
        if self.depot is None:
            return {}
        from glacier.core.storage.opening import begin_record

        try:
            refs = self.depot.begin()
            begin_record(self.depot, self.places)
        except BaseException:
            self.close()
            raise
        return refs

    def reach(self) -> None:
        """Try the databases that tasks on this machine will write to: now, not at their end.

        Raises :class:`~glacier.core.errors.TableError` and
        :class:`~glacier.core.errors.MissingLibrary`.
        """
        if self.depot is not None:
            self.depot.reach()

    def close(self) -> None:
        """Let go of what was opened for writing."""
        self.places.close()

    def salvage(self, log: RunLog, store: Optional[Salvage] = None) -> bool:
        """Keep what a run that did not succeed still holds; returns whether it can be resumed.

        ``store`` stores a value that is elsewhere without bringing it here.
        """
        if self.launch.whole is None or not any(state in _DONE for state in log.states):
            return False
        try:
            depot = self.depot or self._begin_late()
            if depot is not None:
                _salvage(self, depot, log, store)
        except Exception:  # a full disk, or whatever, must not hide why the run failed
            return False
        return depot is not None

    def _begin_late(self) -> Optional[Depot]:
        """The depot of a run that had stored nothing; ``None`` if its code is no longer known."""
        from glacier.core.fingerprint.sources import edited_since
        from glacier.core.storage.opening import begin_record, make_depot

        depot = make_depot(self.launch, self.places, run_id=self.run_id)
        depot.provenances()
        if edited_since(self.begun):  # what ran is not what the files say now
            return None
        begin_record(depot, self.places)
        return depot


def open_stock(
    launch: Launch,
    places: Optional[Places],
    *,
    run_id: str,
    cache: bool = False,
    resume: Optional[str] = None,
    all_formats: bool = False,
) -> Optional[Stock]:
    """The stock of a run; ``None`` where nothing can be stored.

    ``resume`` is the id of a run to go on from. With ``all_formats`` every value passes through its
    format. Raises :class:`~glacier.core.errors.RequestError`.
    """
    asked = cache or resume is not None or all_formats
    if not asked and not _stores(launch):
        return None if places is None else Stock(launch, places, None, run_id=run_id)
    if places is None:
        if resume is not None:
            raise CannotResume(
                run=resume,
                reason="this executor stores nothing",
                mend="Use one that does, such as LocalExecutor.",
            )
        from glacier.core.storage.sources import Sources

        Sources(launch, {}).pin()
        return None
    from glacier.core.storage.opening import make_depot

    depot = make_depot(
        launch, places, run_id=run_id, cache=cache, resume=resume, all_formats=all_formats
    )
    return Stock(launch, places, depot, run_id=run_id)


def _stores(launch: Launch) -> bool:
    """Whether a dataset of the pipeline is stored, or a task cached."""
    if launch.whole is not None:
        for dataset in launch.whole.datasets.values():
            if dataset.keeping.storage is not None:
                return True
    return any(step.caching is not None and step.caching.cache for step in launch.plan.steps)


def _salvage(stock: Stock, depot: Depot, log: RunLog, store: Optional[Salvage]) -> None:
    from glacier.core.storage.records import Origin
    from glacier.core.storage.resuming import note_done

    made = depot.provenances()
    done: Dict[str, Optional[str]] = {}
    for number, step in enumerate(depot.plan.steps):
        if log.states[number] not in _DONE:
            continue
        done[step.task] = made[number]
        origin = Origin(
            depot.run_id,
            step.task,
            inputs=depot.ancestry.behind(step.inputs),
            recipe={"provenance": made[number]},
        )
        for name in step.outputs:
            if name not in depot.kept:
                _keep(stock, name, log, origin, store)
    note_done(stock.places.workspace(), depot.run_id, done)


def _keep(stock: Stock, name: str, log: RunLog, origin: Origin, store: Optional[Salvage]) -> None:
    """Store a value that is still in memory; what made one that cannot be stored runs again."""
    from glacier.core.storage.places import own_shelf

    number = stock.launch.plan.wiring.numbers[name]
    ref = log.values[number]
    if not isinstance(ref, (Handle, Value)):
        return
    shelf = own_shelf(name, pipeline=stock.launch.plan.pipeline, store=stock.places.workspace())
    try:
        if store is not None and isinstance(ref, Handle):
            store(ref, shelf, origin)
            return
        held = log.value(number)
        if held is not None:
            store_value(held.value, shelf, origin)
    except Exception:  # what a value does when it is pickled is its own affair
        return


def store_value(value: Any, shelf: WritableShelf, origin: Origin) -> None:
    """Store what a run has left, where it can be stored."""
    from glacier.core.storage.files import is_stream

    if is_stream(value):  # it would be used up, or moved away
        return
    draft = shelf.write(value, origin)
    if draft is not None:
        shelf.commit([draft], origin)
