"""Tasks, the datasets between them, and an order in which they can run."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Sequence, Tuple

from glacier.core.dataset import Dataset
from glacier.core.task import Task

__all__ = ["AnyTask", "Graph", "reads"]

AnyTask = Task[Any, Any]


class Graph(NamedTuple):
    """Tasks, the datasets between them, and a legal order. Tasks are known by their position.

    ``producers`` maps a dataset's name to the task that returns it, ``consumers`` to the tasks
    that read it, in declaration order and each once. ``order`` has every task after its producers:
    it is the order of declaration where that is legal.
    """

    pipeline: str
    tasks: Tuple[AnyTask, ...]
    datasets: Mapping[str, Dataset]
    producers: Mapping[str, int]
    consumers: Mapping[str, Sequence[int]]
    order: Tuple[int, ...]

    @property
    def sources(self) -> Tuple[str, ...]:
        """The datasets that are read but that no task produces."""
        return tuple(name for name in self.consumers if name not in self.producers)

    @property
    def sinks(self) -> Tuple[str, ...]:
        """The datasets that are produced but that no task reads."""
        return tuple(name for name in self.producers if name not in self.consumers)

    def predecessors(self, task: int) -> Iterator[int]:
        """The tasks that a task waits for; one may come more than once."""
        for dataset in reads(self.tasks[task]):
            producer = self.producers.get(dataset.name)
            if producer is not None:
                yield producer

    def successors(self, task: int) -> Iterator[int]:
        """The tasks that wait for a task; one may come more than once."""
        for output in self.tasks[task].signature.outputs:
            yield from self.consumers.get(output.dataset.name, ())

    def __repr__(self) -> str:
        return (
            f"<Graph of {self.pipeline!r}: {len(self.tasks)} tasks, {len(self.datasets)} datasets>"
        )


def reads(task: AnyTask) -> Iterator[Dataset]:
    """The datasets that a task reads, its condition last; one may come more than once."""
    for argument in task.signature.arguments:
        if argument.dataset is not None:
            yield argument.dataset
    if task.when is not None:
        yield task.when
