"""A dataset is named in the same ways everywhere: by object, by name, by alias."""

from __future__ import annotations

import sys
from typing import Any, List

import pytest

from glacier.core import Dataset, Pipeline
from glacier.core.errors import UnknownName, ValueUnavailable
from glacier.core.testing import run

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

raw = Dataset("raw")
Raw = Annotated[List[int], raw]
Clean = Annotated[List[int], Dataset("clean")]
Flag = Annotated[bool, Dataset("flag")]

pipeline = Pipeline("etl")


@pipeline.task
def extract() -> Raw:
    return [2, 1]


@pipeline.task
def decide(data: Raw) -> Flag:
    return len(data) > 1


@pipeline.task(when=Flag)
def tidy(data: Raw) -> Clean:
    return sorted(data)


@pytest.mark.parametrize("reference", ["raw", raw, Raw, raw.each], ids=repr)
def test_a_run_knows_each_of_them(reference: Any) -> None:
    assert run(pipeline)[reference] == [2, 1]


@pytest.mark.parametrize("reference", ["raw", raw, Raw], ids=repr)
def test_a_request_takes_each_of_them(reference: Any) -> None:
    launch = pipeline.prepare(inputs={reference: [3]}, keep=[reference])
    assert launch.inputs == {"raw": [3]}
    assert launch.keep == ["raw"]
    assert pipeline.prepare(keep=reference).keep == ["raw"]
    assert pipeline.select("tidy").graph(inputs=[reference]).sources == ("raw", "flag")


def test_a_condition_may_be_an_alias() -> None:
    assert run(pipeline).tasks["tidy"].state == "succeeded"
    assert run(pipeline, inputs={Raw: [1]}).tasks["tidy"].state == "skipped"


def test_what_refers_to_nothing_is_named() -> None:
    other = Annotated[int, "raw"]
    with pytest.raises(UnknownName, match="inputs of pipeline 'etl'"):
        pipeline.prepare(inputs={other: 1})
    with pytest.raises(ValueUnavailable, match="no such dataset"):
        run(pipeline)[3]
