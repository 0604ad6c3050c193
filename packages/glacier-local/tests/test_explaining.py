"""What an executor says that a run would do, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest
from flows import FLOW, Flow, ran

from glacier.core.errors import RequestErrors

OFF = {"cache": False}


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    """A pipeline that has run once."""
    made = Flow(tmp_path)
    made.run()
    return made


def told(flow: Flow, *, options: Any = None, **request: Any) -> Dict[str, str]:
    """The reason for each task that would run."""
    found = flow.executor(**(options or {})).explain(flow.load(), **request)
    return {one.task: one.why for one in found if one.runs}


def test_nothing_would_run(flow: Flow) -> None:
    assert told(flow) == {}
    found = flow.executor().explain(flow.load())
    assert [one.task for one in found] == ["extract", "transform", "count", "report"]
    assert all("nothing that it depends on has changed since run 2" in one.why for one in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "task", "why"),
    [
        ("flow.py", "value * 2", "value * 3", "transform", "tidy was edited"),
        ("flow.py", "LIMIT = 3", "LIMIT = 4", "count", "LIMIT was edited"),
        ("flow.py", "value < LIMIT", "value <= LIMIT", "count", "the task was edited"),
        ("helpers.py", "FACTOR = 10", "FACTOR = 20", "report", "helpers.FACTOR was edited"),
        ("flow.py", "version=1", "version=2", "extract", "version= was '1' and is '2'"),
    ],
)
def test_what_was_edited_is_named(
    flow: Flow, file: str, old: str, new: str, task: str, why: str
) -> None:
    flow.edit(old, new, file=file)

    found = told(flow)

    assert found.pop(task) == why
    assert all("made anew is" in one for one in found.values())
    assert ran(flow.run()) <= {task, *found}
    assert told(flow) == {}


def test_a_changed_parameter_and_input_are_named(flow: Flow) -> None:
    assert told(flow, params={"day": 2})["extract"] == "parameter 'day' changed"
    assert told(flow, inputs={"raw": [5]}) == {
        "transform": "input 'data' changed",
        "count": "input 'data' changed",
        "report": "made anew is 'clean' (by 'transform') and 'counted' (by 'count'); "
        "it will not if that is as it was",
    }


def test_a_new_pipeline_has_no_results(tmp_path: Path) -> None:
    found = told(Flow(tmp_path))
    assert found["extract"] == "there is no result of it yet"
    assert found["report"].startswith("made anew is 'clean' (by 'transform') and 'counted'")
    assert not (tmp_path / ".glacier").exists(), "and nothing is written"


def test_why_a_task_always_runs(tmp_path: Path) -> None:
    flow = Flow(tmp_path, FLOW.replace("(version=1)", ""))
    flow.run()
    assert told(flow) == {
        "extract": "it reads no dataset, and has neither version= nor a lifetime, "
        "cache=timedelta(…)",
        **{
            task: f"made anew is {made}; it will not if that is as it was"
            for task, made in [
                ("transform", "'raw' (by 'extract')"),
                ("count", "'raw' (by 'extract')"),
                ("report", "'clean' (by 'transform') and 'counted' (by 'count')"),
            ]
        },
    }
    assert set(told(flow, options=OFF).values()) == {"it is not cached"}


def test_a_part_that_reads_what_is_not_there_is_refused(tmp_path: Path) -> None:
    flow = Flow(
        tmp_path,
        FLOW.replace("Dataset(n) for", "Dataset(n, storage=lake) for").replace(
            "import helpers",
            'from glacier.core import ObjectStorage\nimport helpers\nlake = ObjectStorage("lake")',
        ),
    )
    with pytest.raises(RequestErrors, match="Run 'transform' first, which produces it"):
        flow.executor().explain(flow.load(), select="report")
