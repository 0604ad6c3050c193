"""From a pipeline and a request to a launch: everything is checked here, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from glacier.core.contracts import Launch
from glacier.core.dataset import Dataset
from glacier.core.errors import GlacierError, MissingInput, RequestErrors, UnknownName
from glacier.core.graph import AnyTask, Graph, infer
from glacier.core.parameters import bind, parameter_names
from glacier.core.plan import Plan, make_plan
from glacier.core.select import still_needed

if TYPE_CHECKING:
    from glacier.core.contracts import Inputs, Keep

__all__ = ["Declared", "launch"]


class Declared(NamedTuple):
    """A pipeline's graph, and of a selection the graph of the whole that it is part of."""

    graph: Graph
    whole: Graph

    @property
    def left_out(self) -> Dict[str, AnyTask]:
        """The datasets that are read here, and their producers, which were not selected."""
        return {
            name: self.whole.tasks[self.whole.producers[name]]
            for name in self.graph.sources
            if name in self.whole.producers
        }


def launch(
    declared: Declared,
    *,
    params: Mapping[str, Any],
    inputs: Inputs,
    keep: Keep,
    plan: Optional[Plan] = None,
) -> Launch:
    """The launch of a graph; ``plan`` is its plan where that is already known.

    Raises :class:`~glacier.core.errors.RequestError`, or
    :class:`~glacier.core.errors.RequestErrors` for several problems.
    """
    graph, whole = declared
    problems: List[GlacierError] = []
    values = {_name(dataset): value for dataset, value in inputs.items()}
    problems += _unknown("inputs", values, whole)
    if values:
        needed = still_needed(graph, values)
        tasks = [graph.tasks[position] for position in needed]
        graph = infer(graph.pipeline, tasks, given=graph.datasets) if tasks else graph
        values = {name: values[name] for name in values if name in graph.datasets}
    kept = list(graph.datasets) if keep is True else [_name(one) for one in keep or ()]
    problems += _unknown("keep", kept, whole)
    kept = [name for name in kept if name in graph.datasets]
    problems += _missing(Declared(graph, whole), values)
    parameters = bind(graph, params, elsewhere=parameter_names(whole) if params else ())
    problems += parameters.problems
    if problems:
        raise problems[0] if len(problems) == 1 else RequestErrors(
            subject=f"the run of pipeline {graph.pipeline!r}", problems=problems
        )
    if plan is None or values or kept:
        plan = make_plan(graph, given=tuple(values), keep=kept)
    return Launch(
        plan,
        tuple([graph.tasks[position].function for position in graph.order]),
        tuple([parameters.values[position] for position in graph.order]),
        values,
        kept,
    )


def _name(dataset: Union[str, Dataset]) -> str:
    return dataset.name if isinstance(dataset, Dataset) else dataset


def _unknown(option: str, names: Iterable[str], whole: Graph) -> List[GlacierError]:
    where = f"{option} of pipeline {whole.pipeline!r}"
    return [
        UnknownName(kind="dataset", name=str(name), known=whole.datasets, where=where)
        for name in names
        if name not in whole.datasets
    ]


def _missing(declared: Declared, values: Mapping[str, Any]) -> List[GlacierError]:
    graph, left_out = declared.graph, declared.left_out
    return [
        MissingInput(
            dataset=name,
            producer=str(producer.where),
            consumers=[graph.tasks[reader].name for reader in graph.consumers[name]],
        )
        for name, producer in left_out.items()
        if name not in values
    ]


def selected(tasks: Iterable[AnyTask], whole: Graph) -> Graph:
    """The graph of some of a pipeline's tasks; what the others produce may be missing from it."""
    chosen: Tuple[AnyTask, ...] = tuple(tasks)
    return infer(whole.pipeline, chosen, given=whole.datasets)
