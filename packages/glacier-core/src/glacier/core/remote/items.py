"""A mapped task: its items are numbered, each is a call of its own, and one call commits all.

The items of what a mapped task has made are files of their own. Those of any other dataset are
read by each call from the whole; a process that stays keeps it, or its place in a stream.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from glacier.core.contracts import Ref, State, TaskCall, TaskResult, Value, VersionRef
from glacier.core.errors import GlacierError, NotMappable, NotStored, TooManyItems
from glacier.core.mapping import count_of, items_of
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.remote.calls import end_of, known_end, note, prepared
from glacier.core.remote.failures import Failed
from glacier.core.remote.limits import run_limited
from glacier.core.remote.records import (
    ItemEnd,
    TaskEnd,
    item_key,
    items_key,
    put_once,
    read_if_there,
)
from glacier.core.remote.starts import announced
from glacier.core.remote.visits import Visit
from glacier.core.storage.decisions import Decision
from glacier.core.storage.files import FileDraft, FileShelf
from glacier.core.storage.records import Kept
from glacier.core.valueforms import STREAM, type_of_form

__all__ = ["FEW", "collect", "expand", "run_item"]

FEW = 1000
"""How many items a state machine is told by number; of more there is a file."""

_AT_ONCE = 32  # records that are read at the same time


def expand(visit: Visit) -> Dict[str, Any]:
    """Number the items; what the state machine is told. Raises :class:`Failed`."""
    end = known_end(visit)
    if end is not None and end.state is State.SUCCEEDED:
        return {"state": "expanded", "count": 0, "items": []}  # what collects them knows the end
    if end is None:
        found = prepared(visit)
        if isinstance(found, TaskCall):
            with announced(visit):
                return _numbered(visit, _counted(visit))
        end = note(visit, found)
    return {**end.answer(), "count": 0, "items": []}


def _numbered(visit: Visit, count: int) -> Dict[str, Any]:
    store = visit.program.places.workspace()  # of few it tells a client how many there are
    numbers = json.dumps(list(range(count)), separators=(",", ":"))
    store.put(items_key(visit.begun.run, visit.step.task), numbers.encode())
    items = list(range(count)) if count <= FEW else []
    return {"state": "expanded", "count": count, "items": items}


def _counted(visit: Visit) -> int:
    """How many items there are. Raises :class:`Failed`."""
    try:
        _check_shelves(visit)
        found, count = _items(visit)
        if count is None:
            count = sum(1 for _ in found)
        most = visit.program.most_items
        if most is not None and count > most:
            step = visit.step
            dataset = step.inputs[step.each]
            raise TooManyItems(task=step.task, dataset=dataset, count=count, most=most)
        return count
    except GlacierError as error:
        raise Failed(TaskResult(State.FAILED, (), None, 0.0, error)) from error


def _check_shelves(visit: Visit) -> None:
    for name, shelf in visit.depot.own.items():
        if not isinstance(shelf, FileShelf):
            reason = (
                "the items of a mapped task are stored one by one where they are deployed, and "
                f"{shelf.place} takes a table as a whole. Let another task put them together"
            )
            raise NotStored(task=visit.step.task, dataset=name, reason=reason)


def _items(visit: Visit) -> Tuple[Iterator[Ref], Optional[int]]:
    """References to the items of the mapped dataset, from the first on, and how many there are."""
    step, ref = visit.step, visit.refs[visit.step.each]
    dataset = step.inputs[step.each]
    if ref is None:
        raise NotMappable(where=step.task, dataset=dataset, found="a NoneType")
    stored = visit.depot.items(ref)
    if stored is not None:
        return stored
    value = visit.depot.read(ref)
    return map(Value, items_of(value, task=step.task, dataset=dataset)), count_of(value)


# --- one of them ----------------------------------------------------------------------------------


def run_item(visit: Visit) -> Dict[str, Any]:
    """Run the task on one item; the state machine is told nothing. Raises :class:`Failed`."""
    item = visit.asked.item or 0
    store = visit.program.places.workspace()
    key = item_key(visit.begun.run, visit.step.task, item)
    if read_if_there(store, key) is None:
        result = _ran(visit, item)
        if result.state is State.FAILED:
            raise Failed(result)
        put_once(store, key, _end(visit, result).to_bytes())
    return {}


def _ran(visit: Visit, item: int) -> TaskResult:
    try:
        ref = _item(visit, item)
    except GlacierError as error:
        return TaskResult(State.FAILED, (), None, 0.0, error)
    call, each = visit.call(), visit.step.each
    call = call._replace(inputs=(*call.inputs[:each], ref, *call.inputs[each + 1 :]))
    # What is noted of where the items come from is noted when they are committed.
    decision = Decision(visit.step.task, True, "")
    return run_limited(visit.depot.equip(0, call, decision), left=visit.left)


def _end(visit: Visit, result: TaskResult) -> ItemEnd:
    drafts: Tuple[FileDraft, ...] = ()
    if result.state is State.SUCCEEDED:
        drafts = tuple([one for one in result.kept if isinstance(one, FileDraft)])
    attempt, reason = visit.asked.attempt, result.reason
    return ItemEnd(result.state, result.started, result.duration, attempt, reason, drafts)


class _Place:
    """Where a process is in a dataset that has to be read from its beginning; ``places`` hold the
    files of it."""

    def __init__(
        self,
        key: Tuple[str, ...],
        make: Callable[[], Iterator[Ref]],
        places: Optional[BoundPlaces] = None,
    ) -> None:
        self.key = key
        self.places = places
        self.make = make
        self.rest = make()
        self.next = 0

    def item(self, number: int) -> Ref:
        """The item of that number. Raises :class:`StopIteration` without one."""
        if number < self.next:
            self.rest, self.next = self.make(), 0
        found = next(islice(self.rest, number - self.next, None))
        self.next = number + 1
        return found


_places: List[_Place] = []


def _item(visit: Visit, item: int) -> Ref:
    """A reference to one item of the mapped dataset."""
    step, ref = visit.step, visit.refs[visit.step.each]
    if ref is None:
        raise NotMappable(where=step.task, dataset=step.inputs[step.each], found="a NoneType")
    kept = visit.kept(ref.dataset, ref.version)
    visit.depot.kept[ref.dataset] = kept
    if kept.items is not None:
        return ref._replace(item=item)
    key = (kept.place, *kept.reference.address[:2], kept.version)
    if not _places or _places[0].key != key:
        for place in _places:
            if place.places is not None:
                place.places.close()
        _places[:] = [_place(visit, key, ref, kept)]
    return _places[0].item(item)


def _place(visit: Visit, key: Tuple[str, ...], ref: VersionRef, kept: Kept) -> _Place:
    if kept.kind != "iterator":
        values = list(_items(visit)[0])
        return _Place(key, lambda: iter(values))
    places = visit.program.places.apart()
    shelf, stream = visit.shelf(ref.dataset, places), type_of_form(STREAM)
    return _Place(key, lambda: map(Value, shelf.read(ref.version, wanted=stream)), places)


# --- all of them ----------------------------------------------------------------------------------


def collect(visit: Visit) -> Dict[str, Any]:
    """Commit what has become of the items; what the state machine is told.

    Raises :class:`Failed`.
    """
    end: Optional[TaskEnd] = end_of(visit)
    if end is None:
        try:
            result = _committed(visit)
        except GlacierError as error:
            result = TaskResult(State.FAILED, (), None, 0.0, error)
        end = note(visit, result)
    return end.answer()


def _committed(visit: Visit) -> TaskResult:
    visit.look()
    step, depot = visit.step, visit.depot
    ends = _ends(visit, visit.asked.items)
    made = [end for end in ends if end.state is State.SUCCEEDED]
    attempt = max([end.attempt for end in made], default=1)
    origin = depot.equip(0, visit.call(), depot.decision(0, step, visit.refs)).origin
    names = [name for name in step.outputs if name in depot.own]
    kept: Dict[str, Optional[Kept]] = {}
    for position, name in enumerate(names):
        drafts = [end.drafts[position] for end in made]
        assert origin is not None
        kept[name] = depot.own[name].commit(drafts, origin, attempt=attempt, mapped=True)
    outputs = [
        None if kept.get(n) is None else VersionRef(n, visit.begun.run) for n in step.outputs
    ]
    started = [end.started for end in ends if end.started is not None]
    stored = tuple([kept.get(name) for name in step.outputs])
    first, duration = (min(started), 0.0) if started else (None, 0.0)
    if first is not None:
        duration = max(end.started + end.duration for end in ends if end.started) - first
    return TaskResult(
        State.SUCCEEDED, tuple(outputs), first, duration, attempt=attempt, kept=stored
    )


def _ends(visit: Visit, count: int) -> List[ItemEnd]:
    """What became of each item, in their order; one that is lacking has not been run."""
    store = visit.program.places.workspace()
    run, task = visit.begun.run, visit.step.task

    def read(item: int) -> ItemEnd:
        key = item_key(run, task, item)
        return ItemEnd.from_bytes(store.get(key), store.uri(key))

    if count < 2:
        return [read(item) for item in range(count)]
    with ThreadPoolExecutor(min(_AT_ONCE, count)) as threads:
        return list(threads.map(read, range(count)))
