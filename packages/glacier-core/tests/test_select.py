"""Selections: every form, against a search of the graph by brute force."""

from __future__ import annotations

from typing import Any, Callable, FrozenSet, Iterable, List, Set, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Blueprint, Node, blueprints, build, chain, declare, fan_in, fan_out

from glacier.core import Dataset, Pipeline
from glacier.core.errors import AmbiguousName, InvalidSelection, MissingInput, UnknownName
from glacier.core.graph import Graph
from glacier.core.select import Selection, select, still_needed
from glacier.core.testing import run

FORMS = (
    "Write a task or dataset ('clean'), with '+' after it for what follows ('clean+'), before it "
    "for what it needs ('+report'), 'extract..report' for what lies between, or 'tag:nightly'. "
    "Several go in a list."
)


def etl() -> Pipeline:
    """extract → raw → transform → clean → report, and audit beside it; raw has two readers."""
    return build(
        Blueprint(
            (
                Node("extract", (), ("raw", "log"), None, ("nightly",)),
                Node("transform", ("raw",), ("clean",), None, ("nightly", "pure")),
                Node("audit", ("raw",), (), "flag"),
                Node("report", ("clean",), ("page",)),
            )
        ),
        name="etl",
    )


def graph_of(pipeline: Pipeline) -> Graph:
    return pipeline.graph(inputs=["flag", "s0", "s1"])


def chosen(selection: Selection, pipeline: Any = None) -> List[str]:
    graph = graph_of(pipeline or etl())
    return [graph.tasks[position].name for position in select(graph, selection)]


def refused(selection: Any, kind: type) -> str:
    with pytest.raises(kind) as caught:
        chosen(selection)
    return str(caught.value)


@pytest.mark.parametrize(
    ("selection", "tasks"),
    [
        ("transform", "transform"),
        ("clean", "transform"),
        ("clean+", "transform report"),
        ("+clean", "extract transform"),
        ("+clean+", "extract transform report"),
        (" clean+ ", "transform report"),
        ("extract..report", "extract transform report"),
        ("extract .. report", "extract transform report"),
        ("raw..page", "extract transform report"),
        ("log", "extract"),
        ("log+", "extract transform audit report"),
        ("flag", "audit"),
        ("+flag", "extract audit"),
        ("tag:nightly", "extract transform"),
        ("tag:pure+", "transform report"),
        ("+tag:pure", "extract transform"),
        ("tag:nightly..report", "extract transform report"),
        ("task:extract", "extract"),
        ("dataset:raw+", "extract transform audit report"),
        (["report", "audit"], "audit report"),
        (["clean", "transform", "task:transform"], "transform"),
        (("audit", "+clean"), "extract transform audit"),
        ({"audit"}, "audit"),
        ((name for name in ["audit"]), "audit"),
    ],
)
def test_each_form_selects_what_it_says(selection: Selection, tasks: str) -> None:
    assert chosen(selection) == tasks.split()


def reachable(edges: Set[Tuple[str, str]], starts: Iterable[str]) -> Set[str]:
    found = set(starts)
    while True:
        more = {after for before, after in edges if before in found} - found
        if not more:
            return found
        found |= more


@given(blueprint=blueprints(), data=st.data())
def test_reach_is_that_of_a_search_by_brute_force(
    blueprint: Blueprint, data: st.DataObject
) -> None:
    graph = graph_of(build(blueprint))
    names = st.sampled_from([node.name for node in blueprint.nodes])
    first, last = data.draw(names), data.draw(names)
    forward, backward = blueprint.edges, {(b, a) for a, b in blueprint.edges}
    below, above = reachable(forward, [first]), reachable(backward, [last])

    def picked(selection: Selection) -> Set[str]:
        return {graph.tasks[position].name for position in select(graph, selection)}

    assert picked(f"{first}+") == below
    assert picked(f"+{last}") == above
    assert picked(f"+{first}+") == below | reachable(backward, [first])
    assert picked([f"{first}+", last]) == below | {last}
    if below & above:
        assert picked(f"{first}..{last}") == below & above
    else:
        with pytest.raises(InvalidSelection, match="selects no task"):
            picked(f"{first}..{last}")


@given(blueprint=blueprints(), data=st.data())
def test_a_dataset_stands_for_its_producer_or_else_its_readers(
    blueprint: Blueprint, data: st.DataObject
) -> None:
    graph = graph_of(build(blueprint))
    datasets = sorted(graph.datasets)
    if not datasets:
        return
    dataset = data.draw(st.sampled_from(datasets))
    readers = {node.name for node in blueprint.nodes if dataset in node.needs}
    expected = {blueprint.makers[dataset]} if dataset in blueprint.makers else readers

    for form in (dataset, f"dataset:{dataset}"):
        assert {graph.tasks[position].name for position in select(graph, form)} == expected


@given(blueprint=blueprints())
def test_positions_come_in_the_order_of_declaration_and_once(blueprint: Blueprint) -> None:
    graph = graph_of(build(blueprint))
    names = [f"+{node.name}" for node in reversed(blueprint.nodes)] * 2

    assert select(graph, names) == tuple(range(len(blueprint.nodes)))


# --- what is refused ------------------------------------------------------------------------------


def test_a_name_that_is_not_there_names_the_nearest() -> None:
    assert refused("+raport", UnknownName) == (
        "select='+raport' in pipeline 'etl': there is no task or dataset 'raport'. "
        "Did you mean 'report'?"
    )
    assert refused("extract..clena", UnknownName) == (
        "select='extract..clena' in pipeline 'etl': there is no task or dataset 'clena'. "
        "Did you mean 'clean'?"
    )


def test_a_name_that_is_like_none_lists_what_there_is() -> None:
    assert refused("x", UnknownName).endswith(
        "there is no task or dataset 'x'. Known: 'audit', 'clean', 'extract', 'flag', 'log', "
        "'page', 'raw', 'report' and 1 more."
    )


def test_a_tag_task_or_dataset_that_is_not_there() -> None:
    assert "there is no tag 'nigthly'. Did you mean 'nightly'?" in refused(
        "tag:nigthly", UnknownName
    )
    assert "there is no task 'raw'. " in refused("task:raw", UnknownName)
    assert "there is no dataset 'extract'. " in refused("dataset:extract", UnknownName)
    assert "there is no prefix 'tags:'. Did you mean 'tag:'?" in refused("tags:a", UnknownName)


def test_tags_where_there_are_none() -> None:
    with pytest.raises(UnknownName, match=r"there is no tag 'x'\. There is none at all\.$"):
        chosen("tag:x", chain(2))


def test_a_name_of_a_task_and_of_a_dataset_of_another_is_ambiguous() -> None:
    pipeline, raw, extract = Pipeline("etl"), Dataset("raw"), Dataset("extract")
    declare(pipeline, "extract", [], [raw])
    declare(pipeline, "raw", [raw], [extract])

    with pytest.raises(AmbiguousName) as caught:
        chosen("raw+", pipeline)
    assert str(caught.value) == (
        "select='raw+' in pipeline 'etl': 'raw' is the name of a task, and of a dataset that it "
        "does not produce. Write 'task:raw' or 'dataset:raw'."
    )
    assert chosen("task:raw", pipeline) == ["raw"]
    assert chosen("dataset:raw", pipeline) == ["extract"]
    assert chosen("dataset:raw+", pipeline) == ["extract", "raw"]


def test_a_task_with_the_name_of_the_dataset_that_it_produces_is_not_ambiguous() -> None:
    pipeline, clean = Pipeline("etl"), Dataset("clean")
    declare(pipeline, "clean", [], [clean])

    assert chosen("clean", pipeline) == ["clean"]


@pytest.mark.parametrize("selection", ["", " ", "+", "++", "++clean", "clean++", "a+b"])
def test_what_is_no_selection_is_shown_with_the_forms(selection: str) -> None:
    text = refused(selection, InvalidSelection)
    assert text == f"select={selection!r} is not a selection. {FORMS}"


@pytest.mark.parametrize(
    "selection", ["clean..", "..clean", "..", "+extract..clean", "raw..clean+"]
)
def test_a_way_has_two_ends_and_no_signs(selection: str) -> None:
    text = refused(selection, InvalidSelection)
    assert text == f"select={selection!r} is not of the form 'first..last'. {FORMS}"


@pytest.mark.parametrize("selection", ["raw clean", "raw,clean", "raw, clean"])
def test_several_names_go_in_a_list(selection: str) -> None:
    assert refused(selection, InvalidSelection) == (
        f"select={selection!r} is more than one. "
        "Several expressions go in a list: select=['raw', 'clean']."
    )


def test_a_selection_of_nothing() -> None:
    assert refused([], InvalidSelection) == f"select=[] selects no task. {FORMS}"
    assert refused("report..extract", InvalidSelection) == (
        "select='report..extract' selects no task. "
        "The data flows the other way: write 'extract..report'."
    )
    assert refused("audit..report", InvalidSelection) == (
        "select='audit..report' selects no task. No way leads from 'audit' to 'report'."
    )


@pytest.mark.parametrize("wrong", [3, None, ["clean", 3]])
def test_a_selection_is_text(wrong: Any) -> None:
    assert "is not a selection. Write a task or dataset" in refused(wrong, InvalidSelection)


def test_a_task_or_dataset_is_selected_by_its_name() -> None:
    task = etl().tasks["transform"]

    assert refused(Dataset("raw"), InvalidSelection) == (
        "select=Dataset('raw') is not a selection. Select by name: select='raw'."
    )
    assert "Select by name: select='transform'." in refused([task], InvalidSelection)


# --- selected pipelines ---------------------------------------------------------------------------


def test_a_selected_pipeline_is_a_pipeline() -> None:
    part = etl_without_flag().select("+clean")

    assert list(part.tasks) == ["extract", "transform"]
    assert run(part)["clean"] == "transform"
    assert list(part.select("clean").tasks) == ["transform"]


def etl_without_flag() -> Pipeline:
    nodes = (
        Node("extract", (), ("raw",)),
        Node("transform", ("raw",), ("clean",)),
        Node("report", ("clean",), ("page",)),
    )
    return build(Blueprint(nodes), name="etl")


def test_what_a_left_out_task_produces_must_be_given() -> None:
    with pytest.raises(MissingInput) as caught:
        run(etl_without_flag(), select="clean+")
    assert str(caught.value).startswith("'transform' reads 'raw', but the selection leaves out ")
    assert str(caught.value).endswith(
        "which produces it. Run that too, with select='+transform', or feed it: inputs={'raw': …}."
    )

    result = run(etl_without_flag(), select="clean+", inputs={"raw": [1]})

    assert list(result.tasks) == ["transform", "report"]
    assert result["raw"] == [1]


def test_a_selection_is_of_the_pipeline_and_inputs_leave_tasks_out_of_it() -> None:
    result = run(etl_without_flag(), select="+page", inputs={"clean": [1]})

    assert list(result.tasks) == ["report"]


# --- given datasets -------------------------------------------------------------------------------


def needed_by_brute_force(blueprint: Blueprint, given: FrozenSet[str]) -> Set[str]:
    """Leave out a task whose outputs are all given or read by none that is left; and again."""
    left = {node.name: node for node in blueprint.nodes}
    read_at_all = {dataset for node in blueprint.nodes for dataset in node.needs}
    while True:
        read = {dataset for node in left.values() for dataset in node.needs}
        superfluous = [
            node.name
            for node in left.values()
            if node.makes
            and all(
                dataset in given or (dataset in read_at_all and dataset not in read)
                for dataset in node.makes
            )
        ]
        if not superfluous:
            return set(left)
        for name in superfluous:
            del left[name]


@given(blueprint=blueprints(), data=st.data())
def test_tasks_are_left_out_whose_outputs_are_given_or_needed_by_none(
    blueprint: Blueprint, data: st.DataObject
) -> None:
    graph = graph_of(build(blueprint))
    datasets = sorted(graph.datasets)
    some = st.sets(st.sampled_from(datasets)) if datasets else st.just(set())
    given_names = frozenset(data.draw(some))

    left = [graph.tasks[position].name for position in still_needed(graph, given_names)]

    assert set(left) == needed_by_brute_force(blueprint, given_names)
    assert left == [node.name for node in blueprint.nodes if node.name in set(left)]


# --- size -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [chain, fan_out, fan_in])
@pytest.mark.parametrize(
    "picking",
    [
        lambda graph: select(graph, "t0+"),
        lambda graph: select(graph, [task.name for task in graph.tasks]),
        lambda graph: select(graph, "+tag:all"),
        lambda graph: still_needed(graph, set(graph.producers)),
        lambda graph: still_needed(graph, {"d0"}),
    ],
    ids=["below", "all", "tags", "all given", "one given"],
)
def test_the_work_grows_with_the_number_of_tasks_and_no_faster(
    shape: Callable[[int], Pipeline],
    picking: Callable[[Graph], object],
    work: Callable[[Callable[[], object]], int],
) -> None:
    def picking_from(tasks: int) -> int:
        pipeline = shape(tasks)
        made = pipeline.tasks[f"t{tasks - 1}"].signature.outputs[0].dataset
        declare(pipeline, "tagged", [made], [], tags=["all"])
        return work(lambda: picking(pipeline.graph()))

    assert picking_from(400) < 2.2 * picking_from(200)


@pytest.mark.usefixtures("shallow_stack")
def test_no_selection_needs_recursion() -> None:
    graph = chain(300).graph()

    assert len(select(graph, "t0+")) == len(select(graph, "+t299")) == 300
    assert still_needed(graph, {"d299"}) == ()
