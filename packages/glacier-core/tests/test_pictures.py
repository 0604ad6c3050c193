"""Drawings: where nodes lie, what an SVG holds, and what a notebook shows."""

from __future__ import annotations

from typing import Set, Tuple
from xml.etree import ElementTree

import pytest
from hypothesis import given
from strategies import Blueprint, blueprints, build

from glacier.core import Dataset, Pipeline
from glacier.core.render import to_html, to_svg
from glacier.core.render.layout import layout
from glacier.core.render.timeline import Bar, timeline

SVG = "{http://www.w3.org/2000/svg}"
raw, clean = Dataset("raw"), Dataset("clean")


def texts(svg: str) -> Set[str]:
    return {
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")
    }


@given(blueprint=blueprints())
def test_a_drawing_has_every_node_and_no_two_in_one_place(blueprint: Blueprint) -> None:
    graph = build(blueprint).graph(inputs=blueprint.sources)

    root = ElementTree.fromstring(to_svg(graph))

    names = {task.name for task in graph.tasks} | set(graph.datasets)
    found = {e.text for e in root.iter(f"{SVG}text") if e.get("class") != "label"}
    assert found == names
    boxes = list(root.iter(f"{SVG}rect"))
    places = {(box.get("x"), box.get("y")) for box in boxes}
    assert len(places) == len(boxes) == len(graph.tasks)


@given(blueprint=blueprints())
def test_edges_go_from_left_to_right(blueprint: Blueprint) -> None:
    nodes = {f"n{number}": (40.0, 20.0) for number in range(len(blueprint.nodes) + 2)}
    edges = [(a, b) for i, a in enumerate(nodes) for b in list(nodes)[i + 1 :: 2]]

    drawing = layout(nodes, edges)

    assert set(drawing.boxes) == set(nodes)
    for points, (start, end) in zip(drawing.paths, edges):
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert drawing.boxes[start].x + 40 <= drawing.boxes[end].x
    overlaps: Set[Tuple[float, float]] = {(box.x, box.y) for box in drawing.boxes.values()}
    assert len(overlaps) == len(nodes)


def test_an_empty_graph_can_be_laid_out() -> None:
    assert layout({}, []).boxes == {}


def two_tasks() -> Pipeline:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract() -> raw:
        """Fetch <all> rows."""

    @pipeline.task(when=raw)
    def tidy(rows: raw) -> clean: ...

    return pipeline


def test_conditions_and_mappings_are_marked() -> None:
    assert "when" in texts(to_svg(two_tasks().graph()))


def test_a_page_stands_alone() -> None:
    page = to_html(two_tasks().graph())
    assert "Fetch &lt;all&gt; rows." in page
    for outside in ("<script", "<link", "src=", "@import", "url(http"):
        assert outside not in page


def test_a_notebook_shows_the_graph_of_a_pipeline() -> None:
    bundle = two_tasks()._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == "<Pipeline 'etl': 2 tasks>"
    assert "<svg" in bundle["text/html"]


@pytest.mark.parametrize("tasks", [0, 1])
def test_a_notebook_shows_what_is_wrong_with_a_pipeline(tasks: int) -> None:
    pipeline = Pipeline("broken")
    for _ in range(tasks):

        @pipeline.task
        def tidy(rows: raw) -> clean: ...

    bundle = pipeline._repr_mimebundle_()
    assert "cannot be drawn yet" in bundle["text/html"]
    assert "<svg" not in bundle["text/html"]


def test_a_very_large_pipeline_is_only_named() -> None:
    pipeline = Pipeline("large")
    for number in range(501):

        @pipeline.task(name=f"t{number}")
        def work() -> Dataset(f"d{number}"): ...

    assert set(pipeline._repr_mimebundle_()) == {"text/plain"}


def test_a_timeline_has_a_bar_for_what_ran() -> None:
    bars = [
        Bar("first", "succeeded", 10.0, 1.0),
        Bar("<second>", "failed", 11.0, 2.0, "no & no"),
        Bar("third", "upstream_failed", None, 0.0),
    ]
    svg = timeline(bars, start=10.0, duration=3.0)
    root = ElementTree.fromstring(svg)
    first, second = root.iter(f"{SVG}rect")
    assert float(second.get("x", 0)) > float(first.get("x", 0))
    assert float(second.get("width", 0)) == pytest.approx(2 * float(first.get("width", 0)), abs=0.2)
    assert any("upstream failed" in text for text in texts(svg))
    assert timeline([], start=0.0, duration=0.0) == ""
