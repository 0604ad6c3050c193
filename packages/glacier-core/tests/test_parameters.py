"""Run parameters: from what a run is given to each task, and all that can be wrong with it."""

from __future__ import annotations

import sys
from datetime import date
from enum import Enum
from typing import Any, Callable, Dict, List, Literal, Mapping, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import at

from glacier.core import Dataset, Pipeline, Task
from glacier.core.errors import (
    ConflictingParameters,
    GlacierError,
    MissingParameter,
    MistypedParameter,
    RequestErrors,
    UnknownName,
)
from glacier.core.parameters import bind, parameter_names
from glacier.core.testing import run

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

raw = Dataset("raw")
clean = Dataset("clean")


class Color(Enum):
    RED = 1


ran: List[str] = []
pipeline = Pipeline("etl")


@pipeline.task
def extract(day: date, limit: int = 10) -> raw:
    ran.append("extract")
    return [day, limit]


@pipeline.task
def transform(data: raw, *, limit: int = 10, color: Optional[Color] = None) -> clean:
    ran.append("transform")
    return [*data, limit, color]


DAY = date(2026, 1, 31)


def bound(params: Mapping[str, Any]) -> Dict[str, Mapping[str, Any]]:
    graph = pipeline.graph()
    values, problems = bind(graph, params)
    assert not problems
    return {task.name: values[position] for position, task in enumerate(graph.tasks)}


def refused(params: Any, of: Pipeline = pipeline, **options: Any) -> GlacierError:
    before = list(ran)
    with pytest.raises(GlacierError) as caught:
        run(of, params=params, **options)
    assert ran == before  # nothing has run
    return caught.value


def test_a_parameter_is_given_by_name_or_has_its_default() -> None:
    assert bound({"day": DAY}) == {
        "extract": {"day": DAY, "limit": 10},
        "transform": {"limit": 10, "color": None},
    }
    assert run(pipeline, params={"day": DAY, "color": Color.RED})["clean"] == [
        DAY,
        10,
        10,
        Color.RED,
    ]


def test_a_parameter_may_be_given_for_one_task_alone() -> None:
    assert bound({"day": DAY, "limit": 3, "extract.limit": 4}) == {
        "extract": {"day": DAY, "limit": 4},
        "transform": {"limit": 3, "color": None},
    }
    assert bound({"extract.day": DAY})["extract"] == {"day": DAY, "limit": 10}


def test_a_pipeline_without_parameters_binds_none() -> None:
    plain = Pipeline("plain")

    @plain.task
    def extract() -> raw: ...

    assert bind(plain.graph(), {}) == (({},), ())
    assert bind(plain.graph(), {"x": 1}, elsewhere=["x"]) == (({},), ())
    assert parameter_names(plain.graph()) == set()


def test_every_key_that_may_be_given_is_known() -> None:
    assert parameter_names(pipeline.graph()) == {
        "day",
        "limit",
        "color",
        "extract.day",
        "extract.limit",
        "transform.limit",
        "transform.color",
    }


# --- what is refused ------------------------------------------------------------------------------


def test_a_missing_parameter_names_its_tasks_and_type() -> None:
    error = refused({})

    assert type(error) is MissingParameter
    assert str(error) == (
        f"run parameter 'day' (date) is needed by {at(extract)}. "
        "Give it: execute(pipeline, params={'day': …}), or give it a default."
    )


def test_a_mistyped_parameter_names_the_value_the_type_and_all_its_tasks() -> None:
    error = refused({"day": DAY, "limit": "3"})

    assert type(error) is MistypedParameter
    assert str(error) == (
        f"params['limit']: '3' (a str) is not int. {at(extract)} and {at(transform)} declare it: "
        "give a value of type int, or change the annotation there."
    )


def test_a_mistyped_parameter_of_one_task_is_named_as_it_was_given() -> None:
    assert str(refused({"extract.day": "2026-01-31"})) == (
        f"params['extract.day']: '2026-01-31' (a str) is not date. {at(extract)} declares it: "
        "give a value of type date, or change the annotation there."
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dya", "'dya'. Did you mean 'day'?"),
        ("x", "'x'. Known: 'color', 'day' and 'limit'."),
        ("extrct.limit", "'extrct.limit'. Did you mean 'extract.limit'?"),
        ("raw", "'raw'. 'raw' is a dataset: feed it with inputs={'raw': …}."),
        (3, "'3'. Known: 'color', 'day' and 'limit'."),
    ],
)
def test_an_unknown_parameter_names_the_nearest(name: Any, said: str) -> None:
    error = refused({"day": DAY, name: 1})

    assert type(error) is UnknownName
    assert str(error) == f"params of pipeline 'etl': there is no run parameter {said}"


def test_an_unknown_parameter_of_one_task_names_the_nearest_of_that_task() -> None:
    assert str(refused({"day": DAY, "extract.limt": 1})) == (
        "params of task 'extract' in pipeline 'etl': there is no run parameter 'limt'. "
        "Did you mean 'limit'?"
    )
    assert str(refused({"day": DAY, "transform.day": 1})).endswith(
        "there is no run parameter 'day'. Known: 'color' and 'limit'."
    )


def test_a_parameter_of_a_pipeline_that_has_none() -> None:
    plain = Pipeline("plain")

    @plain.task
    def load() -> raw: ...

    assert str(refused({"day": 1}, plain)) == (
        "params of pipeline 'plain': there is no run parameter 'day'. There is none at all."
    )


def test_parameters_that_are_no_mapping() -> None:
    error = refused([("day", DAY)])

    assert str(error.problems[0]) == (
        "params= is a list. Give a mapping from name to value: params={'day': …}."
    )


def test_all_that_is_wrong_is_reported_together_before_anything_runs() -> None:
    error = refused({"limit": "3", "colour": None, "transform.limit": 0.5})

    assert type(error) is RequestErrors
    assert [type(problem) for problem in error.problems] == [
        UnknownName,
        MistypedParameter,
        MistypedParameter,
        MissingParameter,
    ]
    first, *rest = str(error).split("\n")
    assert first == "the run of pipeline 'etl' cannot start:"
    assert [line[:5] for line in rest] == ["  1. ", "  2. ", "  3. ", "  4. "]
    assert "Did you mean 'color'?" in rest[0]


# --- selections -----------------------------------------------------------------------------------


def test_a_parameter_of_a_task_that_is_left_out_is_passed_over() -> None:
    given_all = {"day": DAY, "limit": 3, "extract.limit": 4}

    result = run(pipeline, params=given_all, select="transform", inputs={"raw": []})

    assert result["clean"] == [3, None]


def test_a_parameter_of_a_task_that_is_left_out_need_not_be_given() -> None:
    assert run(pipeline, select="transform", inputs={"raw": []})["clean"] == [10, None]
    assert run(pipeline, inputs={"raw": []})["clean"] == [10, None]


def test_a_misspelt_parameter_is_found_in_a_selection_too() -> None:
    error = refused({"limti": 3}, select="transform", inputs={"raw": []})

    assert str(error).endswith("there is no run parameter 'limti'. Did you mean 'limit'?")


# --- agreement ------------------------------------------------------------------------------------


def agreeing(first: Callable[..., Any], second: Callable[..., Any]) -> bool:
    """Whether two tasks may have these parameters in one pipeline."""
    both = Pipeline("both")
    both.task(name="first")(first)
    both.task(name="second")(second)
    try:
        both.graph()
    except ConflictingParameters:
        return False
    return True


def test_one_type_in_two_spellings_is_one_parameter() -> None:
    def a(x: List[Dict[str, int]], y: Optional[int] = None) -> None: ...

    def b(x: list[dict[str, int]], y: int | None = None) -> None: ...

    assert agreeing(a, b)


def test_notes_on_a_type_do_not_matter_and_literals_do() -> None:
    assert agreeing(_declared(Annotated[int, "days"], 2), _declared(int, 2))
    assert agreeing(_declared(List[Literal["a", 1]]), _declared(List[Literal["a", 1]]))
    assert not agreeing(_declared(List[Literal[1]]), _declared(List[Literal[2]]))
    assert not agreeing(_declared(List[int]), _declared(Dict[str, int]))


@pytest.mark.parametrize(
    "other",
    [
        lambda: _declared(int, 1),
        lambda: _declared(str, "1"),
        lambda: _declared(int),
        lambda: _declared(Optional[int], 2),
        lambda: _declared(float, 2.0),
    ],
)
def test_another_type_or_default_is_not(other: Callable[[], Callable[..., Any]]) -> None:
    assert not agreeing(_declared(int, 2), other())


def test_the_same_type_and_default_are() -> None:
    assert agreeing(_declared(int, 2), _declared(int, 2))
    assert agreeing(_declared(List[int], [1]), _declared(List[int], [1]))
    assert agreeing(_declared(float, 1), _declared(float, 1.0))


def _declared(kind: Any, *default: Any) -> Callable[..., Any]:
    def function(x) -> None: ...  # type: ignore[no-untyped-def]  # annotated in the next line

    function.__annotations__ = {"x": kind, "return": None}
    function.__defaults__ = default
    return function


@given(
    given_names=st.sets(
        st.sampled_from(
            ["day", "limit", "color", "extract.day", "extract.limit", "transform.limit"]
        )
    )
)
def test_the_value_nearest_to_the_task_wins(given_names: Any) -> None:
    values = {"day": DAY, "limit": 1, "color": Color.RED, "extract.limit": 2, "transform.limit": 3}
    values["extract.day"] = date(2027, 1, 1)
    params = {name: values[name] for name in given_names}
    graph = pipeline.graph()

    found, problems = bind(graph, params)

    for position, task in enumerate(graph.tasks):
        for name in ("day", "limit", "color"):
            declared = [one for one in task.signature.arguments if one.name == name]
            own = params.get(f"{task.name}.{name}", params.get(name))
            if declared and own is not None:
                assert found[position][name] == own
            elif declared and name != "day":
                assert found[position][name] == declared[0].default
    assert bool(problems) is not bool({"day", "extract.day"} & given_names)


def test_a_task_keeps_its_defaults_when_it_is_called_by_hand() -> None:
    task: Task[Any, Any] = transform

    assert task([1]) == [1, 10, None]
