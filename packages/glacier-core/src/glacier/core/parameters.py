"""Run parameters: from what a run is given to the arguments of each task."""

from __future__ import annotations

from typing import Any, Collection, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from glacier.core.annotations import REQUIRED, Argument, ArgumentKind
from glacier.core.codec import conform, type_name
from glacier.core.errors import GlacierError, MissingParameter, MistypedParameter, UnknownName
from glacier.core.graph import AnyTask, Graph

__all__ = ["Parameters", "bind"]

NONE: Mapping[str, Any] = {}


class Parameters(NamedTuple):
    """The values for each task of a graph, by position, and all that was wrong with them."""

    values: Tuple[Mapping[str, Any], ...]
    problems: Sequence[GlacierError]


def bind(graph: Graph, given: Mapping[str, Any], *, elsewhere: Collection[str] = ()) -> Parameters:
    """Give every task its parameters: ``"task.name"`` before ``"name"`` before the default.

    ``elsewhere`` are the names that tasks outside this graph know; they are passed over.
    """
    problems: List[GlacierError] = []
    declared = _declared(graph)
    if not declared and not given:
        return Parameters((NONE,) * len(graph.tasks), ())
    known = set(declared)
    known.update(f"{task.name}.{name}" for name, users in declared.items() for task, _ in users)
    for name in given:
        if name not in known and name not in elsewhere:
            where = f"params of pipeline {graph.pipeline!r}"
            problems.append(
                UnknownName(kind="run parameter", name=str(name), known=known, where=where)
            )
    missing: Dict[str, List[AnyTask]] = {}
    values = tuple([_for_task(task, given, missing, problems) for task in graph.tasks])
    for name, tasks in missing.items():
        kind = type_name(declared[name][0][1].type)
        where = [str(task.where) for task in tasks]
        problems.append(MissingParameter(name=name, type_name=kind, tasks=where))
    return Parameters(values, problems)


def parameter_names(graph: Graph) -> Collection[str]:
    """Every key that ``params`` may have for this graph."""
    declared = _declared(graph)
    single = {f"{task.name}.{name}" for name, users in declared.items() for task, _ in users}
    return single.union(declared)


def _declared(graph: Graph) -> Dict[str, List[Tuple[AnyTask, Argument]]]:
    declared: Dict[str, List[Tuple[AnyTask, Argument]]] = {}
    for task in graph.tasks:
        for argument in task.signature.arguments:
            if argument.kind == ArgumentKind.PARAMETER:
                declared.setdefault(argument.name, []).append((task, argument))
    return declared


def _for_task(
    task: AnyTask,
    given: Mapping[str, Any],
    missing: Dict[str, List[AnyTask]],
    problems: List[GlacierError],
) -> Mapping[str, Any]:
    values: Dict[str, Any] = {}
    for argument in task.signature.arguments:
        if argument.kind != ArgumentKind.PARAMETER:
            continue
        name = argument.name
        value = given.get(f"{task.name}.{name}", given.get(name, REQUIRED))
        if value is REQUIRED and argument.default is REQUIRED:
            missing.setdefault(name, []).append(task)
            continue
        if value is REQUIRED:
            values[name] = argument.default
            continue
        try:
            values[name] = conform(value, argument.type)
        except ValueError as error:
            problems.append(
                MistypedParameter(name=name, reason=f"{error}.", task=str(task.where))
            )
    return values or NONE
