"""Random pipelines give the same deployed as they do here: states, errors, values, what is reused.

Every call sees the workspace and its payload alone; the reference runs them in one process.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from deployed_pipeline import Deployment, deploy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glacier.core import Context, Dataset, ObjectStorage, Pipeline, Skip
from glacier.core.remote.client import feed, request_of
from glacier.core.run import Run
from glacier.core.testing import InlineExecutor

EXAMPLES = 3 * int(os.environ.get("GLACIER_EXAMPLES", "100")) // 10


class Node(NamedTuple):
    """A task: the earlier ones that it reads, each needed or optional, which of them it is mapped
    over (or none), which decides whether it runs (or none), how it ends, after how many attempts
    that fail, how many outputs it has, whether its dataset lies elsewhere than the workspace."""

    reads: Tuple[Tuple[int, bool], ...]
    each: int
    when: int
    ends: str
    flaws: int
    outputs: int
    elsewhere: bool


@st.composite
def shapes(draw: st.DrawFn, *, largest: int = 6) -> List[Node]:
    nodes: List[Node] = []
    for number in range(draw(st.integers(1, largest))):
        before = st.integers(0, number - 1) if number else st.nothing()
        reads = draw(st.dictionaries(before, st.booleans(), max_size=min(3, number)))
        each = draw(
            st.sampled_from([-1, *(one for one, optional in reads.items() if not optional)])
        )
        when = draw(st.just(-1) | before) if number else -1
        ends = draw(
            st.sampled_from(
                ["value", "value", "value", "stream", "nothing", "failed", "skipped", "one"]
            )
        )
        flaws, outputs = draw(st.integers(0, 2)), draw(st.integers(1, 2))
        elsewhere = draw(st.booleans())
        nodes.append(Node(tuple(reads.items()), each, when, ends, flaws, outputs, elsewhere))
    return nodes


def pipeline_of(
    nodes: List[Node], versions: Optional[List[int]] = None, calls: Optional[List[str]] = None
) -> Pipeline:
    """The pipeline, each task with the version that stands for its code, for there is no source.

    ``calls`` are told of each call of a function.
    """
    pipeline = Pipeline("random")
    told: List[str] = [] if calls is None else calls
    scope: Dict[str, Any] = {"work": work, "stream": stream, "Context": Context, "told": told}
    pond = ObjectStorage("pond")
    for number, node in enumerate(nodes):
        storage = pond if node.elsewhere else None
        scope[f"d{number}"] = Dataset(f"d{number}", storage=storage)
        scope[f"e{number}"] = Dataset(f"e{number}")
    from typing import Tuple as Many

    scope["Many"] = Many
    for number, node in enumerate(nodes):
        reads = "".join(
            f"a{read}: d{read}{'.each' if read == node.each else ' | None' if optional else ''}, "
            for read, optional in node.reads
        )
        values = ", ".join(f"a{read}" for read, _ in node.reads)
        is_stream = node.ends == "stream" and node.each < 0 and node.outputs == 1
        makes = "stream" if is_stream else "work"
        made = f"{makes}(told, context, {node.ends!r}, {node.flaws}, {number}, [{values}])"
        gives, returns = f"d{number}", made
        if node.outputs == 2:
            gives, returns = f"Many[d{number}, e{number}]", f"({made}, {number})"
        exec(f"def t{number}({reads}context: Context) -> {gives}:\n    return {returns}", scope)
        pipeline.task(
            version=0 if versions is None else versions[number],
            when=scope[f"d{node.when}"] if node.when >= 0 else None,
            retries=1,
            retry_delay=0,
        )(scope[f"t{number}"])
    return pipeline


def work(
    told: List[str], context: Context, ends: str, flaws: int, number: int, values: List[Any]
) -> Any:
    told.append(context.task)
    if context.attempt <= flaws:
        raise KeyError(f"attempt {context.attempt}")
    if ends == "failed":
        raise ValueError(f"task {number}", {"values": len(values)})
    if ends == "skipped" or (ends == "one" and context.item == 1):
        raise Skip(f"task {number}")
    return [] if ends == "nothing" else [number, len(repr(values))]


def stream(*known: Any) -> Any:
    yield from work(*known)


Tasks = Dict[str, Tuple[str, Any, str, str]]


def here(nodes: List[Node], **request: Any) -> Tuple[Tasks, Dict[str, Any]]:
    """How a run of the same goes in one process, and what it makes."""
    run: Run = InlineExecutor().execute(
        pipeline_of(nodes), keep=True, raise_on_failure=False, **request
    )
    tasks = {
        name: (
            str(task.state), type(task.error), str(task.error),
            task.reason if str(task.state) == "skipped" else "",
        )
        for name, task in run.tasks.items()
    }  # fmt: skip
    return tasks, values_of(tasks, nodes, lambda name: run[name])


def values_of(tasks: Tasks, nodes: List[Node], value: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for number, node in enumerate(nodes):
        if tasks.get(f"t{number}", ("",))[0] in ("succeeded", "up_to_date"):
            names = [f"d{number}", f"e{number}"][: node.outputs]
            found.update({name: value(name) for name in names})
    return found


def there(deployed: Deployment, nodes: List[Node], **request: Any) -> Tuple[str, Tasks, Any]:
    """The id of a run of what is deployed, how it goes, and what it makes."""
    ended = deployed.run(**request)
    begun = deployed.make().begun(ended.run)
    tasks: Tasks = {}
    for name, state in ended.states.items():
        if not begun.steps[name].selected:
            continue
        error = deployed.error(ended, name) if state == "failed" else None
        reason = ""
        called = any(one.get("task") == name for one in ended.sent)
        if state == "skipped" and called:
            reason = deployed.end(ended, name).reason
        tasks[name] = (state, type(error), str(error), reason)
    assert (ended.state == "failed") == any("failed" in one[0] for one in tasks.values())
    return ended.run, tasks, values_of(tasks, nodes, lambda name: deployed.value(ended, name))


def same(found: Tasks, expected: Tasks) -> None:
    assert {name: one[:3] for name, one in as_if_run(found).items()} == {
        name: one[:3] for name, one in expected.items()
    }
    for name, (*_, reason) in found.items():
        assert reason in ("", expected[name][3])


def as_if_run(tasks: Tasks) -> Tasks:
    return {
        name: (state.replace("up_to_date", "succeeded"), *rest)
        for name, (state, *rest) in tasks.items()
    }


def deployment(
    nodes: List[Node], root: str, versions: Optional[List[int]] = None, **more: Any
) -> Tuple[Deployment, List[str]]:
    calls: List[str] = []
    pond = (Path(root) / "pond").absolute().as_uri()
    names = tuple([f"d{number}" for number, node in enumerate(nodes) if node.elsewhere])
    pipeline = pipeline_of(nodes, versions, calls)
    return deploy(pipeline, Path(root), stores={pond: names}, **more), calls


SLOW = [HealthCheck.too_slow]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(nodes=shapes(), data=st.data())
def test_what_is_deployed_does_as_it_does_here(nodes: List[Node], data: st.DataObject) -> None:
    expected, values = here(nodes)
    with tempfile.TemporaryDirectory() as root:
        deployed, calls = deployment(nodes, root)
        run, found, made = there(deployed, nodes)
        same(found, expected)
        assert made == values
        # The same run again: what has ended answers from its record.
        done = {name for name, (state, *_) in found.items() if state == "succeeded"}
        del calls[:]
        again, repeated, made = there(deployed, nodes, run=run)
        assert (again, repeated, made) == (run, found, values)
        assert not done.intersection(calls)
        # A part of it, fed with what the rest would make.
        chosen = data.draw(st.sets(st.integers(0, len(nodes) - 1), min_size=1))
        check_part(nodes, deployed, sorted(chosen), values)


def check_part(
    nodes: List[Node], deployed: Deployment, chosen: List[int], values: Dict[str, Any]
) -> None:
    """Select some tasks, and feed them with what the others have made."""
    read = {f"d{one}" for number in chosen for one, _ in nodes[number].reads}
    read |= {f"d{nodes[number].when}" for number in chosen if nodes[number].when >= 0}
    names = read - {f"d{number}" for number in chosen}
    if not names <= set(values):
        return
    fed = {name: values[name] for name in names}
    select = [f"t{number}" for number in chosen]
    expected, made_here = here(nodes, select=select, inputs=fed)
    program = deployed.make()
    launch = program.pipeline.prepare(select=select, inputs=fed)
    datasets = {name: program.placed(one) for name, one in program.graph.datasets.items()}
    assert launch.whole is not None
    launch = launch._replace(whole=launch.whole._replace(datasets=datasets))
    run = "20260201T000000.000000Z-aaaaaa"
    request = request_of(run, select=select, inputs=feed(launch, program.places, run))
    again, found, made = there(deployed, nodes, **request)
    assert again == run
    same(found, expected)
    assert made == made_here


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(nodes=shapes())
def test_with_a_cache_nothing_runs_twice(nodes: List[Node]) -> None:
    with tempfile.TemporaryDirectory() as root:
        # What reads nothing says by its version when it is out of date.
        deployed, calls = deployment(nodes, root, cache=True)
        _, first, values = there(deployed, nodes)
        done = {name for name, (state, *_) in first.items() if state == "succeeded"}
        del calls[:]
        _, second, again = there(deployed, nodes)
    assert again == values
    same(second, first)
    assert {name for name, (state, *_) in second.items() if state == "up_to_date"} == done
    assert not done.intersection(calls)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(nodes=shapes(), data=st.data())
def test_a_resumed_run_makes_what_a_new_one_would(nodes: List[Node], data: st.DataObject) -> None:
    broken = data.draw(st.integers(0, len(nodes) - 1))
    failing = [
        node._replace(ends="failed") if number == broken else node
        for number, node in enumerate(nodes)
    ]
    mended = [1 if number == broken else 0 for number in range(len(nodes))]
    expected, values = here(nodes)
    with tempfile.TemporaryDirectory() as root:
        run, failed, _ = there(deployment(failing, root)[0], failing)
        done: Set[str] = {name for name, (state, *_) in failed.items() if state == "succeeded"}
        deployed, calls = deployment(nodes, root, versions=mended)
        _, found, made = there(deployed, nodes, resume=run)
    same(found, expected)
    assert made == values
    assert not (done - {f"t{broken}"}).intersection(calls) or not done
