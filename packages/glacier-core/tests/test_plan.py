"""Plans: frozen, without code, the same every time, and as JSON what crosses machines."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Blueprint, blueprints, build, chain, fan_in, fan_out, names

from glacier.core import Context, Dataset, Permission, Pipeline, Secret
from glacier.core.errors import RecordError
from glacier.core.plan import Plan, make_plan
from glacier.core.step import FORMAT, Caching, Identity, Policy, Slot, Step

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

raw = Dataset("raw")
clean = Dataset("clean")
flag = Dataset("flag")


def slots() -> st.SearchStrategy[Slot]:
    kinds = st.sampled_from(["input", "parameter", "secret", "context", "fixed"])
    flags = [st.booleans() for _ in range(5)]
    return st.builds(Slot, names(), kinds, names(), *flags)


def steps() -> st.SearchStrategy[Step]:
    several = st.lists(names(), max_size=3).map(tuple)
    return st.builds(
        Step,
        names(),
        st.lists(slots(), max_size=3).map(tuple),
        several,
        st.booleans(),
        st.none() | names(),
        st.booleans(),
        several,
        st.booleans(),
        st.integers(-1, 3),
        st.booleans(),
        st.none() | policies(),
        st.none() | cachings(),
        st.floats(-1e9, 1e9),
    )


def cachings() -> st.SearchStrategy[Caching]:
    seconds = st.floats(0, 1e9)
    return st.builds(Caching, st.none() | st.booleans(), st.none() | seconds, st.none() | names())


def policies() -> st.SearchStrategy[Policy]:
    seconds = st.floats(0, 1e9)
    kinds = st.lists(names(), max_size=2).map(tuple)
    return st.builds(Policy, st.integers(0, 9), seconds, kinds, st.none() | seconds)


def plans() -> st.SearchStrategy[Plan]:
    given_names = st.lists(names(), max_size=3).map(tuple)
    several = st.lists(steps(), max_size=4).map(tuple)
    pairs = st.lists(st.tuples(names(), names()), max_size=2).map(tuple)
    identity = st.builds(Identity, names(), st.just("") | names(), pairs)
    identities = st.lists(identity, max_size=2).map(tuple)
    return st.builds(Plan, names(), several, given_names, st.just(FORMAT), identities)


def step_of(pipeline: Pipeline, task: str, **options: Any) -> Step:
    inputs = options.pop("inputs", ())
    plan = make_plan(pipeline.graph(inputs=inputs), **options)
    return next(step for step in plan.steps if step.task == task)


# --- JSON -----------------------------------------------------------------------------------------


@given(plan=plans())
def test_a_plan_comes_back_from_json_as_it_was(plan: Plan) -> None:
    text = json.dumps(plan.to_json())

    assert Plan.from_json(json.loads(text)) == plan
    assert json.dumps(Plan.from_json(json.loads(text)).to_json()) == text


@given(blueprint=blueprints())
def test_the_plan_of_a_pipeline_comes_back_from_json(blueprint: Blueprint) -> None:
    plan = make_plan(build(blueprint).graph(inputs=blueprint.sources))

    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_plan_as_json_can_be_read() -> None:
    pipeline = Pipeline("etl")

    allowed = [Permission("get", "table")]

    @pipeline.task(when=flag, tags=["nightly"], permissions=allowed, group="small")
    def load(item: raw.each, day: str, *, limit: int = 3) -> clean: ...

    plan = make_plan(pipeline.graph(inputs=[raw, flag]), given=["raw", "flag"])

    assert plan.to_json() == {
        "format": 1,
        "pipeline": "etl",
        "given": ["raw", "flag"],
        "steps": [
            {
                "task": "load",
                "slots": [
                    slot_json("item", "input", "raw", each=True),
                    slot_json("day", "parameter", "day"),
                    slot_json("limit", "parameter", "limit", keyword=True),
                ],
                "outputs": ["clean"],
                "many": False,
                "when": "flag",
                "is_async": False,
                "tags": ["nightly"],
                "plain": False,
                "each": 0,
                "lazy": False,
                "policy": None,
                "caching": None,
                "priority": 0,
            }
        ],
        "identities": [{"task": "load", "group": "small", "permissions": [["get", "table"]]}],
    }


def slot_json(parameter: str, kind: str, source: str, **flags: bool) -> Dict[str, Any]:
    no = dict.fromkeys(("keyword", "each", "optional", "defaulted", "stream"), False)
    return {"parameter": parameter, "kind": kind, "source": source, **no, "wanted": "", **flags}


@pytest.mark.parametrize("found", [0, FORMAT + 1, "1", None])
def test_another_format_is_refused_by_name(found: Any) -> None:
    with pytest.raises(RecordError) as caught:
        Plan.from_json({**Plan("etl", ()).to_json(), "format": found})

    assert str(caught.value) == (
        f"plan has format {found!r}, but this version of glacier-pipeline reads format 1. "
        "Use the same version of glacier-pipeline on both sides."
    )


@pytest.mark.parametrize("data", [None, [], "plan", {}])
def test_what_is_no_plan_has_no_format(data: Any) -> None:
    with pytest.raises(RecordError, match="plan has format None, but this version"):
        Plan.from_json(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": None}, "TypeError"),
        ({"pipeline": ...}, "KeyError: 'pipeline'"),
        ({"steps": ...}, "KeyError: 'steps'"),
        ({"given": 3}, "TypeError"),
        ({"steps": [{}]}, "KeyError: 'slots'"),
        ({"identities": [{}]}, "KeyError: 'permissions'"),
        ({"identities": [{"task": "a", "group": "", "permissions": [["b"]]}]}, "ValueError"),
        ({"steps": [{"slots": [], "outputs": [], "tags": [], "task": "a", "new": 1}]}, "'new'"),
        ({"steps": [{"slots": [{"x": 1}], "outputs": [], "tags": [], "task": "a"}]}, "'x'"),
    ],
)
def test_a_broken_plan_says_what_is_wrong_with_it(change: Dict[str, Any], said: str) -> None:
    data = {**Plan("etl", ()).to_json(), **change}
    data = {key: value for key, value in data.items() if value is not ...}

    with pytest.raises(RecordError) as caught:
        Plan.from_json(data)

    assert str(caught.value).startswith("plan is broken: ")
    assert said in str(caught.value)


# --- what is in it --------------------------------------------------------------------------------


def parts(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from parts(part)


@given(blueprint=blueprints())
def test_a_plan_holds_names_and_flags_and_no_code(blueprint: Blueprint) -> None:
    plan = make_plan(build(blueprint).graph(inputs=blueprint.sources))

    for value in parts([plan.pipeline, plan.steps, plan.given, plan.format]):
        assert value is None or isinstance(value, (str, bool, int, tuple, list))
    assert pickle.loads(pickle.dumps(plan)) == plan


@given(blueprint=blueprints())
def test_steps_come_in_the_order_of_the_graph(blueprint: Blueprint) -> None:
    graph = build(blueprint).graph(inputs=blueprint.sources)
    plan = make_plan(graph, given=sorted(blueprint.sources))

    assert [step.task for step in plan.steps] == [graph.tasks[task].name for task in graph.order]
    assert plan.given == tuple(sorted(blueprint.sources))
    nodes = {node.name: node for node in blueprint.nodes}
    for step in plan.steps:
        node = nodes[step.task]
        assert step.inputs == node.reads
        assert (step.outputs, step.when, step.tags) == (node.makes, node.when, node.tags)
        assert step.many is (len(node.makes) > 1)
        assert step.plain


def test_a_plan_does_not_depend_on_the_order_of_sets() -> None:
    script = (
        "import json, sys; sys.path.append(sys.argv[1]); from strategies import *; "
        "print(json.dumps(build(Blueprint(tuple("
        "Node(f't{n}', tuple(f's{m}' for m in range(n)), (f's{n}', f'x{n}')) for n in range(9)"
        "))).plan().to_json()))"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parent)]
    found = {
        subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, check=True, stdout=subprocess.PIPE
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(found) == 1


def test_every_kind_of_argument_has_its_slot() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def load(
        a: raw,
        b: Annotated[Iterator[int], clean],
        c: Optional[flag],  # type: ignore[valid-type]  # read at run time
        key: Annotated[str, Secret("crm-key")],
        context: Context,
        day: str,
        kind: object = 3,
        *,
        d: raw = None,
    ) -> None: ...

    step = step_of(pipeline, "load", inputs=[raw, clean, flag])

    assert step.slots == (
        Slot("a", "input", "raw"),
        Slot("b", "input", "clean", stream=True, wanted="collections.abc.Iterator"),
        Slot("c", "input", "flag", optional=True),
        Slot("key", "secret", "crm-key"),
        Slot("context", "context", "context"),
        Slot("day", "parameter", "day"),
        Slot("kind", "fixed", "kind"),
        Slot("d", "input", "raw", keyword=True, optional=True, defaulted=True),
    )
    assert step.inputs == ("raw", "clean", "flag", "raw")
    assert not step.plain
    assert step.each == -1


@pytest.mark.parametrize(
    ("annotation", "plain"),
    [
        (raw, True),
        (Annotated[int, raw], True),
        (raw.each, True),
        (raw | None, False),
        (Annotated[Iterator[int], raw], False),
        (int, False),
        (Context, False),
    ],
)
def test_a_step_is_plain_where_all_that_it_takes_are_values_by_position(
    annotation: Any, plain: bool
) -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def load(data: annotation) -> None: ...

    assert step_of(pipeline, "load", inputs=[raw]).plain is plain


def test_a_mapped_step_counts_its_inputs_alone() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def load(day: str, whole: clean, item: raw.each) -> None: ...

    assert step_of(pipeline, "load", inputs=[raw, clean]).each == 1


def test_an_async_step_is_marked() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    async def load(data: raw) -> (clean, flag): ...

    step = step_of(pipeline, "load", inputs=[raw])
    assert (step.is_async, step.many) == (True, True)


# --- streams --------------------------------------------------------------------------------------


def streamed(*consumers: Callable[..., Any], keep: Any = (), when: Any = None) -> bool:
    """Whether what a generator yields goes as it is to these consumers."""
    pipeline = Pipeline("etl")

    @pipeline.task
    def produce() -> raw:
        yield 1

    for number, consumer in enumerate(consumers):
        pipeline.task(name=f"consume-{number}", when=when)(consumer)
    return step_of(pipeline, "produce", keep=keep).lazy


def stream(data: Annotated[Iterator[int], raw]) -> None: ...


def whole(data: raw) -> None: ...


def twice(data: Annotated[Iterator[int], raw], again: Annotated[Iterator[int], raw]) -> None: ...


def beside(data: Annotated[Iterator[int], raw], again: raw) -> None: ...


def test_one_reader_that_asks_for_a_stream_gets_it() -> None:
    assert streamed(stream)


@pytest.mark.parametrize(
    "consumers", [(), (whole,), (stream, stream), (stream, whole), (twice,), (beside,)]
)
def test_a_value_that_others_need_too_is_collected(consumers: List[Callable[..., Any]]) -> None:
    assert not streamed(*consumers)


def test_a_value_that_is_kept_or_decides_is_collected() -> None:
    assert not streamed(stream, keep=["raw"])
    assert not streamed(stream, when=raw)


def test_a_mapped_producer_and_one_with_several_outputs_are_collected() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def mapped(item: flag.each) -> raw: ...

    @pipeline.task
    def several() -> (clean, flag): ...

    @pipeline.task
    def read_raw(data: Annotated[Iterator[int], raw]) -> None: ...

    @pipeline.task
    def read_clean(data: Annotated[Iterator[int], clean]) -> None: ...

    assert not step_of(pipeline, "mapped").lazy
    assert not step_of(pipeline, "several").lazy


# --- the object -----------------------------------------------------------------------------------


def test_a_plan_is_frozen_and_compared_by_what_it_says() -> None:
    one, two = (Plan("etl", (Step("load", (), ("raw",)),), ("clean",)) for _ in range(2))

    assert one == two
    assert hash(one) == hash(two)
    assert one.wiring == two.wiring
    assert one != Plan("etl", ())
    assert repr(one) == "<Plan of 'etl': 1 steps>"
    assert "wiring" in vars(one)
    assert "wiring" not in vars(pickle.loads(pickle.dumps(one)))
    with pytest.raises(AttributeError):
        one.pipeline = "other"  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize("shape", [chain, fan_out, fan_in])
def test_the_work_grows_with_the_number_of_tasks_and_no_faster(
    shape: Callable[[int], Pipeline], work: Callable[[Callable[[], object]], int]
) -> None:
    def planning(tasks: int) -> int:
        graph = shape(tasks).graph()
        return work(lambda: make_plan(graph, keep=list(graph.datasets)))

    assert planning(400) < 2.2 * planning(200)
