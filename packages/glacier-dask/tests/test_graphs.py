"""Whatever the graph, a run on Dask ends as one on the calling thread does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Optional

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glacier.core import Dataset, Pipeline, Skip
from glacier.core.events import ItemFinished, TaskFinished
from glacier.core.testing import InlineExecutor
from glacier.dask import DaskExecutor

EXAMPLES = int(os.environ.get("GLACIER_EXAMPLES", "30"))
DOES = ("value", "value", "value", "list", "list", "skip", "fail", "false")


class Node(NamedTuple):
    """A task: what it reads of those before it, how, and what it does."""

    reads: list[int]
    optional: bool
    each: bool
    when: int | None
    does: str
    limited: bool


@st.composite
def graphs(draw: Any) -> list[Node]:
    nodes: list[Node] = []
    for number in range(draw(st.integers(1, 9))):
        before = st.integers(0, number - 1) if number else st.nothing()
        reads = draw(st.lists(before, max_size=2, unique=True)) if number else []
        when = draw(st.none() | before) if number else None
        each = bool(reads) and draw(st.booleans())
        does = draw(st.sampled_from(DOES))
        nodes.append(
            Node(reads, draw(st.booleans()), each, when, does, draw(st.integers(0, 4)) == 0)
        )
    return nodes


def _act(node: Node, *values: Any) -> Any:
    if node.does == "skip":
        raise Skip("as it was drawn")
    if node.does == "fail":
        raise ValueError("as it was drawn")
    if node.does == "false":
        return False
    total = sum(value for value in values if isinstance(value, int)) + 1
    return [total, total + 1] if node.does == "list" else total


def _pipeline(nodes: list[Node]) -> Pipeline:
    pipeline = Pipeline("drawn")
    datasets = [Dataset(f"d{number}") for number in range(len(nodes))]
    for number, node in enumerate(nodes):
        _add(pipeline, datasets, number, node)
    return pipeline


def _add(pipeline: Pipeline, datasets: list[Dataset], number: int, node: Node) -> None:
    out = datasets[number]
    kinds: list[Any] = [datasets[read] for read in node.reads]
    if node.each:
        kinds[0] = kinds[0].each
    if node.optional:
        kinds[1:] = [Optional[Annotated[Any, kind]] for kind in kinds[1:]]
    options: dict[str, Any] = {"name": f"t{number}", "tags": ["few"] if node.limited else []}
    if node.when is not None:
        options["when"] = datasets[node.when]
    if len(kinds) == 2:

        @pipeline.task(**options)
        def two(a: kinds[0], b: kinds[1]) -> out:  # type: ignore[valid-type]
            return _act(node, a, b)

    elif kinds:

        @pipeline.task(**options)
        def one(a: kinds[0]) -> out:  # type: ignore[valid-type]
            return _act(node, a)

    else:

        @pipeline.task(**options)
        def none() -> out:  # type: ignore[valid-type]
            return _act(node)


def _outcome(executor: Any, nodes: list[Node]) -> Any:
    told: dict[str, str] = {}
    items: set[tuple[str, int, str]] = set()

    def listen(event: object) -> None:
        if isinstance(event, TaskFinished):
            assert event.step.task not in told
            told[event.step.task] = str(event.state)
        elif isinstance(event, ItemFinished) and event.state != "cancelled":
            items.add((event.step.task, event.item, str(event.state)))

    run = executor.execute(_pipeline(nodes), listeners=[listen], raise_on_failure=False)
    states = {task.name: str(task.state) for task in run.tasks.values()}
    assert told == states
    errors = {task.name: type(task.error) for task in run.tasks.values() if task.error}
    reasons = {task.name: task.reason for task in run.tasks.values()}
    good = {item for item in items if states[item[0]] == "succeeded"}
    return states, errors, reasons, run.values, good


@pytest.fixture(scope="module")
def dask(threads: str) -> Iterator[DaskExecutor]:
    with DaskExecutor(threads, history=False) as executor:
        yield executor


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(nodes=graphs())
def test_states_values_and_errors_are_those_of_a_run_inline(
    dask: DaskExecutor, nodes: list[Node]
) -> None:
    limit = {"few": 1} if any(node.limited for node in nodes) else {}
    dask.concurrency = limit
    assert _outcome(dask, nodes) == _outcome(InlineExecutor(), nodes)
