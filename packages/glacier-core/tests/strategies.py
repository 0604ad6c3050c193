"""Random names and pipelines for the tests, and the pipelines that they describe."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set, Tuple

from hypothesis import strategies as st

from glacier.core import Dataset, Pipeline, Task

__all__ = [
    "Blueprint",
    "Node",
    "blueprints",
    "build",
    "chain",
    "cyclic_blueprints",
    "declare",
    "fan_in",
    "fan_out",
    "names",
]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."


class Node(NamedTuple):
    """One task: the datasets that it reads, that it produces, and that decides whether it runs."""

    name: str
    reads: Tuple[str, ...] = ()
    makes: Tuple[str, ...] = ()
    when: Optional[str] = None
    tags: Tuple[str, ...] = ()

    @property
    def needs(self) -> Set[str]:
        """All datasets that it waits for."""
        return {*self.reads, *([] if self.when is None else [self.when])}


class Blueprint(NamedTuple):
    """A pipeline as plain data, its tasks in the order in which they are declared."""

    nodes: Tuple[Node, ...]

    @property
    def makers(self) -> Dict[str, str]:
        """The task that produces each dataset."""
        return {dataset: node.name for node in self.nodes for dataset in node.makes}

    @property
    def edges(self) -> Set[Tuple[str, str]]:
        """Which task comes before which, by name."""
        makers = self.makers
        return {
            (makers[dataset], node.name)
            for node in self.nodes
            for dataset in node.needs
            if dataset in makers
        }

    @property
    def sources(self) -> FrozenSet[str]:
        """The datasets that are read but not produced."""
        needed = {dataset for node in self.nodes for dataset in node.needs}
        return frozenset(needed.difference(self.makers))


def names() -> st.SearchStrategy[str]:
    """Every name that is allowed."""
    return st.text(LETTERS, min_size=1, max_size=128).filter(lambda n: n != "." and ".." not in n)


@st.composite
def blueprints(draw: st.DrawFn, *, sources: bool = True, largest: int = 10) -> Blueprint:
    """A pipeline without cycles: several outputs, shared inputs, conditions, any order."""
    nodes: List[Node] = []
    known: List[str] = ["s0", "s1"] if sources else []
    for number in range(draw(st.integers(1, largest))):
        some = st.sampled_from(known) if known else st.nothing()
        reads = tuple(draw(st.lists(some, max_size=3 if known else 0)))
        when = draw(st.none() | some) if known else None
        makes = tuple(f"d{number}{letter}" for letter in draw(st.sampled_from(["", "a", "ab"])))
        tags = tuple(draw(st.lists(st.sampled_from(["x", "y"]), max_size=1)))
        nodes.append(Node(f"t{number}", reads, makes, when, tags))
        known.extend(makes)
    return Blueprint(tuple(draw(st.permutations(nodes))))


@st.composite
def cyclic_blueprints(draw: st.DrawFn) -> Blueprint:
    """A pipeline in which one task waits, by a new dataset, for what it is needed for."""
    nodes = list(draw(blueprints()).nodes)
    makers = Blueprint(tuple(nodes)).makers
    last = first = draw(st.integers(0, len(nodes) - 1))
    for _ in range(draw(st.integers(0, 4))):  # walk upstream from the last to the first of them
        above = sorted({makers[dataset] for dataset in nodes[first].needs if dataset in makers})
        if above:
            name = draw(st.sampled_from(above))
            first = next(index for index, node in enumerate(nodes) if node.name == name)
    nodes[last] = nodes[last]._replace(makes=(*nodes[last].makes, "back"))
    if nodes[first].when is None and draw(st.booleans()):
        nodes[first] = nodes[first]._replace(when="back")
    else:
        nodes[first] = nodes[first]._replace(reads=(*nodes[first].reads, "back"))
    return Blueprint(tuple(nodes))


def build(blueprint: Blueprint, *, name: str = "random") -> Pipeline:
    """The pipeline that a blueprint describes; a task returns its own name for every output."""
    pipeline = Pipeline(name)
    datasets: Dict[str, Dataset] = {}
    for node in blueprint.nodes:
        for dataset in (*node.reads, *node.makes, *([] if node.when is None else [node.when])):
            datasets.setdefault(dataset, Dataset(dataset))
    for node in blueprint.nodes:
        declare(
            pipeline,
            node.name,
            [datasets[dataset] for dataset in node.reads],
            [datasets[dataset] for dataset in node.makes],
            when=None if node.when is None else datasets[node.when],
            tags=node.tags,
        )
    return pipeline


def declare(
    pipeline: Pipeline,
    name: str,
    reads: Sequence[Any],
    makes: Sequence[Any],
    *,
    when: Optional[Dataset] = None,
    tags: Sequence[str] = (),
) -> Task[Any, Any]:
    """Declare a task whose parameters ``p0``, ``p1`` … have the annotations in ``reads``."""
    parameters = [f"p{number}" for number in range(len(reads))]
    value = repr((name,) * len(makes) if len(makes) > 1 else name if makes else None)
    scope: Dict[str, Any] = {}
    exec(f"def function({', '.join(parameters)}): return {value}", scope)
    function = scope["function"]
    annotations: Dict[str, Any] = dict(zip(parameters, reads))
    annotations["return"] = tuple(makes) if len(makes) > 1 else makes[0] if makes else None
    function.__annotations__ = annotations
    return pipeline.task(name=name, when=when, tags=tags)(function)


def chain(length: int) -> Pipeline:
    """One task after the other: t0 → d0 → t1 → d1 …"""
    pipeline, before = Pipeline("chain"), None
    for number in range(length):
        made = Dataset(f"d{number}")
        declare(pipeline, f"t{number}", [] if before is None else [before], [made])
        before = made
    return pipeline


def fan_out(width: int) -> Pipeline:
    """One task whose dataset all others read."""
    pipeline, source = Pipeline("fan-out"), Dataset("source")
    declare(pipeline, "first", [], [source])
    for number in range(width):
        declare(pipeline, f"t{number}", [source], [Dataset(f"d{number}")])
    return pipeline


def fan_in(width: int) -> Pipeline:
    """One task that reads the datasets of all others."""
    pipeline, made = Pipeline("fan-in"), [Dataset(f"d{number}") for number in range(width)]
    for number in range(width):
        declare(pipeline, f"t{number}", [], [made[number]])
    declare(pipeline, "last", made, [Dataset("end")])
    return pipeline
