"""Selections of tasks: ``clean+``, ``+report``, ``extract..report``, ``tag:nightly``."""

from __future__ import annotations

from typing import Callable, Collection, Dict, FrozenSet, Iterable, Iterator, Sequence, Set, Tuple, Union

from glacier.core.errors import AmbiguousName, InvalidSelection, UnknownName
from glacier.core.graph import Graph

__all__ = ["Selection", "select", "still_needed"]

Selection = Union[str, Iterable[str]]


def select(graph: Graph, selection: Selection) -> Tuple[int, ...]:
    """The positions of the selected tasks, in declaration order.

    A name is that of a task, or of a dataset and so of the task that produces it (of its readers,
    where none does). Several expressions add up. Raises
    :class:`~glacier.core.errors.InvalidSelection`, :class:`~glacier.core.errors.UnknownName` and
    :class:`~glacier.core.errors.AmbiguousName`.
    """
    expressions = [selection] if isinstance(selection, str) else list(selection)
    chosen: Set[int] = set()
    for expression in expressions:
        found = _one(graph, expression)
        if not found:
            raise InvalidSelection(expression=str(expression), reason="selects no task.")
        chosen |= found
    if not chosen:
        raise InvalidSelection(expression=str(selection), reason="selects no task.")
    return tuple(sorted(chosen))


def _one(graph: Graph, expression: object) -> Set[int]:
    if not isinstance(expression, str) or not expression.strip("+. "):
        raise InvalidSelection(expression=str(expression), reason="is not a selection.")
    text = expression.strip()
    if text.startswith("tag:"):
        return _tagged(graph, text[4:])
    first, between, last = text.partition("..")
    if between:
        if "+" in text or not first or not last:
            raise InvalidSelection(expression=text, reason="is not of the form 'first..last'.")
        after = _reach(_named(graph, first), graph.successors)
        return after & _reach(_named(graph, last), graph.predecessors)
    starts = _named(graph, text.strip("+"))
    found = set(starts)
    if text.startswith("+"):
        found |= _reach(starts, graph.predecessors)
    if text.endswith("+"):
        found |= _reach(starts, graph.successors)
    return found


def _reach(starts: Iterable[int], step: Callable[[int], Iterator[int]]) -> Set[int]:
    """The tasks that can be reached from ``starts``, these included."""
    seen = set(starts)
    pending = list(seen)
    while pending:
        for task in step(pending.pop()):
            if task not in seen:
                seen.add(task)
                pending.append(task)
    return seen


def _tagged(graph: Graph, tag: str) -> Set[int]:
    found = {position for position, task in enumerate(graph.tasks) if tag in task.tags}
    if not found:
        known = {known for task in graph.tasks for known in task.tags}
        raise UnknownName(kind="tag", name=tag, known=known, where=_where(graph, f"tag:{tag}"))
    return found


def _named(graph: Graph, name: str) -> FrozenSet[int]:
    kind, prefix, bare = name.partition(":")
    where = _where(graph, name)
    tasks = {task.name: position for position, task in enumerate(graph.tasks)}
    made_by = {dataset: (position,) for dataset, position in graph.producers.items()}
    datasets: Dict[str, Sequence[int]] = {**graph.consumers, **made_by}
    if prefix and kind not in ("task", "dataset"):
        raise UnknownName(kind="kind", name=kind, known=("task", "dataset", "tag"), where=where)
    as_task = tasks.get(bare if prefix else name) if kind != "dataset" or not prefix else None
    as_dataset = datasets.get(bare if prefix else name) if kind != "task" or not prefix else None
    if as_task is not None and as_dataset is not None and tuple(as_dataset) != (as_task,):
        raise AmbiguousName(name=name, where=where)
    if as_task is not None:
        return frozenset((as_task,))
    if as_dataset is not None:
        return frozenset(as_dataset)
    known = [*tasks, *datasets]
    raise UnknownName(kind="task or dataset", name=bare or name, known=known, where=where)


def _where(graph: Graph, name: str) -> str:
    return f"select={name!r} in pipeline {graph.pipeline!r}"


def still_needed(graph: Graph, given: Collection[str]) -> Tuple[int, ...]:
    """The tasks that are left to run when some datasets are given, in declaration order.

    A task is left out if all it produces is given, and so is one that only such tasks needed.
    """
    left_out: Set[int] = set()
    pending = [
        position
        for position, task in enumerate(graph.tasks)
        if task.signature.outputs
        and all(output.dataset.name in given for output in task.signature.outputs)
    ]
    while pending:
        position = pending.pop()
        if position in left_out:
            continue
        left_out.add(position)
        for producer in graph.predecessors(position):
            outputs = [output.dataset.name for output in graph.tasks[producer].signature.outputs]
            if all(
                name in given
                or (name in graph.consumers and left_out.issuperset(graph.consumers[name]))
                for name in outputs
            ):
                pending.append(producer)
    return tuple(position for position in range(len(graph.tasks)) if position not in left_out)
