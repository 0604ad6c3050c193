"""What a run reads from outside: what it was fed with, and the stored data that it is fixed to."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional

from glacier.core.contracts import Launch
from glacier.core.errors import GlacierError, NothingStored, RequestErrors
from glacier.core.storage.contents import content_of
from glacier.core.storage.records import Kept
from glacier.core.storage.shelf import Shelf
from glacier.core.versions import RunRecord

__all__ = ["Sources"]


class Sources:
    """The datasets of a run that no step of it produces."""

    def __init__(self, launch: Launch, shelves: Mapping[str, Shelf]) -> None:
        self.launch = launch
        self.shelves = shelves
        self.pinned: Dict[str, Kept] = {}
        self._given: Dict[str, Optional[str]] = {}
        self.names = source_names(launch)

    def pin(self, earlier: Optional[RunRecord] = None) -> Mapping[str, Kept]:
        """Find the state of each that this run reads: the newest, or that of an earlier run.

        One whose readers are all optional may have none. Raises
        :class:`~glacier.core.errors.NothingStored`.
        """
        problems: List[GlacierError] = []
        for name in self.names:
            shelf = self.shelves.get(name)
            kept = None if shelf is None else _state(shelf, name, earlier)
            if kept is not None:
                self.pinned[name] = kept
            elif not self._is_optional(name):
                problems.append(self._problem(name, shelf))
        if problems:
            subject = f"the run of pipeline {self.launch.plan.pipeline!r}"
            raise (
                problems[0]
                if len(problems) == 1
                else RequestErrors(subject=subject, problems=problems)
            )
        return self.pinned

    def content(self, dataset: str) -> Optional[str]:
        """The content hash of a source; ``None`` where it has none, or is no source."""
        if dataset in self.pinned:
            return self.pinned[dataset].content
        if dataset not in self.launch.inputs:
            return None
        if dataset not in self._given:
            value = self.launch.inputs[dataset]
            # A deployed run is fed with what its client has stored.
            self._given[dataset] = value.content if isinstance(value, Kept) else content_of(value)
        return self._given[dataset]

    def contents(self) -> Dict[str, Optional[str]]:
        """The content hashes of all sources."""
        return {name: self.content(name) for name in (*self.pinned, *self.launch.inputs)}

    def _readers(self, name: str) -> List[str]:
        return [step.task for step in self.launch.plan.steps if name in (*step.inputs, step.when)]

    def _is_optional(self, name: str) -> bool:
        """Whether all that read a dataset can do without it."""
        return all(
            slot.optional
            for step in self.launch.plan.steps
            for slot in step.slots
            if slot.kind == "input" and slot.source == name
        ) and not any(step.when == name for step in self.launch.plan.steps)

    def _problem(self, name: str, shelf: Optional[Shelf]) -> NothingStored:
        whole = self.launch.whole
        producer = whole.producers.get(name) if whole is not None else None
        feed = f"feed it: inputs={{{name!r}: …}}."
        mend = f"Put data there, or {feed}"
        if whole is not None and producer is not None:
            mend = f"Run {whole.tasks[producer].name!r} first, which produces it, or {feed}"
        where = "its storage" if shelf is None else shelf.place
        return NothingStored(dataset=name, where=where, consumers=self._readers(name), mend=mend)


def source_names(launch: Launch) -> List[str]:
    """The datasets that steps of a launch read, and that it neither makes nor is fed with."""
    made = {name for step in launch.plan.steps for name in step.outputs}
    found: Dict[str, None] = {}
    for step in launch.plan.steps:
        for name in (*step.inputs, *([step.when] if step.when is not None else [])):
            if name not in made and name not in launch.inputs:
                found[name] = None
    return list(found)


def _state(shelf: Shelf, name: str, earlier: Optional[RunRecord]) -> Optional[Kept]:
    pins = () if earlier is None else earlier.pins
    for address, version in pins:
        if address.dataset == name:
            kept = shelf.at(version)
            if kept is not None:
                return kept
    return shelf.latest()
