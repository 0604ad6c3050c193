"""Run parameters: from what a run is given to the arguments of each task."""

from __future__ import annotations

from typing import Any, Collection, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from glacier.core.annotations import REQUIRED, Argument, ArgumentKind
from glacier.core.codec import conform, parse, type_name
from glacier.core.errors import GlacierError, MissingParameter, MistypedParameter, UnknownName
from glacier.core.graph import AnyTask, Graph

__all__ = ["Parameters", "bind", "parameter_names", "parse_texts"]

_NONE: Mapping[str, Any] = {}


class Parameters(NamedTuple):
    """The values for each task of a graph, by position, and all that was wrong with them."""

    values: Tuple[Mapping[str, Any], ...]
    problems: Sequence[GlacierError]


def bind(graph: Graph, given: Mapping[str, Any], *, elsewhere: Collection[str] = ()) -> Parameters:
    """Give every task its parameters: ``"task.name"`` before ``"name"`` before the default.

    ``elsewhere`` are the names that tasks outside this graph know; they are passed over.
    """
    if not given and not any(_parameters(task) for task in graph.tasks):
        return Parameters((_NONE,) * len(graph.tasks), ())
    known = parameter_names(graph)
    strange = [name for name in given if name not in known and name not in elsewhere]
    binder = _Binder(given)
    values = tuple([binder.bind(task) for task in graph.tasks])
    problems = [_unknown(graph, str(name), known) for name in strange]
    return Parameters(values, (*problems, *binder.problems()))


def parameter_names(graph: Graph) -> Collection[str]:
    """Every key that ``params`` may have for this graph."""
    declared = [(task.name, one.name) for task in graph.tasks for one in _parameters(task)]
    return {name for _, name in declared}.union(f"{task}.{name}" for task, name in declared)


def parse_texts(graph: Graph, texts: Mapping[str, str]) -> Dict[str, Any]:
    """Run parameters as a command line has them, read by the types that the tasks declare.

    A text that is no value of its type stays as it is, so that :func:`bind` reports it together
    with everything else.
    """
    kinds: Dict[str, object] = {}
    for task in graph.tasks:
        for one in _parameters(task):
            kinds[one.name] = kinds[f"{task.name}.{one.name}"] = one.type
    values: Dict[str, Any] = {}
    for name, text in texts.items():
        try:
            values[name] = parse(text, kinds.get(name, str))
        except ValueError:
            values[name] = text
    return values


def _parameters(task: AnyTask) -> List[Argument]:
    return [one for one in task.signature.arguments if one.kind == ArgumentKind.PARAMETER]


def _unknown(graph: Graph, name: str, known: Collection[str]) -> UnknownName:
    where, mend = f"params of pipeline {graph.pipeline!r}", ""
    owner, _, parameter = name.rpartition(".")
    if any(task.name == owner for task in graph.tasks):
        where, name = f"params of task {owner!r} in pipeline {graph.pipeline!r}", parameter
        known = [key.rpartition(".")[2] for key in known if key.rpartition(".")[0] == owner]
    elif not owner:
        known = [key for key in known if "." not in key]
        if name in graph.datasets:
            mend = f"{name!r} is a dataset: feed it with inputs={{{name!r}: …}}."
    return UnknownName(kind="run parameter", name=name, known=known, where=where, mend=mend)


class _Binder:
    """Fills in the parameters of one task after the other, and remembers what it could not."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.missing: Dict[Tuple[str, str], List[str]] = {}
        self.mistyped: Dict[Tuple[str, str, str], List[str]] = {}

    def bind(self, task: AnyTask) -> Mapping[str, Any]:
        values: Dict[str, Any] = {}
        for name, kind, default in [(one.name, one.type, one.default) for one in _parameters(task)]:
            key = f"{task.name}.{name}"
            key = key if key in self.given else name
            if key in self.given:
                try:
                    values[name] = conform(self.given[key], kind)
                except ValueError as error:
                    fault = key, str(error), type_name(kind)
                    self.mistyped.setdefault(fault, []).append(str(task.where))
            elif default is REQUIRED:
                self.missing.setdefault((name, type_name(kind)), []).append(str(task.where))
            else:
                values[name] = default
        return values or _NONE

    def problems(self) -> Iterator[GlacierError]:
        for (key, reason, kind), tasks in self.mistyped.items():
            yield MistypedParameter(key=key, reason=reason, type_name=kind, tasks=tasks)
        for (name, kind), tasks in self.missing.items():
            yield MissingParameter(name=name, type_name=kind, tasks=tasks)
