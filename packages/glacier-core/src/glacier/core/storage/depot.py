"""The stored datasets of one run: what it reads from outside, what it reuses, what it keeps."""

from __future__ import annotations

from typing import Any, Collection, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from glacier.core.contracts import (
    Launch,
    Ref,
    State,
    TaskCall,
    TaskResult,
    Value,
    VersionRef,
)
from glacier.core.errors import GlacierError, NotStored
from glacier.core.mapping import Expansion
from glacier.core.step import Step
from glacier.core.storage.ancestry import Ancestry
from glacier.core.storage.decisions import Decision, Facts, decide
from glacier.core.storage.recipes import Codes, make_recipe
from glacier.core.storage.records import Kept, Origin
from glacier.core.storage.resuming import Resumption
from glacier.core.storage.shelf import Shelf, WritableShelf
from glacier.core.storage.sources import Sources
from glacier.core.valueforms import STREAM, type_of_form
from glacier.core.versions import RunRecord

__all__ = ["Depot"]

_SKIPPED = "skipped"  # stands for the content of an input whose producer was skipped


class Depot:
    """Stands between a run and the shelves of its datasets.

    ``shelves`` are by dataset, ``own`` those of what the run makes; those in ``stored`` it writes,
    from the others it may take what an earlier run has left. ``cache`` is whether
    results are reused where a task does not say. ``resumed`` is the run that this one goes on from.
    ``codes`` and ``provenances`` are for a run of which this process sees but a part: what was
    found out about its steps where it began.
    """

    def __init__(
        self,
        launch: Launch,
        *,
        run_id: str,
        shelves: Mapping[str, Shelf],
        own: Mapping[str, WritableShelf],
        stored: Collection[str],
        cache: bool = False,
        resumed: Optional[Resumption] = None,
        codes: Optional[Codes] = None,
        provenances: Optional[Sequence[Optional[str]]] = None,
    ) -> None:
        self.launch = launch
        self.plan = launch.plan
        self.run_id = run_id
        self.shelves = shelves
        self.own = own
        self.stored = frozenset(stored)
        self.cache = cache
        self.resumed = resumed
        self.codes = Codes() if codes is None else codes
        self.kept: Dict[str, Kept] = {}
        self.ancestry = Ancestry(launch.plan, self.kept)
        self.sources = Sources(launch, shelves)
        self.reused: Mapping[int, Sequence[Optional[Kept]]] = {}
        self._provenances = None if provenances is None else list(provenances)

    # --- before the run ---------------------------------------------------------------------------

    @property
    def reuses(self) -> bool:
        """Whether a step may have an earlier result in place of a new one."""
        cached = any(step.caching is not None and step.caching.cache for step in self.plan.steps)
        return cached or self.cache or self.resumed is not None

    def begin(self, earlier: Optional[RunRecord] = None) -> Mapping[str, VersionRef]:
        """Fix what is read from outside; returns references to it, by dataset.

        ``earlier`` is the record of this very run where it had been begun before. Raises
        :class:`~glacier.core.errors.NothingStored`, and what the stores raise.
        """
        if earlier is None and self.resumed is not None:
            earlier = self.resumed.record
        self.kept.update(self.sources.pin(earlier))
        refs = {name: VersionRef(name, kept.version) for name, kept in self.kept.items()}
        made = self.provenances()  # now: files may be edited while the run goes on
        if self.resumed is not None:
            self.reused = self.resumed.choose(self.launch, made, self.shelves)
        return refs

    def reach(self) -> None:
        """Connect once to each database that the run writes to.

        Raises :class:`~glacier.core.errors.TableError` and
        :class:`~glacier.core.errors.MissingLibrary`.
        """
        found = {self.own[name].database for name in self.stored}
        for url in sorted(url for url in found if url is not None):
            from glacier.core.tables import reach

            reach(url)

    def provenances(self) -> List[Optional[str]]:
        """What each step would be made from, as far back as this run goes; see ``recipes``."""
        if self._provenances is None:
            made: List[Optional[str]] = []
            known: Dict[str, Optional[str]] = dict(self.sources.contents())
            for number, step in enumerate(self.plan.steps):
                code = self.codes.of(number, self.launch.functions[number])
                contents = [known.get(name) for name in step.inputs]
                made.append(make_recipe(step, code, self.launch.params[number], contents)[0])
                for name in step.outputs:
                    known.setdefault(name, made[-1] and f"{made[-1]} {name}")
            self._provenances = made
        return self._provenances

    # --- a step -----------------------------------------------------------------------------------

    def prepare(self, number: int, call: TaskCall) -> Union[TaskCall, TaskResult]:
        """The call with what its worker needs, or its result if it need not run."""
        step = call.step
        if number in self.reused:
            return self._up_to_date(number, call)
        try:
            decision = self.decision(number, step, call.inputs)
            if not decision.runs:
                origin = self._origin(number, step, decision)
                result = self._adopt(step, decision.found, origin, decision.why)
                if result is not None:
                    return result
        except GlacierError as error:
            return TaskResult(State.FAILED, (), None, 0.0, error)
        return self.equip(number, call, decision)

    def decision(self, number: int, step: Step, inputs: Sequence[Optional[Ref]] = ()) -> Decision:
        """Whether a step will run; ``inputs`` are the references of its inputs, where known."""
        return decide(self.facts(number, step, inputs))

    def facts(self, number: int, step: Step, inputs: Sequence[Optional[Ref]] = ()) -> Facts:
        """What that rests on."""
        asked = None if step.caching is None else step.caching.cache
        refs = list(inputs) or [VersionRef(name, "") for name in step.inputs]
        contents = [
            _SKIPPED if ref is None else self.content(name) for name, ref in zip(step.inputs, refs)
        ]
        shelves = [self.own[name] if name in self.stored else None for name in step.outputs]
        code = self.codes.of(number, self.launch.functions[number])
        cached = self.cache if asked is None else asked
        return Facts(step, code, self.launch.params[number], contents, shelves, cached)

    def content(self, dataset: str) -> Optional[str]:
        """The content hash of a dataset of this run; ``None`` where it is not known."""
        kept = self.kept.get(dataset)
        return self.sources.content(dataset) if kept is None else kept.content

    def waits(self, number: int) -> bool:
        """Whether a step can be prepared only when what it reads is there: it may be up to date, or
        what it writes is stored with what it was made from."""
        step = self.plan.steps[number]
        asked = None if step.caching is None else step.caching.cache
        cached = self.cache if asked is None else asked
        return cached or number in self.reused or not self.stored.isdisjoint(step.outputs)

    def readable(self, step: Step) -> Mapping[str, Shelf]:
        """The shelves of what a step may be handed a reference to."""
        names = {*step.inputs, *([step.when] if step.when is not None else [])}
        return {name: self.shelves[name] for name in names if name in self.shelves}

    def equip(self, number: int, call: TaskCall, decision: Decision) -> TaskCall:
        """The call with the shelves of what it reads and writes, as far as they are stored."""
        step = call.step
        names = {ref.dataset for ref in call.inputs if isinstance(ref, VersionRef)}
        written = self.stored.intersection(step.outputs)
        shelves = {name: self.shelves[name] for name in names | written}
        if not shelves:
            return call
        origin = self._origin(number, step, decision) if written else None
        return call._replace(shelves=shelves, origin=origin)

    def _origin(self, number: int, step: Step, decision: Decision) -> Origin:
        inputs = self.ancestry.behind(step.inputs)
        recipe = {**(decision.recipe or {}), "provenance": self.provenances()[number]}
        return Origin(self.run_id, step.task, decision.fingerprint, inputs, recipe)

    def _up_to_date(self, number: int, call: TaskCall) -> TaskResult:
        """The result of a step that the resumed run has done."""
        step, found = call.step, self.reused[number]
        try:
            origin = self._origin(number, step, self.decision(number, step, call.inputs))
            why = f"run {self.resumed.record.run if self.resumed else ''} has done it"
            result = self._adopt(step, found, origin, why)
        except GlacierError as error:
            return TaskResult(State.FAILED, (), None, 0.0, error)
        if result is not None:
            return result
        missing = NotStored(task=step.task, dataset=step.outputs[0], reason="it was just removed")
        return TaskResult(State.FAILED, (), None, 0.0, missing)

    def _adopt(
        self, step: Step, found: Sequence[Optional[Kept]], origin: Origin, why: str
    ) -> Optional[TaskResult]:
        """Let earlier results be those of this run; ``None`` if one has just been removed."""
        kept: List[Optional[Kept]] = []
        for name, older in zip(step.outputs, found):
            adopted = None if older is None else self.own[name].reuse(older, origin)
            if older is not None and adopted is None:
                return None
            kept.append(adopted)
        outputs = [
            None if one is None else VersionRef(name, one.version)
            for name, one in zip(step.outputs, kept)
        ]
        return TaskResult(State.UP_TO_DATE, tuple(outputs), None, 0.0, None, why, kept=tuple(kept))

    def note(self, step: Step, result: TaskResult) -> None:
        """Take in what a step that has ended kept."""
        for name, kept in zip(step.outputs, result.kept):
            if kept is not None:
                self.kept[name] = kept

    # --- mapped steps -----------------------------------------------------------------------------

    def items(self, ref: VersionRef) -> Optional[Tuple[Iterator[Ref], Optional[int]]]:
        """References to the items of a dataset that need not be read as a whole; else ``None``."""
        parts = self.parts(ref)
        if parts is not None:
            return iter(parts), len(parts)
        kept = self.kept.get(ref.dataset)
        if kept is not None and kept.kind == "iterator":
            stream = self.shelves[ref.dataset].read(ref.version, wanted=type_of_form(STREAM))
            return map(Value, stream), kept.rows
        return None

    def parts(self, ref: VersionRef) -> Optional[Sequence[Ref]]:
        """References to the items of a dataset that were stored one by one; else ``None``."""
        kept = self.kept.get(ref.dataset)
        if kept is None or kept.items is None:
            return None
        return [ref._replace(item=item) for item in range(kept.items)]

    def commit(self, expansion: Expansion) -> Optional[TaskResult]:
        """Commit the items of a mapped step; returns its failure if that does not work."""
        step, origin = expansion.call.step, expansion.call.origin
        if expansion.error is not None or origin is None:
            return None
        results = [expansion.results[item] for item in sorted(expansion.results)]
        attempt = max([result.attempt for result in results], default=1)
        for position, name in enumerate(step.outputs):
            if name not in self.stored:
                continue
            drafts = [result.kept[position] for result in results]
            refs = [result.outputs[position] for result in results]
            try:
                kept = self.own[name].commit(drafts, origin, attempt=attempt, mapped=True)
                if kept is None and any(isinstance(ref, VersionRef) for ref in refs):
                    reason = "not all of its items could be stored"
                    raise NotStored(task=step.task, dataset=name, reason=reason)
            except GlacierError as error:
                return TaskResult(State.FAILED, (), None, 0.0, error)
            if kept is None:
                continue
            expansion.kept[position] = kept
            if not self.own[name].passes or any(isinstance(ref, VersionRef) for ref in refs):
                expansion.stored[position] = VersionRef(name, kept.version)
        return None

    # --- reading ----------------------------------------------------------------------------------

    def read(self, ref: VersionRef) -> Any:
        """The value of a stored dataset in this process, as it was written."""
        return self.shelves[ref.dataset].read(ref.version, item=ref.item)
