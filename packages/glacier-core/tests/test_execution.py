"""Random pipelines end as the state table says, with the values that plain Python gives."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from hypothesis import given
from hypothesis import strategies as st

from glacier.core import Dataset, Pipeline, Skip, TaskStarted
from glacier.core.testing import InlineExecutor
from glacier.core.testing.contract_base import Recorder


class Node(NamedTuple):
    """A task: the earlier ones that it reads, each needed or optional, and how it ends."""

    reads: Tuple[Tuple[int, bool], ...]
    ends: str


@st.composite
def shapes(draw: st.DrawFn) -> List[Node]:
    nodes: List[Node] = []
    for number in range(draw(st.integers(1, 12))):
        before = st.integers(0, number - 1) if number else st.nothing()
        reads = draw(st.dictionaries(before, st.booleans(), max_size=min(4, number)))
        ends = draw(st.sampled_from(["well", "well", "well", "failed", "skipped"]))
        nodes.append(Node(tuple(reads.items()), ends))
    return nodes


def pipeline_of(nodes: List[Node]) -> Pipeline:
    pipeline = Pipeline("random")
    scope: Dict[str, Any] = {f"d{number}": Dataset(f"d{number}") for number in range(len(nodes))}
    scope["work"] = work
    # Declared last to first, so that the order of declaration is not already a legal one.
    for number in reversed(range(len(nodes))):
        reads = ", ".join(
            f"a{read}: d{read}{' | None' if optional else ''}"
            for read, optional in nodes[number].reads
        )
        values = ", ".join(f"a{read}" for read, _ in nodes[number].reads)
        ends = nodes[number].ends
        body = f"return work({ends!r}, {number}, [{values}])"
        exec(f"def t{number}({reads}) -> d{number}: {body}", scope)
        pipeline.task(scope[f"t{number}"])
    return pipeline


def work(ends: str, number: int, values: List[Optional[int]]) -> int:
    if ends == "failed":
        raise ValueError(f"task {number}")
    if ends == "skipped":
        raise Skip(f"task {number}")
    return number + sum(value or 0 for value in values)


def expected(nodes: List[Node]) -> Tuple[Dict[str, str], Dict[str, int]]:
    states: Dict[int, str] = {}
    values: Dict[int, int] = {}
    for number, node in enumerate(nodes):
        before = {states[read] for read, _ in node.reads}
        if before & {"failed", "upstream_failed"}:
            states[number] = "upstream_failed"
        elif any(states[read] == "skipped" and not optional for read, optional in node.reads):
            states[number] = "skipped"
        elif node.ends != "well":
            states[number] = node.ends
        else:
            states[number] = "succeeded"
            values[number] = number + sum(values.get(read, 0) for read, _ in node.reads)
    return (
        {f"t{number}": state for number, state in states.items()},
        {f"d{number}": value for number, value in values.items()},
    )


@given(nodes=shapes())
def test_states_and_values_are_those_of_the_table(nodes: List[Node]) -> None:
    run = InlineExecutor().execute(pipeline_of(nodes), keep=True, raise_on_failure=False)
    states, values = expected(nodes)
    assert {task.name: task.state for task in run.tasks.values()} == states
    assert run.values == values
    assert run.state == ("failed" if "failed" in states.values() else "succeeded")


@given(nodes=shapes())
def test_what_is_left_of_a_failed_run_is_enough_to_go_on(nodes: List[Node]) -> None:
    run = InlineExecutor().execute(pipeline_of(nodes), raise_on_failure=False)
    # Mended: what failed now works. What was skipped has no value, so it runs again.
    mended = [node._replace(ends="well" if node.ends == "failed" else node.ends) for node in nodes]
    again = InlineExecutor().execute(pipeline_of(mended), inputs=run.values, keep=True)
    _, values = expected(mended)
    assert {**run.values, **again.values}.items() <= values.items()
    failed = {name for name, task in run.tasks.items() if task.state == "failed"}
    assert failed <= set(again.tasks)


@given(nodes=shapes())
def test_with_fail_fast_nothing_starts_after_the_first_failure(nodes: List[Node]) -> None:
    executor, recorder = InlineExecutor(fail_fast=True), Recorder()
    run = executor.execute(pipeline_of(nodes), listeners=[recorder], raise_on_failure=False)
    states = [str(task.state) for task in run.tasks.values()]
    assert states.count("failed") <= 1
    if "failed" in states:
        last = recorder.of(TaskStarted)[-1]
        assert run.tasks[last.step.task].state == "failed"
    assert not {"waiting", "ready", "running"}.intersection(states)
