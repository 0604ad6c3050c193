"""Random pipelines give the same on threads, in processes and inline."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from glacier.core import Context, Dataset, Pipeline, Skip, TaskFinished, TaskStarted
from glacier.core.testing import InlineExecutor
from glacier.local import LocalExecutor


class Node(NamedTuple):
    """A task: the earlier ones that it reads, each needed or optional, which of them it is mapped
    over (or none), how it ends, and in which attempt if it is tried again."""

    reads: Tuple[Tuple[int, bool], ...]
    each: int
    ends: str
    attempt: int


@st.composite
def shapes(draw: st.DrawFn) -> List[Node]:
    nodes: List[Node] = []
    for number in range(draw(st.integers(1, 10))):
        before = st.integers(0, number - 1) if number else st.nothing()
        reads = draw(st.dictionaries(before, st.booleans(), max_size=min(3, number)))
        each = draw(
            st.sampled_from([-1, *(read for read, optional in reads.items() if not optional)])
        )
        ends = draw(st.sampled_from(["small", "small", "large", "large", "failed", "skipped"]))
        nodes.append(Node(tuple(reads.items()), each, ends, draw(st.integers(1, 3))))
    return nodes


def pipeline_of(nodes: List[Node]) -> Pipeline:
    pipeline = Pipeline("random")
    scope: Dict[str, Any] = {f"d{number}": Dataset(f"d{number}") for number in range(len(nodes))}
    scope.update(work=work, again=again, Context=Context)
    for number, node in enumerate(nodes):
        reads = ", ".join(
            f"a{read}: d{read}{'.each' if read == node.each else ' | None' if optional else ''}"
            for read, optional in node.reads
        )
        values = ", ".join(f"a{read}" for read, _ in node.reads)
        context = ", context: Context" if reads else "context: Context"
        exec(
            f"def t{number}({reads}{context}) -> d{number}:\n"
            f"    again(context.attempt, {node.attempt})\n"
            f"    return work({node.ends!r}, {number}, [{values}])",
            scope,
        )
        options: Dict[str, Any] = {}
        if node.attempt > 1:
            options = {"retries": 2, "retry_delay": 0, "retry_on": Flaky}
        pipeline.task(**options)(scope[f"t{number}"])
    return pipeline


class Flaky(Exception):
    """Raised by the attempts before the one that goes its way."""


def again(attempt: int, well_in: int) -> None:
    if attempt < well_in:
        raise Flaky


def work(ends: str, number: int, values: List[Any]) -> Any:
    if ends == "failed":
        raise ValueError(f"task {number}")
    if ends == "skipped":
        raise Skip(f"task {number}")
    # A short list, for it may be mapped; a large one does not fit into a message.
    digest = len(repr(values))
    return [number, digest, len(values), "x" * (400_000 if ends == "large" else 1)]


def outcome(executor: Any, nodes: List[Node]) -> Tuple[Any, ...]:
    order: List[Tuple[str, str]] = []

    def listen(event: Any) -> None:
        if isinstance(event, (TaskStarted, TaskFinished)):
            order.append((type(event).__name__, event.step.task))

    run = executor.execute(
        pipeline_of(nodes), keep=True, raise_on_failure=False, listeners=[listen]
    )
    for number, node in enumerate(nodes):
        if ("TaskStarted", f"t{number}") in order:
            started = order.index(("TaskStarted", f"t{number}"))
            most = 1 if node.each >= 0 else node.attempt
            assert order.count(("TaskStarted", f"t{number}")) == most
            for read, _ in node.reads:
                assert order.index(("TaskFinished", f"t{read}")) < started
    tasks = {
        name: (str(task.state), type(task.error), str(task.error), task.reason, task.attempts)
        for name, task in run.tasks.items()
    }
    return tasks, run.values


@settings(max_examples=12, deadline=None)
@given(nodes=shapes(), workers=st.integers(1, 3))
def test_threads_processes_and_inline_agree(nodes: List[Node], workers: int) -> None:
    expected = outcome(InlineExecutor(), nodes)
    assert outcome(LocalExecutor(workers=workers), nodes) == expected
    assert outcome(LocalExecutor(workers=workers, processes=True), nodes) == expected
