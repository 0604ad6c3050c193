"""Limits on how many calls run at a time, by the names and tags of tasks."""

from __future__ import annotations

from typing import Dict, Generic, List, Mapping, Sequence, Tuple, TypeVar, cast

from glacier.core.contracts import Launch
from glacier.core.errors import GlacierError, InvalidRequest, RequestErrors, UnknownName
from glacier.core.preference import stack_for
from glacier.core.step import Step

__all__ = ["Limits", "check_concurrency", "check_names"]

T = TypeVar("T")


def check_concurrency(found: object) -> Dict[str, int]:
    """Limits as an executor is given them. Raises :class:`~glacier.core.errors.InvalidRequest`."""
    mend = "Give a mapping from task or tag to a whole number from 1: concurrency={'api': 2}."
    if not isinstance(found, Mapping):
        raise InvalidRequest(option="concurrency", reason=f"is {found!r}", mend=mend)
    limits: Dict[str, int] = {}
    for name, number in cast("Mapping[object, object]", found).items():
        if not isinstance(name, str):
            reason = f"has the key {name!r}"
            raise InvalidRequest(option="concurrency", reason=reason, mend=mend)
        if type(number) is not int or number < 1:
            reason = f"gives {name!r} the number {number!r}"
            raise InvalidRequest(option="concurrency", reason=reason, mend=mend)
        limits[name] = number
    return limits


def check_names(limits: Mapping[str, int], launch: Launch) -> None:
    """Refuse limits for what the pipeline has not, whichever part of it runs.

    Raises :class:`~glacier.core.errors.RequestError`.
    """
    known = _words(launch.plan.steps if launch.whole is None else launch.whole.tasks)
    where = f"concurrency= in pipeline {launch.plan.pipeline!r}"
    problems: List[GlacierError] = [
        UnknownName(kind="task or tag", name=name, known=known, where=where)
        for name in limits
        if name not in known
    ]
    if len(problems) > 1:
        subject = f"the run of pipeline {launch.plan.pipeline!r}"
        raise RequestErrors(subject=subject, problems=problems)
    if problems:
        raise problems[0]


def _words(tasks: Sequence[object]) -> Dict[str, None]:
    """The names and tags of tasks or steps, each once."""
    words: Dict[str, None] = {}
    for task in tasks:
        name = task.task if isinstance(task, Step) else getattr(task, "name", "")
        words.update(dict.fromkeys((name, *getattr(task, "tags", ()))))
    return words


class _Gate(Generic[T]):
    """The places of one limit, and the stack of what waits for one."""

    __slots__ = ("free", "waiting")

    def __init__(self, places: int, waiting: List[T]) -> None:
        self.free = places
        self.waiting = waiting


class Limits(Generic[T]):
    """Lets calls of a step begin while each of its limits has a place.

    What finds none waits here, and comes back to ``ready`` when there may be one for it.
    """

    def __init__(self, limits: Mapping[str, int], steps: Sequence[Step], ready: List[T]) -> None:
        self._ready = ready
        self._gates: Dict[str, _Gate[T]] = {
            name: _Gate(places, stack_for(steps)) for name, places in limits.items()
        }
        self._of: List[Tuple[_Gate[T], ...]] = [
            tuple(self._gates[name] for name in _words([step]) if name in limits) for step in steps
        ]

    def enter(self, step: int, entry: T) -> bool:
        """Take a place for a call of a step, or let the entry wait."""
        gates = self._of[step]
        full = next((gate for gate in gates if not gate.free), None)
        if full is None:
            for gate in gates:
                gate.free -= 1
            return True
        full.waiting.append(entry)
        for gate in gates:  # it may have been called for a place that it cannot use
            self._call(gate)
        return False

    def leave(self, step: int) -> None:
        """Give back the place of a call that has ended, or waits for its next attempt."""
        for gate in self._of[step]:
            gate.free += 1
            self._call(gate)

    def _call(self, gate: _Gate[T]) -> None:
        if gate.free and gate.waiting:
            self._ready.append(gate.waiting.pop())

    def withdraw(self) -> List[T]:
        """Take back all that waits."""
        found: List[T] = []
        for gate in self._gates.values():
            found += gate.waiting
            gate.waiting.clear()
        return found
