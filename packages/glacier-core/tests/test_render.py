"""Pictures of a graph: the text, to the letter, and names that need care."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from strategies import Blueprint, blueprints, build

from glacier.core import Dataset, Pipeline
from glacier.core.errors import UnknownName
from glacier.core.render import render


def example() -> Pipeline:
    """A mapped task, a condition that is read too, and names that are words in both languages."""
    pipeline = Pipeline("etl.v1-x")
    graph, end, style = Dataset("graph"), Dataset("end"), Dataset("a.b-c_1")

    @pipeline.task
    def node() -> (graph, end): ...

    @pipeline.task(name="subgraph", when=end)
    def mapped(item: graph.each, all_of_it: graph, decided: end) -> style: ...

    @pipeline.task(name="class-2")
    def sink(one: style, same: style) -> None: ...

    return pipeline


MERMAID = """\
flowchart LR
    t0["node"]
    t1["subgraph"]
    t2["class-2"]
    d0[("graph")]
    d1[("end")]
    d2[("a.b-c_1")]
    t0 --> d0
    t0 --> d1
    d0 -->|each| t1
    d0 --> t1
    d1 --> t1
    d1 -.->|when| t1
    t1 --> d2
    d2 --> t2
"""

DOT = """\
digraph "etl.v1-x" {
    rankdir=LR;
    t0 [label="node", shape=box];
    t1 [label="subgraph", shape=box];
    t2 [label="class-2", shape=box];
    d0 [label="graph", shape=cylinder];
    d1 [label="end", shape=cylinder];
    d2 [label="a.b-c_1", shape=cylinder];
    t0 -> d0;
    t0 -> d1;
    d0 -> t1 [label="each"];
    d0 -> t1;
    d1 -> t1;
    d1 -> t1 [label="when", style=dotted];
    t1 -> d2;
    d2 -> t2;
}
"""


def test_a_picture_in_mermaid() -> None:
    assert example().render() == example().render("mermaid") == MERMAID


def test_a_picture_in_dot() -> None:
    assert example().render("dot") == DOT


@pytest.mark.parametrize("form", ["dot", "mermaid"])
@given(blueprint=blueprints())
def test_a_picture_has_every_task_dataset_and_edge_once(form: str, blueprint: Blueprint) -> None:
    graph = build(blueprint).graph(inputs=blueprint.sources)

    lines = render(graph, form).splitlines()

    assert len(set(lines)) == len(lines)
    for name in [*graph.datasets, *(task.name for task in graph.tasks)]:
        assert sum(f'"{name}"' in line for line in lines) == 1
    edges = [line for line in lines if re.search(r"-->|-\.->|->", line)]
    nodes = blueprint.nodes
    assert len(edges) == sum(
        len(set(node.reads)) + len(node.makes) + (node.when is not None) for node in nodes
    )


def test_another_form_names_those_that_there_are() -> None:
    with pytest.raises(UnknownName) as caught:
        example().render("dott")
    assert str(caught.value) == "render('dott'): there is no form 'dott'. Did you mean 'dot'?"

    with pytest.raises(
        UnknownName, match=r"no form 'x'\. Known: 'dot', 'html', 'mermaid' and 'svg'\."
    ):
        example().render("x")
