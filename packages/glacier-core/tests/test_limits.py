"""Limits by task name and tag: never exceeded, and nothing waits while it could run."""

from __future__ import annotations

from typing import Any, Dict, List, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core import Dataset, Pipeline, RequestError
from glacier.core.errors import InvalidRequest, RequestErrors, UnknownName
from glacier.core.limits import Limits
from glacier.core.step import Step
from glacier.core.testing import InlineExecutor

raw = Dataset("raw")


def step_of(tags: Set[str]) -> Step:
    return Step("t", (), (), tags=tuple(sorted(tags)))


@given(
    tagged=st.lists(st.sets(st.sampled_from("abc")), max_size=30),
    places=st.dictionaries(st.sampled_from("abc"), st.integers(1, 3)),
    data=st.data(),
)
def test_limits_hold_and_all_comes_to_run(
    tagged: List[Set[str]], places: Dict[str, int], data: st.DataObject
) -> None:
    steps = [step_of(tags) for tags in tagged]
    ready = list(range(len(steps)))
    limits: Limits[int] = Limits(places, steps, ready)
    running: List[int] = []
    ended: List[int] = []

    def used(name: str) -> int:
        return sum(name in tagged[step] for step in running)

    while True:
        while ready:
            step = ready.pop()
            if limits.enter(step, step):
                running.append(step)
                assert all(used(name) <= most for name, most in places.items())
        waiting = set(range(len(steps))) - {*running, *ended}
        for step in waiting:
            assert any(used(name) == places[name] for name in tagged[step] if name in places)
        if not running:
            break
        step = data.draw(st.sampled_from(running))
        running.remove(step)
        ended.append(step)
        limits.leave(step)
    assert sorted(ended) == list(range(len(steps)))
    assert limits.withdraw() == []


def test_what_waits_can_be_taken_back() -> None:
    limits: Limits[str] = Limits({"a": 1}, [step_of({"a"})] * 3, [])
    assert limits.enter(0, "x")
    assert not limits.enter(1, "y")
    assert not limits.enter(2, "z")
    assert limits.withdraw() == ["y", "z"]


def etl() -> Pipeline:
    pipeline = Pipeline("etl")

    @pipeline.task(tags=["api"])
    def fetch() -> raw:
        return [1]

    @pipeline.task
    def clean(data: raw) -> Dataset("clean"):
        return data

    return pipeline


def test_tasks_and_tags_have_limits_also_where_only_a_part_runs() -> None:
    executor = InlineExecutor(concurrency={"api": 2, "clean": 1})
    assert executor.execute(etl())["clean"] == [1]
    assert executor.execute(etl(), select="fetch")["raw"] == [1]
    assert executor.execute(etl(), inputs={raw: [2]})["clean"] == [2]
    assert executor.execute(etl().select("fetch"))["raw"] == [1]


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        InlineExecutor(concurrency={"apis": 2}).execute(etl())
    assert str(caught.value) == (
        "concurrency= in pipeline 'etl': there is no task or tag 'apis'. Did you mean 'api'?"
    )
    with pytest.raises(RequestErrors, match="'fetsh'"):
        InlineExecutor(concurrency={"apis": 2, "fetsh": 1}).execute(etl())


@pytest.mark.parametrize(
    "found", [2, "api", ["api"], {"api": 0}, {"api": 1.5}, {"api": True}, {"api": None}, {3: 1}]
)
def test_what_is_no_limit_is_refused_at_once(found: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"concurrency={'api': 2}") as caught:
        InlineExecutor(concurrency=found)
    assert isinstance(caught.value, RequestError)
