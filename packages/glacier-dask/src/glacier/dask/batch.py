"""Dask tasks that are sent to the scheduler in one message, as one graph."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from glacier.dask.engine import Client, Future, annotate

__all__ = ["Batch"]


class Batch:
    """Gathers tasks, which may take the results of each other by their keys.

    Keys end in 32 hexadecimal digits, which Dask leaves out of the names that it shows: tasks are
    grouped by the name of their step.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._run = uuid4().hex[:20]
        self._count = 0
        self._graph: dict[str, Any] = {}
        self._priorities: dict[str, float] = {}
        self._resources: dict[str, Mapping[str, float]] = {}
        self._futures: dict[str, Future] = {}

    def add(
        self,
        name: str,
        *task: Any,
        priority: float = 0.0,
        resources: Mapping[str, float] | None = None,
    ) -> str:
        """Add a task, a function and its arguments; returns its key.

        An argument that is a key stands for the result of that task.
        """
        self._count += 1
        key = f"{name}-{self._run}{self._count:012x}"
        self._graph[key] = tuple(map(self._argument, task))
        self._priorities[key] = priority
        if resources:
            self._resources[key] = resources
        return key

    def _argument(self, argument: Any) -> Any:
        """Dask knows keys within a graph, and futures from outside."""
        if isinstance(argument, str) and argument not in self._graph:
            return self._futures[argument]
        return argument

    def send(self) -> None:
        """Send all that was added since the last time."""
        if not self._graph:
            return
        graph, self._graph = self._graph, {}
        annotations: dict[str, Any] = {"priority": self._priorities.__getitem__}
        if self._resources:
            nothing: Mapping[str, float] = {}
            wanted = {**dict.fromkeys(graph, nothing), **self._resources}
            annotations["resources"] = wanted.__getitem__
        with warnings.catch_warnings(), annotate(**annotations):
            warnings.filterwarnings("ignore", message="Sending large graph")
            futures = self._client.get(graph, list(graph), sync=False)
        self._futures.update(zip(graph, futures, strict=False))
        self._priorities, self._resources = {}, {}

    def future(self, key: str) -> Future:
        """The future of a task, also of one that is still to be sent."""
        if key in self._graph:
            self.send()
        return self._futures[key]

    def forget(self, key: str) -> None:
        """Let Dask drop a result, once nobody else wants it."""
        self._futures.pop(key, None)

    def futures(self) -> Mapping[str, Future]:
        """All that were sent and not forgotten."""
        return self._futures
