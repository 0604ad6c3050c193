"""Inferring the graph: one pass over the tasks, and every problem reported together."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Collection, Dict, Iterator, List, Sequence, Tuple

from glacier.core.annotations import ArgumentKind
from glacier.core.dataset import Dataset
from glacier.core.errors import (
    CyclicPipeline,
    DefinitionError,
    DefinitionErrors,
    DuplicateDataset,
    DuplicateProducer,
    DuplicateTask,
    EmptyPipeline,
    ExternalProduced,
    GlacierError,
    InvalidOption,
    MissingProducer,
)
from glacier.core.graph.agreement import Declaration, parameter_conflicts, type_conflicts
from glacier.core.graph.cycles import cycles, links
from glacier.core.graph.structure import AnyTask, Graph
from glacier.core.resources import External

__all__ = ["infer"]

_COMPARISONS = 20_000
"""How many names are compared for guesses: each missing dataset with every one that there is."""


def infer(pipeline: str, tasks: Sequence[AnyTask], *, given: Collection[str] = ()) -> Graph:
    """The graph of a pipeline; ``given`` names datasets that are fed to the run.

    Raises the :class:`~glacier.core.errors.DefinitionError` that was found, or
    :class:`~glacier.core.errors.DefinitionErrors` for several.
    """
    if not tasks:
        raise EmptyPipeline(pipeline=pipeline)
    inference = _Inference(pipeline, tasks, frozenset(given))
    graph = inference.graph()
    problems = [*inference.unresolved, *inference.problems(graph)]
    if len(problems) > 1:
        raise DefinitionErrors(subject=f"pipeline {pipeline!r}", problems=problems)
    if problems:
        raise problems[0]
    return graph


class _Inference:
    """One inference: the edges, and what was noticed on the way."""

    def __init__(self, pipeline: str, tasks: Sequence[AnyTask], given: Collection[str]) -> None:
        self.pipeline = pipeline
        self.given = given
        self.unresolved: List[GlacierError] = []
        self.tasks = self.readable(tasks)
        self.datasets: Dict[str, Dataset] = {}
        self.producers: Dict[str, int] = {}
        self.consumers: Dict[str, List[int]] = {}
        self.parameters: Dict[str, List[Declaration]] = {}
        self.alike: Dict[str, Dict[Dataset, None]] = {}
        self.rivals: Dict[str, List[int]] = {}

    def readable(self, tasks: Sequence[AnyTask]) -> Tuple[AnyTask, ...]:
        """The tasks whose forward references can be resolved by now."""
        found: List[AnyTask] = []
        for task in tasks:
            try:
                _ = task.signature
            except DefinitionError as error:
                self.unresolved.extend(error.problems)
            else:
                found.append(task)
        return tuple(found)

    def graph(self) -> Graph:
        """The graph, without an order if its tasks wait for each other."""
        for position, task in enumerate(self.tasks):
            signature = task.signature
            for output in signature.outputs:
                self.add_producer(output.dataset, position)
            for argument in signature.arguments:
                if argument.dataset is not None:
                    self.add_consumer(argument.dataset, position)
                elif argument.kind == ArgumentKind.PARAMETER:
                    declared = self.parameters.setdefault(argument.name, [])
                    declared.append(Declaration(argument, task))
            if task.when is not None:
                self.add_consumer(task.when, position)
        edges = self.tasks, self.datasets, self.producers, self.consumers
        return Graph(self.pipeline, *edges, order=self.order())

    def add_producer(self, dataset: Dataset, position: int) -> None:
        name = dataset.name
        if self.datasets.setdefault(name, dataset) is not dataset:
            self.reconcile(dataset)
        first = self.producers.setdefault(name, position)
        if first != position:
            self.rivals.setdefault(name, [first]).append(position)

    def add_consumer(self, dataset: Dataset, position: int) -> None:
        name = dataset.name
        if self.datasets.setdefault(name, dataset) is not dataset:
            self.reconcile(dataset)
        readers = self.consumers.setdefault(name, [])
        if not readers or readers[-1] != position:
            readers.append(position)

    def reconcile(self, dataset: Dataset) -> None:
        """Take the newer of two datasets alike, if it is the older one declared again."""
        known = self.datasets[dataset.name]
        older, newer = sorted((known, dataset), key=lambda one: one.serial)
        if newer.place.replaces(older.place):
            self.datasets[dataset.name] = newer
        else:
            self.alike.setdefault(dataset.name, {}).update({older: None, newer: None})

    def order(self) -> Tuple[int, ...]:
        """The order of declaration if it is legal, else another; empty if there is none."""
        producers, positions = self.producers, range(len(self.tasks))
        if all(producers.get(name, -1) < readers[0] for name, readers in self.consumers.items()):
            return tuple(positions)
        sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(positions, ()))
        for name, readers in self.consumers.items():
            if name in producers:
                for reader in readers:
                    sorter.add(reader, producers[name])
        try:
            return tuple(sorter.static_order())
        except CycleError:
            return ()

    def problems(self, graph: Graph) -> Iterator[GlacierError]:
        yield from self.tasks_alike()
        yield from self.groups_named_as_tasks()
        for name, datasets in self.alike.items():
            yield DuplicateDataset(name=name, places=[str(dataset.place) for dataset in datasets])
        for name, positions in self.rivals.items():
            yield self.rivalry(name, [self.tasks[position] for position in positions])
        if not self.unresolved:  # the producer may be a task that could not be read
            yield from self.missing_producers()
        yield from self.producers_of_external()
        yield from type_conflicts(self.tasks)
        yield from parameter_conflicts(self.parameters)
        if len(graph.order) < len(graph.tasks):
            for cycle in cycles(graph):
                yield CyclicPipeline(path=links(graph, cycle))

    def tasks_alike(self) -> Iterator[DefinitionError]:
        if len({task.name for task in self.tasks}) == len(self.tasks):
            return
        named: Dict[str, List[AnyTask]] = {}
        for task in self.tasks:
            named.setdefault(task.name, []).append(task)
        for name, tasks in named.items():
            if len(tasks) > 1:
                places = [str(task.place) for task in tasks]
                yield DuplicateTask(name=name, places=places, left_over=_left_over(tasks))

    def groups_named_as_tasks(self) -> Iterator[DefinitionError]:
        """A task that would be one with a task that is not in its group."""
        grouped = [task for task in self.tasks if task.group is not None]
        if grouped:
            named = {task.name: task for task in self.tasks if task.group != task.name}
            for task in grouped:
                other = named.get(task.group or "")
                if other is not None:
                    mend = f"{other.where} has this name and is not in the group: give it another."
                    where, group = str(task.where), task.group
                    yield InvalidOption(where=where, option="group", found=group, mend=mend)

    def rivalry(self, dataset: str, tasks: Sequence[AnyTask]) -> DefinitionError:
        return DuplicateProducer(
            dataset=dataset,
            producers=[str(task.where) for task in tasks],
            left_over=_left_over(tasks),
        )

    def missing_producers(self) -> Iterator[DefinitionError]:
        stray = [name for name in self.given if name not in self.datasets]
        missing = [
            name
            for name in self.consumers
            if name not in self.producers
            and name not in self.given
            and self.datasets[name].storage is None
        ]
        guesses = max(1, _COMPARISONS // max(1, len(self.producers)))
        for number, name in enumerate(missing):
            yield MissingProducer(
                dataset=name,
                declared=str(self.datasets[name].place),
                consumers=[str(self.tasks[reader].where) for reader in self.consumers[name]],
                produced=self.producers if number < guesses else (),
                stray=stray if number < guesses else (),
            )

    def producers_of_external(self) -> Iterator[DefinitionError]:
        for name, position in self.producers.items():
            storage = self.datasets[name].keeping.storage
            if storage is not None and isinstance(storage, External):
                producer = str(self.tasks[position].where)
                yield ExternalProduced(dataset=name, producer=producer, storage=storage)


def _left_over(tasks: Sequence[AnyTask]) -> bool:
    return any(task.place.replaces(tasks[0].place) for task in tasks)
