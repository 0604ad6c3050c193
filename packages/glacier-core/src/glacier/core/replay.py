"""One task of a run again, alone, on what it was given then: the call, for a worker to run.

Its code is as it is now; the versions of its inputs and its parameters are those of the run.
Nothing is written.
"""

from __future__ import annotations

from contextlib import suppress
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
)

from glacier.core.annotations import REQUIRED, Argument, ArgumentKind
from glacier.core.codec import decode
from glacier.core.contracts import Ref, TaskCall, Value, VersionRef
from glacier.core.errors import CannotReplay, GlacierError, UnknownName, VersionMissing
from glacier.core.graph import AnyTask, Graph
from glacier.core.mapping import items_of
from glacier.core.parameters import bind, parse_texts
from glacier.core.plan import make_plan
from glacier.core.step import Slot, Step
from glacier.core.storage.files import FileShelf
from glacier.core.storage.places import declared_shelf, own_shelf
from glacier.core.storage.records import Kept
from glacier.core.valueforms import STREAM, type_of_form
from glacier.core.versions import RunRecord, read_run

if TYPE_CHECKING:
    from glacier.core.storage.places import Places
    from glacier.core.storage.shelf import Shelf

__all__ = ["Past", "Replayable", "replay_call"]


class Replayable(Protocol):
    """What is needed of a pipeline."""

    @property
    def name(self) -> str: ...

    def graph(self) -> Graph:
        """Its graph, with its datasets where they are."""
        ...


class Past(NamedTuple):
    """What is known of a run, besides what it stored.

    ``params`` are as texts, ``states`` those of its tasks by name.
    """

    run_id: str
    params: Mapping[str, str] = {}
    states: Mapping[str, str] = {}


def replay_call(
    pipeline: Replayable,
    task: str,
    past: Past,
    places: Places,
    *,
    item: int = 0,
    private: bool = True,
) -> TaskCall:
    """The call of a task as it was in a run; ``item`` is which one of a mapped task.

    What no storage is declared for is in a workspace of this machine alone, or, where ``private``
    is false, in one from which nothing is unpickled.

    Raises :class:`~glacier.core.errors.CannotReplay` for an input or a parameter that is not known
    any more, and :class:`~glacier.core.errors.UnknownName` for a task that is not there.
    """
    graph = pipeline.graph()
    numbers = [number for number in graph.order if graph.tasks[number].name == task]
    if not numbers:
        known = [one.name for one in graph.tasks]
        where = f"pipeline {pipeline.name!r}"
        raise UnknownName(kind="task", name=task, known=known, where=where)
    declared = graph.tasks[numbers[0]]
    step = make_plan(graph).steps[graph.order.index(numbers[0])]
    step = step._replace(lazy=False)  # what goes wrong in a generator is to be seen
    replay = _Replay(graph, declared, step, past, places, private=private)
    inputs = replay.inputs(item)
    is_mapped = step.each >= 0
    return TaskCall(
        past.run_id,
        pipeline.name,
        step,
        declared.function,
        tuple(inputs),
        replay.params(),
        item=item if is_mapped else None,
        shelves=replay.shelves,
    )


class _Replay:
    """Finds what one task was given."""

    def __init__(
        self,
        graph: Graph,
        task: AnyTask,
        step: Step,
        past: Past,
        places: Places,
        *,
        private: bool,
    ) -> None:
        self.private = private
        self.graph = graph
        self.task = task
        self.step = step
        self.past = past
        self.places = places
        self.shelves: Dict[str, Shelf] = {}
        self.record: Optional[RunRecord] = None
        with suppress(VersionMissing):  # it stored nothing
            self.record = read_run(places.workspace(), past.run_id)

    def refusal(self, reason: str, mend: str) -> CannotReplay:
        return CannotReplay(run=self.past.run_id, task=self.task.name, reason=reason, mend=mend)

    # --- parameters -------------------------------------------------------------------------------

    def params(self) -> Mapping[str, Any]:
        """The values of the run parameters."""
        if self.record is None:
            return self._as_asked()
        return {
            one.name: self._value(one, self.record.parameters)
            for one in self.task.signature.arguments
            if one.kind == ArgumentKind.PARAMETER
        }

    def _value(self, argument: Argument, known: Mapping[str, Any]) -> Any:
        key = f"{self.task.name}.{argument.name}"
        if key in known:
            try:
                return decode(known[key], argument.type)
            except ValueError as error:
                reason = f"its parameter {argument.name!r} was of another type then: {error}"
                mend = "Replay it with the code of then, or run the pipeline anew."
                raise self.refusal(reason, mend) from error
        if argument.default is REQUIRED:
            reason = f"it had no parameter {argument.name!r} then"
            raise self.refusal(reason, "Give it a default, or run the pipeline anew.")
        return argument.default

    def _as_asked(self) -> Mapping[str, Any]:
        """The same by what the run was asked for; it noted no values itself."""
        found = bind(self.graph, parse_texts(self.graph, self.past.params))
        mine = [str(problem) for problem in found.problems if repr(self.task.name) in str(problem)]
        if mine:
            raise self.refusal(f"its parameters are not known: {mine[0]}", "Run the pipeline anew.")
        return found.values[self.graph.tasks.index(self.task)]

    # --- inputs -----------------------------------------------------------------------------------

    def inputs(self, item: int) -> List[Optional[Ref]]:
        """A reference for each input slot; of the mapped one to the item."""
        slots = [slot for slot in self.step.slots if slot.kind == ArgumentKind.INPUT]
        refs: List[Optional[Ref]] = []
        for slot in slots:
            kept = self._stored(slot)
            if kept is None:
                refs.append(None)
            elif slot.each:
                refs.append(self._item(slot.source, kept, item))
            else:
                refs.append(VersionRef(slot.source, kept.version))
        return refs

    def _stored(self, slot: Slot) -> Optional[Kept]:
        """The state of an input that the run read; ``None`` where its producer was skipped."""
        name = slot.source
        producer = self.graph.producers.get(name)
        made_by = "" if producer is None else self.graph.tasks[producer].name
        state = self.past.states.get(made_by, "")
        if state == "skipped" and slot.optional:
            return None
        if state in ("skipped", "failed", "upstream_failed", "cancelled"):
            shown = state.replace("_", " ")
            reason = f"its input {name!r} was never made: task {made_by!r} is {shown} in that run"
            raise self.refusal(reason, f"Look at {made_by!r} first: 'glacier show'.")
        shelves = self._shelves(name)
        for version in (self.past.run_id, *self._pinned(name)):
            for shelf in shelves:
                kept = shelf.at(version)
                if kept is not None:
                    self.shelves[name] = shelf
                    return kept
        unchanged = None if isinstance(shelves[0], FileShelf) else shelves[0].latest()
        if unchanged is not None and unchanged.version <= self.past.run_id:
            self.shelves[name] = shelves[0]  # a table that no later run has replaced
            return unchanged
        if isinstance(shelves[0], FileShelf):
            reason = f"its input {name!r} is not stored as it was in that run"
            raise self.refusal(reason, _MEND)
        reason = f"its input {name!r} is not what it was: {shelves[0].place} has changed since"
        raise self.refusal(reason, "Replay a task of a newer run.")

    def _pinned(self, name: str) -> List[str]:
        """The version from outside that the run read, if any."""
        pins = () if self.record is None else self.record.pins
        return [version for address, version in pins if address.dataset == name]

    def _shelves(self, name: str) -> List[Shelf]:
        """Where a dataset of the run may be, the likeliest first."""
        pipeline = self.graph.pipeline
        declared = declared_shelf(self.graph.datasets[name], pipeline=pipeline, places=self.places)
        own = own_shelf(
            name,
            pipeline=pipeline,
            store=self.places.workspace(),
            form=None if self.private else self.graph.datasets[name].keeping.format,
            private=self.private,
        )
        if declared is None:
            return [own]
        # A storage may have been declared since.
        return [declared, own] if isinstance(declared, FileShelf) else [declared]

    def _item(self, name: str, kept: Kept, item: int) -> Ref:
        if kept.items is not None:
            if item >= kept.items:
                raise self._no_item(name, item, kept.items)
            return VersionRef(name, kept.version, item=item)
        wanted = type_of_form(STREAM) if kept.kind == "iterator" else None
        count = 0
        try:
            value = self.shelves[name].read(kept.version, wanted=wanted)
            for count, found in enumerate(items_of(value, task=self.task.name, dataset=name), 1):
                if count > item:
                    return Value(found)
        except (GlacierError, ImportError) as error:
            mend = "See to that first."
            raise self.refusal(f"its input {name!r} cannot be read: {error}", mend) from error
        raise self._no_item(name, item, count)

    def _no_item(self, name: str, item: int, count: int) -> CannotReplay:
        reason = f"there is no item {item} in {name!r}, which has {count}, counted from 0"
        raise self.refusal(reason, "Name another one with --item.")


_MEND = (
    "Run the pipeline with 'glacier run --cache', or give the dataset storage=, and replay a task "
    "of that run. What was stored may also have been collected since."
)
