"""Tasks that wait for each other, found once the order has turned out to be impossible."""

from __future__ import annotations

from typing import Collection, Dict, Iterator, List, Sequence, Set, Tuple

from glacier.core.errors import Link
from glacier.core.graph.structure import Graph, reads

__all__ = ["cycles", "links"]


def cycles(graph: Graph) -> List[List[int]]:
    """One cycle of each knot of tasks, the shortest that its first declared task is in."""
    found = [_cycle(graph, min(knot), knot) for knot in _knots(graph)]
    return sorted(cycle for cycle in found if cycle)


def links(graph: Graph, cycle: Sequence[int]) -> List[Link]:
    """The edges of a cycle: each task, and what the next one reads of it."""
    path: List[Link] = []
    for position, following in zip(cycle, [*cycle[1:], cycle[0]]):
        task, reader = graph.tasks[position], graph.tasks[following]
        read = [dataset.name for dataset in reads(reader)]
        made = {output.dataset.name for output in task.signature.outputs}
        dataset = next(name for name in read if name in made)  # the condition comes last
        decides = reader.when is not None and read.index(dataset) == len(read) - 1
        path.append(Link(task.name, str(task.where), dataset, decides))
    return path


def _knots(graph: Graph) -> Iterator[Set[int]]:
    """The strongly connected components, by Tarjan's algorithm without recursion."""
    index: Dict[int, int] = {}
    low: Dict[int, int] = {}
    open_tasks: List[int] = []
    is_open: Set[int] = set()
    for root in range(len(graph.tasks)):
        if root in index:
            continue
        pending: List[Tuple[int, Iterator[int]]] = [(root, iter(()))]
        while pending:
            task, followers = pending[-1]
            if task not in index:
                index[task] = low[task] = len(index)
                open_tasks.append(task)
                is_open.add(task)
                followers = graph.successors(task)
                pending[-1] = task, followers
            follower = next((f for f in followers if f not in index or f in is_open), None)
            if follower is None:
                pending.pop()
                if pending:
                    before = pending[-1][0]
                    low[before] = min(low[before], low[task])
                if low[task] == index[task]:
                    yield _closed(open_tasks, is_open, task)
            elif follower in index:
                low[task] = min(low[task], index[follower])
            else:
                pending.append((follower, iter(())))


def _closed(open_tasks: List[int], is_open: Set[int], first: int) -> Set[int]:
    """The tasks opened since ``first``, which are a component and are taken off."""
    knot: Set[int] = set()
    while first not in knot:
        knot.add(open_tasks.pop())
    is_open -= knot
    return knot


def _cycle(graph: Graph, start: int, within: Collection[int]) -> List[int]:
    """The shortest way from a task back to itself; empty if there is none."""
    came_from: Dict[int, int] = {}
    reached = [start]
    for task in reached:
        for follower in graph.successors(task):
            if follower == start:
                path = [task]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if follower in within and follower not in came_from:
                came_from[follower] = task
                reached.append(follower)
    return []
