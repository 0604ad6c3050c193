"""The graph: exactly the declared edges, a legal and stable order, and no limit on its size."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from typing import Any, Callable, Iterator, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    Blueprint,
    blueprints,
    build,
    chain,
    cyclic_blueprints,
    declare,
    fan_in,
    fan_out,
)

from glacier.core import Dataset, Pipeline
from glacier.core.errors import CyclicPipeline, DefinitionErrors, MissingProducer
from glacier.core.graph import Graph, infer, inference, is_stream, reads

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated


def named(graph: Graph, positions: Any) -> List[str]:
    return [graph.tasks[position].name for position in positions]


# --- edges and order ------------------------------------------------------------------------------


@given(blueprint=blueprints())
def test_the_graph_has_the_declared_edges_and_no_others(blueprint: Blueprint) -> None:
    graph = build(blueprint).graph(inputs=blueprint.sources)

    edges = {
        (graph.tasks[before].name, task.name)
        for position, task in enumerate(graph.tasks)
        for before in graph.predecessors(position)
    }
    assert edges == blueprint.edges
    assert edges == {
        (task.name, graph.tasks[after].name)
        for position, task in enumerate(graph.tasks)
        for after in graph.successors(position)
    }
    assert {name: graph.tasks[task].name for name, task in graph.producers.items()} == (
        blueprint.makers
    )
    assert {name: named(graph, tasks) for name, tasks in graph.consumers.items()} == {
        name: [node.name for node in blueprint.nodes if name in node.needs]
        for name in {name for node in blueprint.nodes for name in node.needs}
    }
    assert set(graph.sources) == blueprint.sources
    assert set(graph.sinks) == {name for name in blueprint.makers if name not in graph.consumers}
    assert set(graph.datasets) == {*graph.producers, *graph.consumers}


@given(blueprint=blueprints())
def test_the_order_is_legal_and_has_every_task_once(blueprint: Blueprint) -> None:
    graph = build(blueprint).graph(inputs=blueprint.sources)

    place = {name: place for place, name in enumerate(named(graph, graph.order))}
    assert sorted(graph.order) == list(range(len(blueprint.nodes)))
    assert all(place[before] < place[after] for before, after in blueprint.edges)


@given(blueprint=blueprints())
def test_the_order_depends_on_the_declarations_alone(blueprint: Blueprint) -> None:
    first, second = build(blueprint), build(blueprint)

    assert (
        first.graph(inputs=blueprint.sources).order == second.graph(inputs=blueprint.sources).order
    )


@given(blueprint=blueprints(sources=False))
def test_the_order_is_that_of_declaration_where_that_is_legal(blueprint: Blueprint) -> None:
    by_number = Blueprint(tuple(sorted(blueprint.nodes, key=lambda node: int(node.name[1:]))))

    assert build(by_number).graph().order == tuple(range(len(by_number.nodes)))


def test_a_task_may_be_declared_before_what_it_reads() -> None:
    pipeline, raw, clean = Pipeline("etl"), Dataset("raw"), Dataset("clean")
    declare(pipeline, "report", [clean], [])
    declare(pipeline, "transform", [raw], [clean])
    declare(pipeline, "extract", [], [raw])

    graph = pipeline.graph()

    assert named(graph, graph.order) == ["extract", "transform", "report"]


def test_a_graph_shows_how_large_it_is() -> None:
    pipeline, raw = Pipeline("etl"), Dataset("raw")
    task = declare(pipeline, "extract", [], [raw])

    assert repr(pipeline.graph()) == "<Graph of 'etl': 1 tasks, 1 datasets>"
    assert pipeline.graph().tasks == (task,)


def test_a_task_reads_its_parameters_and_then_its_condition() -> None:
    pipeline, a, b, flag = Pipeline("etl"), Dataset("a"), Dataset("b"), Dataset("flag")
    task = declare(pipeline, "task", [b.each, a, b], [], when=flag)

    assert list(reads(task)) == [b, a, b, flag]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(Iterator[int], True), (Iterator, True), (List[int], False), (Any, False)],
)
def test_only_an_iterator_is_a_stream(kind: Any, expected: bool) -> None:
    assert is_stream(kind) is expected


def test_a_dataset_declared_again_is_the_newer_one(tmp_path: Any) -> None:
    pipeline = Pipeline("etl")
    older, newer = (cell("Dataset('raw')") for _ in range(2))
    declare(pipeline, "extract", [], [newer])
    declare(pipeline, "load", [older], [])

    assert pipeline.graph().datasets["raw"] is newer


def cell(source: str) -> Any:
    """What a notebook cell evaluates to."""
    scope = {"__name__": "__main__", "Dataset": Dataset}
    exec(compile(f"value = {source}", "<cell>", "exec"), scope)
    return scope["value"]


# --- cycles ---------------------------------------------------------------------------------------


def drawn(error: CyclicPipeline) -> List[str]:
    """The names along the cycle that an error draws, the first one again at the end."""
    head = str(error).split("\n", 1)[0]
    alone = re.search(r"waits for itself: (\S+) -> '.+' -> (\S+)\. ", head)
    return list(alone.groups()) if alone else head.partition("cycle: ")[2].split(" -> ")


@given(blueprint=cyclic_blueprints())
def test_a_planted_cycle_is_found_and_drawn(blueprint: Blueprint) -> None:
    with pytest.raises(CyclicPipeline) as caught:
        build(blueprint).graph(inputs=blueprint.sources)

    path = drawn(caught.value)
    assert path[0] == path[-1]
    assert len(set(path)) == len(path) - 1
    assert blueprint.edges.issuperset(zip(path, path[1:]))
    assert all(repr(dataset) in str(caught.value) for dataset in ["back"])


def test_each_knot_of_tasks_is_reported_by_its_shortest_cycle() -> None:
    pipeline = Pipeline("knots")
    a, b, c, d, e = (Dataset(name) for name in "abcde")
    declare(pipeline, "one", [b, c], [a])
    declare(pipeline, "two", [a], [b])
    declare(pipeline, "long", [b], [c])
    declare(pipeline, "between", [c], [])
    declare(pipeline, "three", [e], [d])
    declare(pipeline, "four", [d], [e])

    with pytest.raises(DefinitionErrors) as caught:
        pipeline.graph()

    assert [drawn(problem) for problem in caught.value.problems] == [
        ["one", "two", "one"],
        ["three", "four", "three"],
    ]


def test_a_long_cycle_is_drawn_in_part() -> None:
    with pytest.raises(CyclicPipeline) as caught:
        ring(500).graph()

    text = str(caught.value)
    assert text.startswith("tasks wait for each other in a cycle: t0 -> t1 -> ")
    assert " -> t9 -> … 481 more … -> t491 -> " in text
    assert text.count("\n") < 30


def ring(length: int) -> Pipeline:
    pipeline, made = Pipeline("ring"), [Dataset(f"d{number}") for number in range(length)]
    for number in range(length):
        declare(pipeline, f"t{number}", [made[number - 1]], [made[number]])
    return pipeline


# --- size -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shallow_stack")
@pytest.mark.parametrize("shape", [chain, fan_out, fan_in])
def test_no_shape_needs_recursion(shape: Callable[[int], Pipeline]) -> None:
    graph = shape(300).graph()

    assert len(graph.order) >= 300


@pytest.mark.usefixtures("shallow_stack")
def test_a_cycle_through_hundreds_of_tasks_needs_no_recursion() -> None:
    with pytest.raises(CyclicPipeline):
        ring(300).graph()


def backwards(length: int) -> Pipeline:
    """A chain whose last task is declared first."""
    pipeline, after = Pipeline("backwards"), None
    for number in range(length):
        read: Optional[Dataset] = Dataset(f"d{number + 1}") if number + 1 < length else None
        made = after or Dataset("d0")
        declare(pipeline, f"t{number}", [] if read is None else [read], [made])
        after = read
    return pipeline


def all_missing(width: int) -> Pipeline:
    """Each task reads a dataset that nothing produces."""
    pipeline = Pipeline("all-missing")
    for number in range(width):
        declare(pipeline, f"t{number}", [Dataset(f"in{number}")], [Dataset(f"out{number}")])
    return pipeline


def all_alike(width: int) -> Pipeline:
    """All tasks have one name and produce datasets of one name."""
    pipeline = Pipeline("all-alike")
    for _ in range(width):
        declare(pipeline, "t", [], [Dataset("d")])
    return pipeline


@pytest.mark.parametrize("shape", [chain, backwards, fan_out, fan_in, ring, all_missing, all_alike])
def test_the_work_grows_with_the_number_of_tasks_and_no_faster(
    shape: Callable[[int], Pipeline],
    work: Callable[[Callable[[], object]], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inference, "_COMPARISONS", 500)  # these are as many at any size

    def inferring(tasks: int) -> int:
        pipeline = shape(tasks)
        return work(lambda: infer_all(pipeline))

    assert inferring(800) < 2.2 * inferring(400)


def infer_all(pipeline: Pipeline) -> None:
    with suppress(DefinitionErrors, CyclicPipeline, MissingProducer):
        infer(pipeline.name, list(pipeline._tasks))


@given(width=st.integers(2, 30))
def test_one_task_may_read_many_datasets(width: int) -> None:
    graph = fan_in(width).graph()

    assert list(graph.predecessors(width)) == list(range(width))


def test_typed_edges_do_not_change_the_graph() -> None:
    pipeline, raw = Pipeline("etl"), Dataset("raw")
    declare(pipeline, "extract", [], [Annotated[List[int], raw]])
    declare(pipeline, "load", [Annotated[List[int], raw]], [])

    assert pipeline.graph().producers == {"raw": 0}
    assert pipeline.graph().consumers == {"raw": [1]}
