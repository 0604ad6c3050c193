"""A deployed pipeline, call by call: what its functions answer, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List

import pytest
from deployed_pipeline import deploy

from glacier.core import Context, Dataset, Pipeline, Skip
from glacier.core.errors import KeyMissing, MissingParameter

raw, clean, total, flag, report = map(Dataset, ["raw", "clean", "total", "flag", "report"])


def shop(*, fails: bool = False) -> Pipeline:
    pipeline = Pipeline("shop")

    @pipeline.task
    def extract(n: int = 3) -> raw:
        return list(range(n))

    @pipeline.task
    def tidy(one: raw.each, context: Context) -> clean:
        context.logger.info("item %s", one)
        if one == 1:
            raise Skip("one is none")
        return {"x": one}

    @pipeline.task
    def add(rows: clean) -> total:
        if fails:
            raise ValueError("no sum", 3)
        return sum(row["x"] for row in rows)  # type: ignore[attr-defined]

    @pipeline.task
    def decide(found: total) -> flag:
        return found > 2  # type: ignore[operator]

    @pipeline.task(when=flag)
    def tell(found: total) -> report:
        return f"total {found}"

    return pipeline


def test_a_run_makes_what_its_tasks_return(tmp_path: Path) -> None:
    deployed = deploy(shop(), tmp_path)

    ended = deployed.run(params={"n": "4"})

    assert ended.state == "succeeded"
    assert set(ended.states.values()) == {"succeeded"}
    assert deployed.value(ended, "clean") == [{"x": 0}, {"x": 2}, {"x": 3}]
    assert deployed.value(ended, "report") == "total 5"
    assert deployed.end(ended, "decide").flags == {"flag": True}
    assert ended.done["t3"] == {"state": "succeeded", "flags": {"flag": True}}


def test_a_condition_that_is_false_is_told_to_the_machine(tmp_path: Path) -> None:
    ended = deploy(shop(), tmp_path).run(values={"n": 1})
    assert ended.states["tell"] == "skipped"
    assert ended.state == "succeeded"
    assert not any(one.get("task") == "tell" for one in ended.sent)


def test_a_failure_is_noted_without_code_and_made_again(tmp_path: Path) -> None:
    deployed = deploy(shop(fails=True), tmp_path)

    ended = deployed.run()

    assert ended.state == "failed"
    assert ended.states == {
        "extract": "succeeded", "tidy": "succeeded", "add": "failed",
        "decide": "upstream_failed", "tell": "upstream_failed",
    }  # fmt: skip
    noted = deployed.failure(ended, "add")
    assert noted.versions == {"clean": ended.run}
    assert noted.log == {"group": "/aws/lambda/x"}
    error = deployed.error(ended, "add")
    assert type(error) is ValueError
    assert error.args == ("no sum", 3)
    assert 'raise ValueError("no sum", 3)' in str(error.__cause__)
    done = json.loads(deployed.store.get(f"_runs/{ended.run}/done.json"))["done"]
    assert set(done) == {"extract", "tidy"}


def test_a_run_that_is_begun_twice_is_one(tmp_path: Path) -> None:
    calls: List[str] = []
    pipeline = Pipeline("once")

    @pipeline.task
    def make() -> raw:
        calls.append("make")
        return [1]

    deployed = deploy(pipeline, tmp_path)
    first = deployed.run(run="20260131T120000.000000Z-aaaaaa")
    second = deployed.run(run="20260131T120000.000000Z-aaaaaa")
    assert first.run == second.run
    assert first.states == second.states
    assert calls == ["make"]


def test_a_request_that_is_wrong_fails_before_anything_runs(tmp_path: Path) -> None:
    pipeline = Pipeline("asks")

    @pipeline.task
    def make(day: str) -> raw:
        return [day]

    deployed = deploy(pipeline, tmp_path)
    with pytest.raises(Exception, match="'day'") as caught:
        deployed.run(run="20260131T120000.000000Z-aaaaaa")
    assert type(caught.value).__name__ == "GlacierTaskFailed"
    key = "_runs/20260131T120000.000000Z-aaaaaa/begin-failed.json"
    assert json.loads(deployed.store.get(key))["kind"].endswith(MissingParameter.__name__)
    with pytest.raises(KeyMissing):
        deployed.store.get("_runs/20260131T120000.000000Z-aaaaaa/begin.json")


def test_what_is_logged_says_where(tmp_path: Path) -> None:
    deployed = deploy(shop(), tmp_path)
    ended = deployed.run()
    lines = deployed.logged()
    items = [one for one in lines if one["message"].startswith("item 2")]
    assert [(one["task"], one["item"], one["attempt"], one["run"]) for one in items] == [
        ("tidy", 2, 1, ended.run)
    ]
    assert {one["run"] for one in lines} == {ended.run}
