"""From a pipeline and a request to a launch: everything is checked here, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, cast

from glacier.core.contracts import Launch
from glacier.core.dataset import dataset_in
from glacier.core.errors import (
    GlacierError,
    InvalidRequest,
    MissingInput,
    RequestErrors,
    UnknownName,
)
from glacier.core.graph import AnyTask, Graph, infer
from glacier.core.parameters import bind, parameter_names
from glacier.core.plan import Plan, make_plan
from glacier.core.select import still_needed

if TYPE_CHECKING:
    from glacier.core.contracts import Inputs, Keep

__all__ = ["Declared", "launch", "selected"]


class Declared(NamedTuple):
    """A pipeline's graph, and of a selection the graph of the whole that it is part of."""

    graph: Graph
    whole: Graph


def selected(tasks: Iterable[AnyTask], whole: Graph) -> Graph:
    """The graph of some of a pipeline's tasks; what the others produce may be missing from it."""
    chosen = tuple(tasks)
    if not chosen:
        return Graph(whole.pipeline, (), {}, {}, {}, ())
    return infer(whole.pipeline, chosen, given=whole.datasets)


def launch(
    declared: Declared,
    *,
    params: Mapping[str, Any],
    inputs: Inputs,
    keep: Keep,
    plan: Optional[Plan] = None,
) -> Launch:
    """The launch of a graph; ``plan`` is its plan where that is already known.

    All inputs are part of the run, those that no task reads too: a run that goes on from another
    one has its results. Raises :class:`~glacier.core.errors.RequestError`, or
    :class:`~glacier.core.errors.RequestErrors` for several problems.
    """
    graph, whole = declared
    request = _Request(whole)
    values, named, told = request.inputs(inputs), request.keep(keep), request.params(params)
    if values:
        needed = still_needed(graph, values)
        graph = selected([graph.tasks[position] for position in needed], whole)
    request.check_sources(graph, values)
    parameters = bind(graph, told, elsewhere=parameter_names(whole) if told else ())
    request.report(parameters.problems)
    kept = [name for name in (graph.datasets if keep is True else named) if name in graph.datasets]
    if plan is None or values or kept:
        plan = make_plan(graph, given=tuple(values), keep=kept)
    return Launch(
        plan,
        tuple([graph.tasks[position].function for position in graph.order]),
        tuple([parameters.values[position] for position in graph.order]),
        values,
        kept,
        whole,
    )


class _Request:
    """What a run is asked for, and everything that is wrong with that."""

    def __init__(self, whole: Graph) -> None:
        self.whole = whole
        self.problems: List[GlacierError] = []

    def params(self, given: object) -> Mapping[str, Any]:
        return self.mapping("params", given, "name to value: params={'day': …}")

    def inputs(self, given: object) -> Mapping[str, Any]:
        """The given values by name."""
        values: Dict[str, Any] = {}
        for key, value in self.mapping(
            "inputs", given, "dataset to value: inputs={raw: …}"
        ).items():
            name = self.dataset("inputs", key)
            if name in values:
                reason, mend = f"gives {name!r} twice", "Give it by name or as a dataset, not both."
                self.problems.append(InvalidRequest(option="inputs", reason=reason, mend=mend))
            values[name] = value
        return values

    def keep(self, given: object) -> List[str]:
        """The names of what is to be kept; empty if it is all or nothing."""
        if isinstance(given, str) or dataset_in(given) is not None:
            given = (given,)
        if isinstance(given, Iterable):
            return [self.dataset("keep", one) for one in cast("Iterable[object]", given)]
        if given is not None and not isinstance(given, bool):
            reason, mend = f"is {given!r}", "Give the datasets to keep, or True for all."
            self.problems.append(InvalidRequest(option="keep", reason=reason, mend=mend))
        return []

    def mapping(self, option: str, given: object, form: str) -> Mapping[Any, Any]:
        if isinstance(given, Mapping):
            return cast("Mapping[str, Any]", given)
        reason, mend = f"is a {type(given).__name__}", f"Give a mapping from {form}."
        self.problems.append(InvalidRequest(option=option, reason=reason, mend=mend))
        return {}

    def dataset(self, option: str, given: object) -> str:
        """The name of a dataset of the pipeline."""
        named = dataset_in(given) or given
        name = named if isinstance(named, str) else str(getattr(named, "name", named))
        is_task = getattr(given, "__glacier__", None) == "task"
        if is_task or name not in self.whole.datasets:
            mend = "That is a task: name the dataset that it produces." if is_task else ""
            where = f"{option} of pipeline {self.whole.pipeline!r}"
            known = self.whole.datasets
            self.problems.append(
                UnknownName(kind="dataset", name=name, known=known, where=where, mend=mend)
            )
        return name

    def check_sources(self, graph: Graph, values: Mapping[str, Any]) -> None:
        """Find what is read, and produced by a task that was not selected."""
        whole = self.whole
        for name in graph.sources:
            is_stored = whole.datasets[name].storage is not None
            if name in whole.producers and name not in values and not is_stored:
                consumers = [graph.tasks[reader].name for reader in graph.consumers[name]]
                producer = str(whole.tasks[whole.producers[name]].where)
                self.problems.append(
                    MissingInput(dataset=name, producer=producer, consumers=consumers)
                )

    def report(self, more: Iterable[GlacierError]) -> None:
        """Raise what was found, if anything."""
        problems = [*self.problems, *more]
        if len(problems) > 1:
            subject = f"the run of pipeline {self.whole.pipeline!r}"
            raise RequestErrors(subject=subject, problems=problems)
        if problems:
            raise problems[0]
