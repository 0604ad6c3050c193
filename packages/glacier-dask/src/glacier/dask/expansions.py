"""The mapped steps of a run: one Dask task for each item, and one that collects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from glacier.core.protocols import (
    Expansion,
    Handle,
    Ref,
    State,
    TaskCall,
    TaskResult,
    VersionRef,
)
from glacier.dask.faults import CannotCross
from glacier.dask.marks import Box, Spot
from glacier.dask.presence import Call

if TYPE_CHECKING:
    from glacier.dask.conductor import Conductor

__all__ = ["Expansions"]


class _Mapping:
    """A mapped step from its beginning on."""

    def __init__(self, call: TaskCall, packed: bytes, results: Sequence[Any]) -> None:
        self.call = call
        self.packed = packed
        self.results = results
        self.parts: Sequence[Any] | None = None
        self.listed: str | None = None
        self.expansion: Expansion | None = None
        self.collected: list[str] = []  # the tasks that collect, where they were added beforehand


class Expansions:
    """Begins mapped steps, hands out their items, and takes in how these end."""

    def __init__(self, conductor: Conductor) -> None:
        self.conductor = conductor
        self.mappings: dict[int, _Mapping] = {}

    def begin(self, number: int, call: TaskCall) -> None:
        """Begin a step whose inputs are there: ask for the items, if they are not known."""
        conductor, step = self.conductor, call.step
        try:
            packed, results = conductor.submitter.program(number, call, mapped=True)
        except CannotCross as error:
            conductor.finish(number, TaskResult(State.FAILED, (), None, 0.0, error))
            return
        mapping = self.mappings[number] = _Mapping(call, packed, results)
        ref = call.inputs[step.each]
        if isinstance(ref, Handle):
            mapping.parts = ref.token.parts
        elif isinstance(ref, VersionRef) and conductor.depot is not None:
            mapping.parts = conductor.depot.parts(ref)
        if mapping.parts is not None and step.when is None:
            self.expand(number, len(mapping.parts), None)
            return
        held: Any = Box(None)
        if mapping.parts is None:
            held = conductor.submitter.sources[conductor.wiring.inputs[number][step.each]]
        mapping.listed = conductor.submitter.listing(number, packed, held, results)

    def expand(self, number: int, count: int, result: TaskResult | None) -> None:
        """Begin the items, or end a step that has none to begin."""
        conductor, mapping = self.conductor, self.mappings[number]
        if mapping.expansion is not None or conductor.stopped:
            return
        conductor.submitter.keys.pop((number, None), None)  # the listing has ended
        if result is not None:
            self.end(number, result)
            return
        parts = mapping.parts
        if parts is None:
            parts = [Spot(mapping.listed, place) for place in range(count)]
        refs = [part if isinstance(part, VersionRef) else Handle(part) for part in parts]
        mapping.expansion = Expansion(number, mapping.call, iter(refs), len(refs))
        if number in conductor.limited:
            conductor.ledger.ready.append(mapping.expansion)
            return
        keys: list[str] = []
        while self._add_next(number, mapping, keys):
            continue
        if not self._stores(mapping):
            outputs = mapping.call.step.outputs
            places = range(len(outputs)) if mapping.call.step.many else [-1] * len(outputs)
            mapping.collected = [conductor.submitter.collect(number, n, keys) for n in places]
            conductor.submitter.own_by(number, mapping.collected, "")
        self._end_if_done(number, mapping)

    def go_on(self, expansion: Expansion) -> None:
        """Begin the next items of a step with a limit, as far as there are places."""
        conductor, number = self.conductor, expansion.number
        mapping = self.mappings.get(number)
        if mapping is None or conductor.stopped:
            return
        while conductor.limits.enter(number, expansion):
            if not self._add_next(number, mapping, []):
                conductor.limits.leave(number)
                break
        self._end_if_done(number, mapping)

    def _add_next(self, number: int, mapping: _Mapping, keys: list[str]) -> bool:
        expansion = mapping.expansion
        call = None if expansion is None else expansion.next_call()
        if call is None:
            return False
        ref = call.inputs[call.step.each]
        spot = ref.token if isinstance(ref, Handle) else Spot(Box(ref))
        item = 0 if call.item is None else call.item
        keys.append(
            self.conductor.submitter.item(number, item, mapping.packed, spot, mapping.results)
        )
        return True

    def _stores(self, mapping: _Mapping) -> bool:
        depot, outputs = self.conductor.depot, mapping.call.step.outputs
        return depot is not None and not depot.stored.isdisjoint(outputs)

    # --- ending -----------------------------------------------------------------------------------

    def end_item(self, number: int, item: int, result: TaskResult, stored: Sequence[Any]) -> None:
        """Take in the end of an item, and tell of it; once."""
        conductor, mapping = self.conductor, self.mappings.get(number)
        key = conductor.submitter.keys.pop((number, item), None)
        if mapping is None or mapping.expansion is None or key is None:
            return
        expansion, step = mapping.expansion, mapping.call.step
        if number in conductor.limited:
            conductor.limits.leave(number)
        if result.state is State.SUCCEEDED:
            future = conductor.batch.future(key)
            outputs = [
                ref if ref is not None else Handle(Spot(future, place if step.many else -1))
                for place, ref in enumerate(stored)
            ]
            result = result._replace(outputs=tuple(outputs))
        conductor.batch.forget(key)
        first = not _is_failure(expansion.error)
        expansion.add(item, result)
        conductor.announcer.item_finished(number, item, expansion, result)
        if result.state is State.FAILED and first and expansion.running and not conductor.stopped:
            conductor.session.stop(conductor.run_id, "another item failed", number)
        self._end_if_done(number, mapping)

    def _end_if_done(self, number: int, mapping: _Mapping) -> None:
        expansion = mapping.expansion
        if expansion is None or not expansion.done or expansion.ended:
            return
        expansion.ended = True
        if self.conductor.depot is not None:
            failure = self.conductor.depot.commit(expansion)
            if failure is not None:
                expansion.fail(failure)
        collected = iter(mapping.collected)

        def collect(refs: Sequence[Ref]) -> Ref:
            return self._collect(number, refs, next(collected, None))

        self.end(number, expansion.result(collect))

    def _collect(self, number: int, refs: Sequence[Ref], key: str | None) -> Ref:
        """One reference to the list of what the items returned."""
        conductor = self.conductor
        spots = [ref.token for ref in refs if isinstance(ref, Handle)]
        if key is not None:
            return Handle(Spot(conductor.batch.future(key), parts=spots))
        place = spots[0].pick if spots else -1
        key = conductor.submitter.collect(number, place, [spot.future for spot in spots])
        handle = Handle(Spot(conductor.batch.future(key), parts=spots))
        conductor.batch.forget(key)
        return handle

    def end(self, number: int, result: TaskResult) -> None:
        """End a mapped step."""
        conductor, mapping = self.conductor, self.mappings.pop(number)
        if mapping.listed is not None:
            conductor.batch.forget(mapping.listed)
        outputs: list[Any] = []
        for dataset, ref in zip(conductor.wiring.outputs[number], result.outputs, strict=False):
            mapped = dataset >= 0 and any(
                conductor.steps[reader].each >= 0 for reader in conductor.wiring.readers[dataset]
            )
            if isinstance(ref, Handle):
                spot: Spot = ref.token
                conductor.submitter.provide(dataset, spot.future)
                ref = ref if mapped else Handle(spot._replace(parts=None))
            outputs.append(ref)
        conductor.finish(number, result._replace(outputs=tuple(outputs)))

    def stop(self, running: set[Call]) -> None:
        """Begin no more items; a step ends here of which none is under way any more."""
        conductor = self.conductor
        left = [call for call in conductor.submitter.keys if call[0] in self.mappings]
        for number, mapping in list(self.mappings.items()):
            expansion = mapping.expansion
            if expansion is None:
                continue
            items = [call for call in left if call[0] == number]
            active = [call for call in items if call in running]
            for call in items:
                if call not in running:
                    conductor.submitter.keys.pop(call)
            expansion.stop(conductor.stopped)
            # An interrupt may have come between the end of an item and its entry in the books.
            if expansion.running > len(active):
                reason = conductor.stopped
                expansion.fail(TaskResult(State.CANCELLED, (), None, 0.0, None, reason))
            expansion.running = len(active)
            self._end_if_done(number, mapping)


def _is_failure(result: TaskResult | None) -> bool:
    return result is not None and result.state is State.FAILED
