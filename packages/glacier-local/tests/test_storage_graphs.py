"""Random pipelines with stored datasets give the same wherever they run, and when run again."""

from __future__ import annotations

import os
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glacier.core import Context, Dataset, ObjectStorage, Pipeline, Skip
from glacier.core.testing import InlineExecutor
from glacier.local import LocalExecutor

lake, pond = ObjectStorage("lake"), ObjectStorage("pond")
EXAMPLES = 6 * int(os.environ.get("GLACIER_EXAMPLES", "100")) // 10


class Node(NamedTuple):
    """A task: the earlier ones that it reads, each needed or optional, which of them it is mapped
    over (or none), which decides whether it runs (or none), how it ends, where its dataset is
    stored (or not), and whether it is cached where its run does not say."""

    reads: Tuple[Tuple[int, bool], ...]
    each: int
    when: int
    ends: str
    storage: Optional[ObjectStorage]
    cache: Optional[bool]


@st.composite
def shapes(draw: st.DrawFn, *, largest: int = 8) -> List[Node]:
    nodes: List[Node] = []
    for number in range(draw(st.integers(1, largest))):
        before = st.integers(0, number - 1) if number else st.nothing()
        reads = draw(st.dictionaries(before, st.booleans(), max_size=min(3, number)))
        each = draw(
            st.sampled_from([-1, *(one for one, optional in reads.items() if not optional)])
        )
        when = draw(st.just(-1) | before) if number else -1
        ends = draw(st.sampled_from(["value", "value", "value", "stream", "failed", "skipped"]))
        storage = draw(st.sampled_from([None, lake, pond]))
        cache = draw(st.sampled_from([None, None, False])) if not reads else None
        nodes.append(Node(tuple(reads.items()), each, when, ends, storage, cache))
    return nodes


def pipeline_of(nodes: List[Node], versions: List[int]) -> Pipeline:
    """The pipeline, each task with the version that stands for its code, for there is no source."""
    pipeline = Pipeline("random")
    scope: Dict[str, Any] = {
        f"d{number}": Dataset(f"d{number}", storage=node.storage)
        for number, node in enumerate(nodes)
    }
    scope.update(work=work, stream=stream, Context=Context)
    for number, node in enumerate(nodes):
        reads = ", ".join(
            f"a{read}: d{read}{'.each' if read == node.each else ' | None' if optional else ''}"
            for read, optional in node.reads
        )
        values = ", ".join(f"a{read}" for read, _ in node.reads)
        makes = "stream" if node.ends == "stream" and node.each < 0 else "work"
        exec(
            f"def t{number}({reads}) -> d{number}:\n"
            f"    return {makes}({node.ends!r}, {number}, {versions[number] // 2}, [{values}])",
            scope,
        )
        when = scope[f"d{node.when}"] if node.when >= 0 else None
        task = pipeline.task(version=versions[number], when=when, cache=node.cache)
        task(scope[f"t{number}"])
    return pipeline


def work(ends: str, number: int, version: int, values: List[Any]) -> Any:
    if ends == "failed":
        raise ValueError(f"task {number}")
    if ends == "skipped":
        raise Skip(f"task {number}")
    return [number, version, len(repr(values))]


def stream(ends: str, number: int, version: int, values: List[Any]) -> Any:
    yield from work(ends, number, version, values)


class Outcome(NamedTuple):
    """How a run went: states and errors by task, the values that can be had, and what began."""

    tasks: Dict[str, Tuple[str, Any, str]]
    values: Dict[str, Any]
    began: Set[str]


def outcome(executor: Any, pipeline: Pipeline, nodes: List[Node], **request: Any) -> Outcome:
    order: List[Tuple[str, str]] = []

    def listen(event: Any) -> None:
        if type(event).__name__ in ("TaskStarted", "TaskFinished"):
            order.append((type(event).__name__, event.step.task))

    run = executor.execute(
        pipeline, keep=True, raise_on_failure=False, listeners=[listen], **request
    )
    for number, node in enumerate(nodes):
        assert order.count(("TaskFinished", f"t{number}")) == 1
        if ("TaskStarted", f"t{number}") in order:
            started = order.index(("TaskStarted", f"t{number}"))
            needed = [*[read for read, _ in node.reads], *[node.when][: node.when + 1]]
            for read in needed:
                assert order.index(("TaskFinished", f"t{read}")) < started
    tasks = {
        name: (str(task.state), type(task.error), str(task.error))
        for name, task in run.tasks.items()
    }
    values = {
        f"d{number}": run[f"d{number}"]
        for number in range(len(nodes))
        if tasks[f"t{number}"][0] in ("succeeded", "up_to_date")
    }
    return Outcome(tasks, values, {task for what, task in order if what == "TaskStarted"})


def as_if_run(tasks: Dict[str, Tuple[str, Any, str]]) -> Dict[str, Tuple[str, Any, str]]:
    """The same with what was up to date as if it had run."""
    return {
        name: (state.replace("up_to_date", "succeeded"), *rest)
        for name, (state, *rest) in tasks.items()
    }


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes=shapes(largest=5), cache=st.booleans())
def test_inline_threads_processes_and_as_deployed_agree(nodes: List[Node], cache: bool) -> None:
    versions = [0] * len(nodes)
    expected = outcome(InlineExecutor(), pipeline_of(nodes, versions), nodes)
    options: List[Dict[str, Any]] = [{}, {"processes": True}, {"as_deployed": True}]
    for one in options:
        with tempfile.TemporaryDirectory() as root:
            executor = LocalExecutor(2, root=root, history=False, cache=cache, **one)
            for _ in range(2):
                found = outcome(executor, pipeline_of(nodes, versions), nodes)
                assert as_if_run(found.tasks) == expected.tasks, one
                assert found.values == expected.values, one


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes=shapes(), workers=st.integers(1, 2))
def test_with_a_cache_nothing_runs_twice(nodes: List[Node], workers: int) -> None:
    versions = [0] * len(nodes)
    with tempfile.TemporaryDirectory() as root:
        executor = LocalExecutor(workers, root=root, history=False, cache=True)
        first = outcome(executor, pipeline_of(nodes, versions), nodes)
        second = outcome(executor, pipeline_of(nodes, versions), nodes)
    assert second.values == first.values
    for number, node in enumerate(nodes):
        state = first.tasks[f"t{number}"][0]
        expected = "up_to_date" if state == "succeeded" and node.cache is not False else state
        assert second.tasks[f"t{number}"][0] == expected


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), nodes=shapes(), cache=st.booleans())
def test_what_is_explained_as_not_running_does_not_run(
    data: st.DataObject, nodes: List[Node], cache: bool
) -> None:
    # Odd versions give the values of the even ones before them: then what follows need not run.
    before = [data.draw(st.integers(0, 1)) for _ in nodes]
    after = [data.draw(st.sampled_from([one, one, one + 1, one + 2])) for one in before]
    with tempfile.TemporaryDirectory() as root:
        executor = LocalExecutor(2, root=root, history=False, cache=cache)
        outcome(executor, pipeline_of(nodes, before), nodes)
        told = executor.explain(pipeline_of(nodes, after))
        assert [one.task for one in told] == [f"t{number}" for number in range(len(nodes))]
        assert all(one.why for one in told)
        found = outcome(executor, pipeline_of(nodes, after), nodes)

    fresh = outcome(InlineExecutor(), pipeline_of(nodes, after), nodes)
    assert found.values == fresh.values, "what is reused is what would be made"
    assert as_if_run(found.tasks) == fresh.tasks
    for one in told:
        if not one.runs:
            assert one.task not in found.began, one
        elif one.task not in found.began:  # it said so, or something before it went wrong
            hindered = found.tasks[one.task][0] in ("upstream_failed", "skipped")
            assert hindered or "it will not if that is as it was" in one.why, one


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nodes=shapes(), cache=st.booleans(), data=st.data())
def test_a_resumed_run_makes_what_a_new_one_would(
    nodes: List[Node], cache: bool, data: st.DataObject
) -> None:
    broken = data.draw(st.integers(0, len(nodes) - 1))
    failing = [
        node._replace(ends="failed") if number == broken else node
        for number, node in enumerate(nodes)
    ]
    # The version stands for the code, and the task that failed is mended.
    versions = [0] * len(nodes)
    mended = [2 if number == broken else 0 for number in range(len(nodes))]
    expected = outcome(InlineExecutor(), pipeline_of(nodes, mended), nodes)
    with tempfile.TemporaryDirectory() as root:
        executor = LocalExecutor(2, root=root, history=True, cache=cache)
        failed = executor.execute(pipeline_of(failing, versions), raise_on_failure=False)
        done = {name for name, task in failed.tasks.items() if str(task.state) == "succeeded"}
        if not failed.resumable:
            assert not done or not any(str(t.state) == "failed" for t in failed.tasks.values())
            return
        found = outcome(executor, pipeline_of(nodes, mended), nodes, resume=failed.run_id)
        assert as_if_run(found.tasks) == expected.tasks
        repeated = found.began & done
        # What was done is repeated only where nobody needed it any more, and all are to be kept.
        unstored = {f"t{number}" for number, node in enumerate(nodes) if node.storage is None}
        assert repeated <= unstored
        assert not (cache and repeated)
        for name, value in found.values.items():
            assert value == expected.values[name]
