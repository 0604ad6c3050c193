"""Selections of tasks: ``clean+``, ``+report``, ``extract..report``, ``tag:nightly``."""

from __future__ import annotations

from typing import (
    Callable,
    Collection,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Sequence,
    Set,
    Tuple,
    Union,
)

from glacier.core.errors import AmbiguousName, InvalidSelection, UnknownName
from glacier.core.graph import Graph, reads

__all__ = ["Selection", "select", "still_needed"]

Selection = Union[str, Iterable[str]]


def select(graph: Graph, selection: Selection) -> Tuple[int, ...]:
    """The positions of the selected tasks, in declaration order.

    A name is that of a task, or of a dataset and so of the task that produces it (of its readers,
    where none does). Several expressions add up. Raises
    :class:`~glacier.core.errors.InvalidSelection`, :class:`~glacier.core.errors.UnknownName` and
    :class:`~glacier.core.errors.AmbiguousName`.
    """
    if not hasattr(selection, "__iter__"):
        raise _not_text(selection)
    expressions: List[str] = [selection] if isinstance(selection, str) else list(selection)
    if not expressions:
        raise InvalidSelection(expression=expressions, reason="selects no task")
    names = _Names(graph)
    chosen: Set[int] = set()
    for expression in expressions:
        chosen |= _one(names, expression)
    return tuple(sorted(chosen))


def _one(names: _Names, expression: object) -> Set[int]:
    if not isinstance(expression, str):
        raise _not_text(expression)
    text = expression.strip()
    if len(text.replace(",", " ").split()) > 1 and ".." not in text:
        parts = text.replace(",", " ").split()
        mend = f"Several expressions go in a list: select={parts!r}."
        raise InvalidSelection(expression=expression, reason="is more than one", mend=mend)
    first, between, last = text.partition("..")
    if between:
        return _between(names, expression, first.strip(), last.strip())
    name = text[text.startswith("+") : len(text) - text.endswith("+")]
    if not name or "+" in name:
        raise InvalidSelection(expression=expression, reason="is not a selection")
    starts = names.find(name, expression)
    found = set(starts)
    if text.startswith("+"):
        found |= _reach(starts, names.graph.predecessors)
    if text.endswith("+"):
        found |= _reach(starts, names.graph.successors)
    return found


def _between(names: _Names, expression: str, first: str, last: str) -> Set[int]:
    """The tasks on the ways from one to another, these included."""
    if not first or not last or "+" in expression:
        reason = "is not of the form 'first..last'"
        raise InvalidSelection(expression=expression, reason=reason)
    starts, ends = names.find(first, expression), names.find(last, expression)
    graph = names.graph
    found = _reach(starts, graph.successors) & _reach(ends, graph.predecessors)
    if found:
        return found
    mend = f"No way leads from {first!r} to {last!r}."
    if _reach(ends, graph.successors) & _reach(starts, graph.predecessors):
        mend = f"The data flows the other way: write '{last}..{first}'."
    raise InvalidSelection(expression=expression, reason="selects no task", mend=mend)


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


class _Names:
    """What the names in a selection stand for; made once for all its expressions."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        tags: Dict[str, List[int]] = {}
        for position, task in enumerate(graph.tasks):
            for tag in task.tags:
                tags.setdefault(tag, []).append(position)
        made = {dataset: (position,) for dataset, position in graph.producers.items()}
        self.kinds: Mapping[str, Mapping[str, Sequence[int]]] = {
            "dataset": {**graph.consumers, **made},
            "tag": tags,
            "task": {task.name: (position,) for position, task in enumerate(graph.tasks)},
        }

    def find(self, name: str, expression: str) -> Sequence[int]:
        """The tasks that a name stands for, with a prefix that says what it is or without."""
        where = f"select={expression!r} in pipeline {self.graph.pipeline!r}"
        kind, prefix, bare = name.partition(":")
        if not prefix:
            return self.task_or_dataset(name, where)
        if kind not in self.kinds:
            known = [f"{known}:" for known in self.kinds]
            raise UnknownName(kind="prefix", name=f"{kind}:", known=known, where=where)
        if bare not in self.kinds[kind]:
            raise UnknownName(kind=kind, name=bare, known=self.kinds[kind], where=where)
        return self.kinds[kind][bare]

    def task_or_dataset(self, name: str, where: str) -> Sequence[int]:
        tasks, datasets = self.kinds["task"], self.kinds["dataset"]
        if name in tasks and name in datasets and tuple(datasets[name]) != tasks[name]:
            raise AmbiguousName(name=name, where=where)
        if name not in tasks and name not in datasets:
            known = [*tasks, *datasets]
            raise UnknownName(kind="task or dataset", name=name, known=known, where=where)
        return tasks[name] if name in tasks else datasets[name]


def _not_text(expression: object) -> InvalidSelection:
    name = getattr(expression, "name", None)
    mend = f"Select by name: select={name!r}." if isinstance(name, str) else ""
    return InvalidSelection(expression=expression, reason="is not a selection", mend=mend)


def still_needed(graph: Graph, given: Collection[str]) -> Tuple[int, ...]:
    """The tasks that are left to run when some datasets are given, in declaration order.

    A task is left out if all it produces is given, and so is one that only such tasks needed.
    """
    unread = {name: len(readers) for name, readers in graph.consumers.items()}
    wanted = [
        sum(output.dataset.name not in given for output in task.signature.outputs)
        for task in graph.tasks
    ]
    pending = [
        position
        for position, task in enumerate(graph.tasks)
        if task.signature.outputs and not wanted[position]
    ]
    left_out: Set[int] = set()
    while pending:
        position = pending.pop()
        left_out.add(position)
        for name in {dataset.name for dataset in reads(graph.tasks[position])}:
            unread[name] -= 1
            if not unread[name] and name not in given and name in graph.producers:
                producer = graph.producers[name]
                wanted[producer] -= 1
                if not wanted[producer]:
                    pending.append(producer)
    return tuple(position for position in range(len(graph.tasks)) if position not in left_out)
