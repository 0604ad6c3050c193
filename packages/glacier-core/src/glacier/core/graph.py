"""The graph that the annotations of a pipeline's tasks imply; all problems are found together."""

from __future__ import annotations

import collections.abc
import sys
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any, Collection, Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple

from glacier.core.annotations import REQUIRED, UNKNOWN, Argument, ArgumentKind
from glacier.core.codec import type_name
from glacier.core.dataset import Dataset
from glacier.core.errors import (
    ConflictingParameters,
    CyclicPipeline,
    DefinitionError,
    DefinitionErrors,
    DuplicateDataset,
    DuplicateProducer,
    DuplicateTask,
    EmptyPipeline,
    GlacierError,
    IncompatibleTypes,
    MissingProducer,
)
from glacier.core.task import Task
from glacier.core.typecheck import fits

if sys.version_info >= (3, 9):
    from typing import get_args, get_origin
else:
    from typing_extensions import get_args, get_origin

__all__ = ["AnyTask", "Graph", "infer", "is_stream", "reads"]

AnyTask = Task[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """Tasks, the datasets between them, and a legal order. Tasks are known by their position.

    ``producers`` maps a dataset's name to the task that returns it, ``consumers`` to the tasks
    that read it, in declaration order and each once. ``order`` has every task after its producers.
    """

    pipeline: str
    tasks: Tuple[AnyTask, ...]
    datasets: Mapping[str, Dataset]
    producers: Mapping[str, int]
    consumers: Mapping[str, Sequence[int]]
    order: Tuple[int, ...] = field(default=())

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


def infer(pipeline: str, tasks: Sequence[AnyTask], *, given: Collection[str] = ()) -> Graph:
    """The graph of a pipeline; ``given`` names datasets that are fed to the run.

    Raises the :class:`~glacier.core.errors.DefinitionError` that was found, or
    :class:`~glacier.core.errors.DefinitionErrors` for several.
    """
    if not tasks:
        raise EmptyPipeline(pipeline=pipeline)
    inference = _Inference(pipeline, tasks, frozenset(given))
    graph = inference.infer()
    problems = inference.problems
    if len(problems) > 1:
        raise DefinitionErrors(subject=f"pipeline {pipeline!r}", problems=problems)
    if problems:
        raise problems[0]
    return graph


class _Inference:
    """One inference: collects the edges, and every problem on the way."""

    def __init__(self, pipeline: str, tasks: Sequence[AnyTask], given: Collection[str]) -> None:
        self.pipeline = pipeline
        self.given = given
        self.problems: List[GlacierError] = []
        self.datasets: Dict[str, Dataset] = {}
        self.producers: Dict[str, int] = {}
        self.consumers: Dict[str, List[int]] = {}
        self.parameters: Dict[str, Tuple[Argument, AnyTask]] = {}
        self.clashes: Dict[str, DefinitionError] = {}
        self.tasks = self.readable(tasks)
        self.unread = len(self.tasks) < len(tasks)

    def readable(self, tasks: Iterable[AnyTask]) -> Tuple[AnyTask, ...]:
        """The tasks whose forward references can be resolved by now."""
        found: List[AnyTask] = []
        for task in tasks:
            try:
                _ = task.signature
            except DefinitionError as error:
                self.problems.extend(error.problems)
            else:
                found.append(task)
        return tuple(found)

    def infer(self) -> Graph:
        self.check_names()
        for position, task in enumerate(self.tasks):
            for output in task.signature.outputs:
                self.add_producer(self.canonical(output.dataset), position)
            for argument in task.signature.arguments:
                if argument.kind == ArgumentKind.PARAMETER:
                    self.add_parameter(argument, task)
            for dataset in reads(task):
                readers = self.consumers.setdefault(self.canonical(dataset), [])
                if not readers or readers[-1] != position:
                    readers.append(position)
        self.problems.extend(self.clashes.values())
        if not self.unread:  # the producer may be a task that could not be read
            self.check_sources()
        self.check_types()
        graph = Graph(self.pipeline, self.tasks, self.datasets, self.producers, self.consumers)
        return self.ordered(graph)

    def canonical(self, dataset: Dataset) -> str:
        """Register a dataset by name; a cell run again or a module reloaded brings a newer one."""
        known = self.datasets.setdefault(dataset.name, dataset)
        if known is not dataset:
            older, newer = sorted((known, dataset), key=lambda one: one.serial)
            if newer.place.replaces(older.place):
                self.datasets[dataset.name] = newer
            else:
                self.clashes[dataset.name] = DuplicateDataset(
                    name=dataset.name, first=str(older.place), second=str(newer.place)
                )
        return dataset.name

    def check_names(self) -> None:
        seen: Dict[str, AnyTask] = {}
        for task in self.tasks:
            first = seen.setdefault(task.name, task)
            if first is not task:
                self.problems.append(
                    DuplicateTask(
                        name=task.name, first=str(first.where), second=str(task.where)
                    )
                )

    def add_producer(self, dataset: str, position: int) -> None:
        first = self.producers.setdefault(dataset, position)
        if first != position:
            self.problems.append(
                DuplicateProducer(
                    dataset=dataset,
                    first=str(self.tasks[first].where),
                    second=str(self.tasks[position].where),
                )
            )

    def add_parameter(self, argument: Argument, task: AnyTask) -> None:
        first, declared_by = self.parameters.setdefault(argument.name, (argument, task))
        if (first.type, first.default) != (argument.type, argument.default):
            self.problems.append(
                ConflictingParameters(
                    name=argument.name,
                    first=str(declared_by.where),
                    first_form=_form(first),
                    second=str(task.where),
                    second_form=_form(argument),
                )
            )

    def check_sources(self) -> None:
        for name, readers in self.consumers.items():
            if name not in self.producers and name not in self.given:
                self.problems.append(
                    MissingProducer(
                        dataset=name,
                        declared=str(self.datasets[name].place),
                        consumers=[str(self.tasks[reader].where) for reader in readers],
                        produced=self.producers,
                    )
                )

    def check_types(self) -> None:
        made: Dict[str, Tuple[AnyTask, Any]] = {}
        for task in self.tasks:
            mapped = any(argument.each for argument in task.signature.arguments)
            for output in task.signature.outputs:
                if output.type is not UNKNOWN:
                    kind = List[output.type] if mapped else output.type  # type: ignore[name-defined]  # a type made at run time
                    made.setdefault(output.dataset.name, (task, kind))
        if not made:
            return
        for task in self.tasks:
            for argument in task.signature.arguments:
                if argument.dataset is not None and argument.type is not UNKNOWN:
                    self.check_type(made, argument.dataset.name, task, argument)
            if task.when is not None:
                condition = Argument("when", ArgumentKind.INPUT, type=bool)
                self.check_type(made, task.when.name, task, condition)

    def check_type(
        self,
        made: Mapping[str, Tuple[AnyTask, Any]],
        dataset: str,
        consumer: AnyTask,
        argument: Argument,
    ) -> None:
        if dataset not in made:
            return
        producer, produced = made[dataset]
        consumed = _ITERABLE[argument.type] if argument.each else _as_read(argument.type)
        if not fits(produced, consumed):
            shown = type_name(argument.type) + (" for each item" if argument.each else "")
            self.problems.append(
                IncompatibleTypes(
                    dataset=dataset,
                    producer=str(producer.where),
                    produced=type_name(produced),
                    consumer=f"{consumer.where}, {_role(argument)}",
                    consumed=shown,
                )
            )

    def ordered(self, graph: Graph) -> Graph:
        sorter: TopologicalSorter[int] = TopologicalSorter()
        for position in range(len(self.tasks)):
            sorter.add(position, *graph.predecessors(position))
        try:
            order = tuple(sorter.static_order())
        except CycleError as error:
            # The same task closes the path; each one produces what the next one reads.
            self.problems.append(CyclicPipeline(path=self.edges_of(error.args[1][:-1])))
            return graph
        return Graph(
            self.pipeline, self.tasks, self.datasets, self.producers, self.consumers, order
        )

    def edges_of(self, cycle: Sequence[int]) -> List[Tuple[str, str, str]]:
        edges: List[Tuple[str, str, str]] = []
        for index, position in enumerate(cycle):
            task, reader = self.tasks[position], self.tasks[cycle[(index + 1) % len(cycle)]]
            read = {dataset.name for dataset in reads(reader)}
            made = (output.dataset.name for output in task.signature.outputs)
            edges.append((task.name, str(task.where), next(name for name in made if name in read)))
        return edges


def _as_read(kind: Any) -> Any:
    """A consumer that asks for an iterator is given one over whatever can be iterated."""
    return _ITERABLE[get_args(kind) or Any] if is_stream(kind) else kind


def is_stream(kind: Any) -> bool:
    """Whether an annotation asks for an iterator, which every consumer gets of its own."""
    return (get_origin(kind) or kind) is collections.abc.Iterator


_ITERABLE: Any = Iterable


def _form(argument: Argument) -> str:
    default = "" if argument.default is REQUIRED else f" = {argument.default!r}"
    return f"{argument.name}: {type_name(argument.type)}{default}"


def _role(argument: Argument) -> str:
    return "when=" if argument.name == "when" and argument.dataset is None else (
        f"parameter {argument.name!r}"
    )
