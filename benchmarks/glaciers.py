"""Glacier as it is used: datasets, decorated functions, an executor."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from benchmarks.graphs import Graph, parameters
from benchmarks.sources import Source
from glacier.core import Dataset, Event, Pipeline
from glacier.local import LocalExecutor

Listener = Callable[[Event], object]


def declare(source: Source) -> Pipeline:
    """The datasets and tasks of a generated module."""
    names, functions = vars(source.module), source.functions
    pipeline = Pipeline(name="bench")
    for node in source.graph.nodes:
        names[node.name] = Dataset(node.name)
    for node in source.graph.nodes:
        pipeline.task()(functions[node.name])
    return pipeline


def declare_closures(graph: Graph, functions: Mapping[str, Callable[..., Any]]) -> Pipeline:
    """The datasets and tasks of functions that were made in a loop."""
    pipeline = Pipeline(name="bench")
    datasets = {node.name: Dataset(node.name) for node in graph.nodes}
    for node in graph.nodes:
        function = functions[node.name]
        annotations = function.__annotations__
        for parameter, read in zip(parameters(node), node.sources):
            annotations[parameter] = datasets[read]
        annotations["return"] = datasets[node.name]
        pipeline.task(name=node.name)(function)
    return pipeline


class Local:
    """One pipeline on a ``LocalExecutor``: declared, inferred and planned, then run for the first
    time."""

    def __init__(
        self, source: Source, *, workers: int | None = None, listeners: Iterable[Listener] = ()
    ) -> None:
        self.source = source
        self.executor = LocalExecutor(workers=workers, history=False)
        self.listeners = tuple(listeners)
        self.expected = source.graph.expected

    def build(self) -> Pipeline:
        pipeline = declare(self.source)
        pipeline.plan()
        return pipeline

    def execute(self, pipeline: Pipeline, /) -> Any:
        run = self.executor.execute(pipeline, listeners=self.listeners)
        return run[self.source.graph.output]
