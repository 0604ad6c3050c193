"""What the standard library alone takes for the same graphs: the floor that Glacier stands on."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from queue import SimpleQueue
from typing import Any, Callable, Mapping, NamedTuple

from benchmarks.graphs import Graph

Functions = Mapping[str, Callable[..., Any]]


class Tables(NamedTuple):
    """A graph as graphlib takes it."""

    sources: dict[str, tuple[str, ...]]
    functions: dict[str, Callable[..., Any]]


class Serial:
    """A loop over ``graphlib``'s order; a value is dropped after its last reader."""

    def __init__(self, graph: Graph, functions: Functions) -> None:
        self.graph = graph
        self.functions = functions
        self.expected = graph.expected

    def build(self) -> Tables:
        nodes = self.graph.nodes
        return Tables(
            {node.name: node.sources for node in nodes},
            {node.name: self.functions[node.name] for node in nodes},
        )

    def execute(self, tables: Tables, /) -> Any:
        sources, functions = tables
        readers = Counter(name for names in sources.values() for name in names)
        values: dict[str, Any] = {}
        for name in TopologicalSorter(sources).static_order():
            read = sources[name]
            values[name] = functions[name](*[values[source] for source in read])
            for source in read:
                readers[source] -= 1
                if not readers[source]:
                    del values[source]
        return values[self.graph.output]


class Threaded(Serial):
    """``graphlib`` tells what is ready, a pool of threads runs it."""

    def __init__(self, graph: Graph, functions: Functions, *, workers: int) -> None:
        super().__init__(graph, functions)
        self.workers = workers

    def execute(self, tables: Tables, /) -> Any:
        sources, functions = tables
        readers = Counter(name for names in sources.values() for name in names)
        values: dict[str, Any] = {}
        sorter: TopologicalSorter[str] = TopologicalSorter(sources)
        sorter.prepare()
        running: dict[Future[Any], str] = {}
        ended: SimpleQueue[Future[Any]] = SimpleQueue()
        with ThreadPoolExecutor(self.workers) as pool:
            while sorter.is_active():
                for name in sorter.get_ready():
                    read = [values[source] for source in sources[name]]
                    future = pool.submit(functions[name], *read)
                    running[future] = name
                    future.add_done_callback(ended.put)
                future = ended.get()
                name = running.pop(future)
                values[name] = future.result()
                sorter.done(name)
                for source in sources[name]:
                    readers[source] -= 1
                    if not readers[source]:
                        del values[source]
        return values[self.graph.output]


class Compiled(Serial):
    """Order, arguments and releases worked out in ``build``: the least that a plan costs."""

    def build(self) -> Any:
        sources, functions = super().build()
        order = tuple(TopologicalSorter(sources).static_order())
        slots = {name: slot for slot, name in enumerate(order)}
        last = {slots[source]: slot for slot, name in enumerate(order) for source in sources[name]}
        drops: list[list[int]] = [[] for _ in order]
        for slot, reader in last.items():
            drops[reader].append(slot)
        return [
            (functions[name], [slots[source] for source in sources[name]], drops[slots[name]])
            for name in order
        ], slots[self.graph.output]

    def execute(self, plan: Any, /) -> Any:
        steps, output = plan
        values: list[Any] = [None] * len(steps)
        for slot, (function, read, drops) in enumerate(steps):
            values[slot] = function(*[values[source] for source in read])
            for source in drops:
                values[source] = None
        return values[output]
