"""One task of a run, as one call sees it: its shelves, what it is given, what is known of it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Dict, List, Mapping, Optional, Tuple

from glacier.core.annotations import ArgumentKind
from glacier.core.codec import decode
from glacier.core.contracts import Launch, State, TaskCall, TaskResult, VersionRef
from glacier.core.errors import InvalidCondition, VersionMissing
from glacier.core.hindrances import hindered, skipped
from glacier.core.plan import Plan
from glacier.core.remote.bindings import BoundPlaces
from glacier.core.remote.payloads import Asked
from glacier.core.remote.program import Program
from glacier.core.remote.records import Begun, BegunStep
from glacier.core.step import Step
from glacier.core.storage.depot import Depot
from glacier.core.storage.recipes import Codes
from glacier.core.storage.records import Kept
from glacier.core.storage.resuming import Resumption
from glacier.core.storage.shelf import Shelf, WritableShelf
from glacier.core.versions import Address, Reference, RunRecord

__all__ = ["Visit"]


class Visit:
    """One call's view of the task that it is asked for; nothing is read before it is needed.

    ``left`` is how many seconds the call has, if that is known.
    """

    def __init__(self, program: Program, asked: Asked, *, left: Optional[float] = None) -> None:
        self.left = left
        self.program = program
        self.asked = asked
        self.begun: Begun = program.begun(asked.run)
        self.step: Step = program.step(asked.task)
        self.known: BegunStep = self.begun.steps[asked.task]
        self.versions: Dict[str, str] = {}  # of the inputs that were looked for

    # --- what it reads ----------------------------------------------------------------------------

    def version(self, name: str) -> Optional[str]:
        """The version of a dataset that it reads; ``None`` where there is none."""
        begun, run = self.begun, self.begun.run
        if name in begun.fed:
            return run
        if name in begun.pins:
            return begun.pins[name]
        return run if self._end(name) in (State.SUCCEEDED, State.UP_TO_DATE) else None

    def _end(self, name: str) -> Optional[State]:
        """How the task ended in this run that makes a dataset; ``None`` without one."""
        producer = self.program.producers.get(name)
        if producer is None or name in self.begun.fed:
            return None
        task = self.program.plan.steps[producer].task
        return self.asked.state(producer) if self.begun.steps[task].selected else None

    def _lacks(self, name: str) -> Optional[State]:
        end = self._end(name)
        return None if end in (State.SUCCEEDED, State.UP_TO_DATE) else end

    @cached_property
    def refs(self) -> Tuple[Optional[VersionRef], ...]:
        """A reference for each input slot, ``None`` where its producer was skipped."""
        found: List[Optional[VersionRef]] = []
        for name in self.step.inputs:
            version = self.version(name)
            if version is not None:
                self.versions[name] = version
            found.append(None if version is None else VersionRef(name, version))
        return tuple(found)

    def shelf(self, name: str, places: Optional[BoundPlaces] = None) -> Shelf:
        """The shelf of an input, which finds what lay there when the run began."""
        if self._end(name) is not None or name in self.begun.fed:
            return self.program.made(name, places)
        shelf = self.program.read(name, places)
        if name in self.begun.sources:
            from glacier.core.external.source import Part, Source
            from glacier.core.storage.outside import ExternalShelf

            assert isinstance(shelf, ExternalShelf)
            found: Dict[str, Any] = dict(self.begun.sources[name])
            parts = tuple([Part(*part) for part in found["parts"]])
            shelf.source = Source(**found)._replace(parts=parts)
        return shelf

    def kept(self, name: str, version: str) -> Kept:
        """The state of an input. Raises :class:`~glacier.core.errors.VersionMissing`."""
        shelf = self.depot.shelves[name]
        address = Address(self.begun.pipeline, name)
        if name in self.begun.sources:  # as the beginning of the run has found it
            return Kept(Reference(address, version), version)
        kept = shelf.at(version)
        if kept is None:
            raise VersionMissing(what=f"version {version} of {address}", where=shelf.place)
        return kept

    def look(self) -> None:
        """Learn what is known of all inputs, which the fingerprint depends on.

        Of a step that is not repeated some may be lacking, for nobody reads them any more.
        """
        for ref in self.refs:
            if ref is None or ref.dataset in self.depot.kept:
                continue
            try:
                self.depot.kept[ref.dataset] = self.kept(ref.dataset, ref.version)
            except VersionMissing:
                if self.known.reused is None:
                    raise

    # --- whether it runs --------------------------------------------------------------------------

    def hindrance(self) -> Optional[TaskResult]:
        """The end of a task that does not run; ``None`` if nothing is in its way."""
        step = self.step
        lacking = [self._lacks(name) for name in step.inputs]
        condition = None if step.when is None else self._lacks(step.when)
        found = hindered(step, lacking, condition)
        if found is not None or step.when is None:
            return found
        flag = self.flag(step.when)
        if flag is None:
            error = InvalidCondition(
                where=step.task, dataset=step.when, found="neither true nor false"
            )
            return TaskResult(State.FAILED, (), None, 0.0, error)
        return None if flag else skipped(f"its condition {step.when!r} is false")

    def flag(self, name: str) -> Optional[bool]:
        """Whether a condition holds, as the state machine or the beginning of the run tells."""
        if name in self.begun.flags:
            return self.begun.flags[name]
        producer = self.program.producers.get(name)
        end: Mapping[str, Any] = {} if producer is None else self.asked.done.get(producer, {})
        flags: Mapping[str, Optional[bool]] = end.get("flags") or {}
        return flags.get(name)

    # --- its call ---------------------------------------------------------------------------------

    @cached_property
    def depot(self) -> Depot:
        """The stored datasets of the run, as far as this task has to do with them."""
        program, begun, known = self.program, self.begun, self.known
        own: Dict[str, WritableShelf] = {
            name: program.made(name) for name in self.step.outputs if name not in begun.fed
        }
        shelves: Dict[str, Shelf] = {
            ref.dataset: self.shelf(ref.dataset) for ref in self.refs if ref is not None
        }
        resumed = None
        if begun.resumed is not None:
            resumed = Resumption(RunRecord(begun.resumed, begun.pipeline), {})
        depot = Depot(
            self.launch,
            run_id=begun.run,
            shelves={**shelves, **own},
            own=own,
            stored=own,
            cache=begun.cache,
            resumed=resumed,
            codes=Codes({0: known.code}),
            provenances=[known.provenance],
        )
        if known.reused is not None:
            depot.reused = {0: self._reused(own)}
        return depot

    def _reused(self, own: Mapping[str, WritableShelf]) -> List[Optional[Kept]]:
        versions = zip(self.step.outputs, self.known.reused or ())
        return [None if version is None else own[name].at(version) for name, version in versions]

    @cached_property
    def launch(self) -> Launch:
        """The launch of a run of this task alone."""
        task = self.program.declared(self.step.task)
        kinds = {
            one.name: one.type
            for one in task.signature.arguments
            if one.kind == ArgumentKind.PARAMETER
        }
        params = {name: decode(form, kinds[name]) for name, form in self.known.params.items()}
        plan = Plan(self.begun.pipeline, (self.step,))
        return Launch(plan, (task.function,), (params,), {}, ())

    def call(self) -> TaskCall:
        """The call of the task, without shelves."""
        launch = self.launch
        return TaskCall(
            self.begun.run,
            self.begun.pipeline,
            self.step,
            launch.functions[0],
            self.refs,
            launch.params[0],
            attempt=self.asked.attempt,
            item=self.asked.item,
        )
