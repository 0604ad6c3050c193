"""Launches: a request is checked as a whole, and then holds all that a run needs."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, List, Set, Type

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import at
from strategies import Blueprint, blueprints, build, chain

from glacier.core import Dataset, Pipeline, RunFailed, Secret
from glacier.core.errors import (
    GlacierError,
    InvalidRequest,
    MissingInput,
    MissingProducer,
    MissingSecret,
    RequestErrors,
    UnknownName,
)
from glacier.core.launch import Declared, launch
from glacier.core.testing import InlineExecutor

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

raw = Dataset("raw")
clean = Dataset("clean")
page = Dataset("page")

ran: List[str] = []
pipeline = Pipeline("etl")


@pipeline.task
def extract() -> raw:
    ran.append("extract")
    return "extracted"


@pipeline.task
def transform(data: raw) -> clean:
    ran.append("transform")
    return f"{data} and transformed"


@pipeline.task
def report(data: clean) -> page:
    ran.append("report")
    return f"{data} and reported"


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


def execute(**options: Any) -> Any:
    return InlineExecutor().execute(pipeline, **options)


def refused(kind: Type[GlacierError], **options: Any) -> str:
    with pytest.raises(GlacierError) as caught:
        execute(**options)
    assert type(caught.value) is kind
    assert not ran
    return str(caught.value)


# --- inputs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [raw, "raw", Dataset("raw")])
def test_an_input_takes_the_place_of_its_producer(key: Any) -> None:
    result = execute(inputs={key: "given"})

    assert ran == ["transform", "report"]
    assert result["page"] == "given and transformed and reported"


def test_an_input_of_which_all_follows_is_all_that_is_needed() -> None:
    result = execute(inputs={"clean": "given"})

    assert ran == ["report"]
    assert list(result.tasks) == ["report"]


def test_where_all_results_are_given_nothing_runs_and_they_are_there() -> None:
    result = execute(inputs={"page": "given"})

    assert ran == []
    assert result.state == "succeeded"
    assert result.values == {"page": "given"}
    assert result[page] == "given"


def test_what_is_given_and_not_read_stays_in_the_run() -> None:
    result = execute(inputs={"raw": 1, "clean": 2})

    assert ran == ["report"]
    assert result["raw"] == 1


def test_an_unknown_input_names_the_nearest() -> None:
    assert refused(UnknownName, inputs={"rwa": 1}) == (
        "inputs of pipeline 'etl': there is no dataset 'rwa'. Did you mean 'raw'?"
    )
    assert refused(UnknownName, inputs={3: 1}) == (
        "inputs of pipeline 'etl': there is no dataset '3'. Known: 'clean', 'page' and 'raw'."
    )


def test_a_task_is_no_input() -> None:
    assert refused(UnknownName, inputs={extract: 1}) == (
        "inputs of pipeline 'etl': there is no dataset 'extract'. "
        "That is a task: name the dataset that it produces."
    )


def test_inputs_are_a_mapping() -> None:
    assert refused(InvalidRequest, inputs=[raw]) == (
        "inputs= is a list. Give a mapping from dataset to value: inputs={raw: …}."
    )


def test_an_input_is_given_once() -> None:
    assert refused(InvalidRequest, inputs={raw: 1, "raw": 2}) == (
        "inputs= gives 'raw' twice. Give it by name or as a dataset, not both."
    )


def test_an_input_may_have_no_producer_at_all() -> None:
    half = Pipeline("half")

    @half.task
    def load(data: raw) -> clean:
        return data

    with pytest.raises(MissingProducer):
        InlineExecutor().execute(half)
    assert InlineExecutor().execute(half, inputs={"raw": 1})["clean"] == 1


@given(blueprint=blueprints(), data=st.data())
def test_what_is_given_is_never_produced_and_all_that_is_needed_is_there(
    blueprint: Blueprint, data: st.DataObject
) -> None:
    made = sorted(blueprint.makers)
    some = data.draw(st.sets(st.sampled_from(made))) if made else set()
    inputs = dict.fromkeys([*some, *blueprint.sources], "given")

    result = InlineExecutor().execute(build(blueprint), inputs=inputs, keep=True)

    for name, value in result.values.items():
        assert value == ("given" if name in inputs else blueprint.makers[name])
    needed: Set[str] = {name for step in result.plan.steps for name in step.inputs}
    assert needed <= set(result.values)
    assert set(inputs) <= set(result.values)


# --- keep -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ((), {"page"}),
        (None, {"page"}),
        (iter(()), {"page"}),
        (False, {"page"}),
        (True, {"raw", "clean", "page"}),
        ([raw], {"raw", "page"}),
        (["raw", clean], {"raw", "clean", "page"}),
        ("raw", {"raw", "page"}),
        (raw, {"raw", "page"}),
        ((name for name in ["clean"]), {"clean", "page"}),
    ],
)
def test_what_is_to_be_kept_is_kept(keep: Any, kept: Set[str]) -> None:
    assert set(execute(keep=keep).values) == kept


def test_an_unknown_dataset_to_keep_names_the_nearest() -> None:
    assert refused(RequestErrors, keep=["rwa", Dataset("pgae")]) == (
        "the run of pipeline 'etl' cannot start:\n"
        "  1. keep of pipeline 'etl': there is no dataset 'rwa'. Did you mean 'raw'?\n"
        "  2. keep of pipeline 'etl': there is no dataset 'pgae'. Did you mean 'page'?"
    )


def test_keep_is_datasets_or_a_bool() -> None:
    assert refused(InvalidRequest, keep=3) == (
        "keep= is 3. Give the datasets to keep, or True for all."
    )


def test_a_dataset_outside_the_selection_need_not_be_kept() -> None:
    assert set(execute(select="extract", keep=["page", "raw"]).values) == {"raw"}


# --- selections -----------------------------------------------------------------------------------


def test_what_a_task_that_was_left_out_produces_is_missing() -> None:
    assert refused(MissingInput, select="clean+") == (
        f"'transform' reads 'raw', but the selection leaves out {at(extract)}, which produces it. "
        "Run that too, with select='+transform', or feed it: inputs={'raw': …}."
    )


def test_all_that_a_selection_lacks_is_reported_together() -> None:
    text = refused(RequestErrors, select=["extract", "report"], keep=["x"], params={"y": 1})

    assert "1. keep of pipeline 'etl': there is no dataset 'x'." in text
    assert "2. params of pipeline 'etl': there is no run parameter 'y'." in text or (
        "3. params of pipeline 'etl': there is no run parameter 'y'." in text
    )
    assert "'report' reads 'clean', but the selection leaves out " in text


def test_several_readers_of_what_is_missing_are_named() -> None:
    fan = Pipeline("fan")

    @fan.task
    def source() -> raw: ...

    @fan.task(tags="part")
    def one(data: raw) -> None: ...

    @fan.task(tags="part")
    def two(data: raw) -> None: ...

    with pytest.raises(MissingInput, match=r"^'one' and 'two' read 'raw', but the selection"):
        InlineExecutor().execute(fan, select="tag:part")


def test_a_selection_runs_with_what_it_is_given() -> None:
    assert execute(select="clean+", inputs={"raw": "given"})["page"].startswith("given and ")
    assert ran == ["transform", "report"]


# --- going on after a failure ---------------------------------------------------------------------


def test_a_run_goes_on_from_the_values_of_another_without_repeating_it() -> None:
    flaky, failures = Pipeline("flaky"), ["once", "twice"]
    left, right, end = Dataset("left"), Dataset("right"), Dataset("end")
    log: List[str] = []

    @flaky.task
    def one() -> left:
        log.append("one")
        return 1

    @flaky.task
    def two() -> right:
        log.append("two")
        return 2

    @flaky.task
    def three(data: right) -> end:
        if failures:
            raise ValueError(failures.pop())
        return data + 1

    values: Dict[str, Any] = {}
    for _ in range(2):
        with pytest.raises(RunFailed) as caught:
            InlineExecutor().execute(flaky, inputs=values)
        values = caught.value.run.values
        assert values == {"left": 1, "right": 2}
    result = InlineExecutor().execute(flaky, inputs=values)

    assert log == ["one", "two"]
    assert (result["left"], result["end"]) == (1, 3)


# --- secrets --------------------------------------------------------------------------------------


def test_all_secrets_that_are_missing_are_named_with_their_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secretive = Pipeline("secretive")

    @secretive.task
    def fetch(key: Annotated[str, Secret("crm-key")]) -> raw:
        return key

    @secretive.task
    def send(data: raw, key: Annotated[str, Secret("crm-key")]) -> clean:
        return data

    with pytest.raises(MissingSecret) as caught:
        InlineExecutor().execute(secretive)
    assert str(caught.value) == (
        "secret 'crm-key' is needed by fetch and send, but the environment variable "
        "GLACIER_SECRET_CRM_KEY is not set. Set it before the run; its value is never logged."
    )

    monkeypatch.setenv("GLACIER_SECRET_CRM_KEY", "s3cret")
    assert InlineExecutor().execute(secretive)["clean"] == "s3cret"


# --- the launch -----------------------------------------------------------------------------------


def test_a_launch_has_one_function_and_parameters_for_each_step() -> None:
    prepared = pipeline.prepare(inputs={"raw": 1}, keep=[clean])

    assert [step.task for step in prepared.plan.steps] == ["transform", "report"]
    assert prepared.functions == (transform.function, report.function)
    assert prepared.params == ({}, {})
    assert prepared.inputs == {"raw": 1}
    assert list(prepared.keep) == ["clean"]
    assert prepared.plan.given == ("raw",)


def test_a_launch_of_everything_has_the_plan_that_is_known() -> None:
    assert pipeline.prepare().plan is pipeline.plan()


def test_the_work_grows_with_the_number_of_tasks_and_no_faster(
    work: Callable[[Callable[[], object]], int],
) -> None:
    def launching(tasks: int) -> int:
        graph = chain(tasks).graph()
        middle = {f"d{tasks // 2}": 1}
        declared = Declared(graph, graph)
        return work(lambda: launch(declared, params={}, inputs=middle, keep=True))

    assert launching(400) < 2.2 * launching(200)
