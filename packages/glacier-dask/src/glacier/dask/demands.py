"""What tasks ask of workers, in Dask's terms.

A task with ``compute=Serverless(memory=…, cpu=…)`` needs so many bytes of the abstract resource
``memory``, and so many of ``cpu``, and one with the tag ``gpu`` one of the resource ``gpu``, where
there is a worker that declares a resource of that name. Without one the option has no effect: Dask
would wait for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from glacier.core.protocols import InvalidRequest, Launch, Serverless, Step, UnknownName

__all__ = ["Demands", "check_priority", "check_priority_names"]

_MEBIBYTE = 2**20


class Demands:
    """The resources and the priority of each step of one run."""

    def __init__(
        self, launch: Launch, workers: Iterable[Mapping[str, Any]], priority: Mapping[str, float]
    ) -> None:
        declared = {name for worker in workers for name in worker.get("resources") or ()}
        self._names = {name.lower(): name for name in declared}
        self._priority = priority
        self._sizes: dict[str, dict[str, float]] = {}
        for task in () if launch.whole is None else launch.whole.tasks:
            if task.compute is not None:
                self._sizes[task.name] = self._taken(task.compute)

    def _taken(self, compute: Serverless) -> dict[str, float]:
        """What a machine of that size takes of the resources that there are."""
        memory = None if compute.memory is None else compute.memory * _MEBIBYTE
        sizes = {"memory": memory, "cpu": compute.cpu}
        return {
            self._names[name]: size
            for name, size in sizes.items()
            if size is not None and name in self._names
        }

    def resources(self, step: Step) -> dict[str, float]:
        """What a call of a step takes of each resource."""
        found: dict[str, float] = {**self._sizes.get(step.task, {})}
        for tag in step.tags:
            name = self._names.get(tag.lower())
            if name is not None:
                found.setdefault(name, 1)
        return found

    def priority(self, step: Step) -> float:
        """The highest that the task, or one of its tags, is given; else what the task says."""
        given = [self._priority[n] for n in (step.task, *step.tags) if n in self._priority]
        return max(given, default=step.priority)


def check_priority(found: Any) -> dict[str, float]:
    """Priorities as an executor is given them. Raises ``InvalidRequest``."""
    mend = "Give a mapping from task or tag to a number: priority={'report': 10}."
    if not hasattr(found, "items"):
        raise InvalidRequest(option="priority", reason=f"is {found!r}", mend=mend)
    for name, number in found.items():
        if not isinstance(name, str) or isinstance(number, bool):
            raise InvalidRequest(option="priority", reason=f"has {name!r}: {number!r}", mend=mend)
        if not isinstance(number, (int, float)):
            raise InvalidRequest(option="priority", reason=f"gives {name!r} {number!r}", mend=mend)
    return dict(found)


def check_priority_names(priority: Mapping[str, float], launch: Launch) -> None:
    """Refuse priorities for what the pipeline has not. Raises ``RequestError``."""
    tasks = launch.plan.steps if launch.whole is None else launch.whole.tasks
    known: dict[str, None] = {}
    for task in tasks:
        name = task.task if isinstance(task, Step) else task.name
        known.update(dict.fromkeys((name, *task.tags)))
    for name in priority:
        if name not in known:
            where = f"priority= in pipeline {launch.plan.pipeline!r}"
            raise UnknownName(kind="task or tag", name=name, known=known, where=where)
