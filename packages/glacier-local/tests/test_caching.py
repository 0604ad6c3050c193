"""What runs again after a change, and what does not."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, Dict, Set

import pytest
from flows import FLOW, Flow, ran

from glacier.core import Context, Dataset, ObjectStorage, Pipeline, Secret
from glacier.core.errors import CannotCache
from glacier.local import LocalExecutor

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated

ALL = {"extract", "transform", "count", "report"}


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    """A pipeline that has run once."""
    made = Flow(tmp_path)
    assert ran(made.run()) == ALL
    return made


# --- edits ----------------------------------------------------------------------------------------


def test_nothing_runs_twice(flow: Flow) -> None:
    run = flow.run()

    assert ran(run) == set()
    assert run["reported"] == "200 of 2"
    assert run.tasks["report"].reason.startswith("nothing that it depends on has changed since run")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# those below the limit", "# fewer"),
        ("    # those below the limit\n", "\n\n"),
        ('"""Make it tidy."""', '"""Tidy it up."""'),
        ("value * 2", "(value*2)"),
        ("LIMIT = 3", "LIMIT = 3  # at most\nUNUSED = 4"),
        ("@pipeline.task\ndef count", '@pipeline.task(retries=2, tags=["x"])\ndef count'),
        ("def tidy", "\n\n\ndef other():\n    return 5\n\ndef tidy"),
    ],
)
def test_an_edit_that_changes_no_result_runs_nothing(flow: Flow, old: str, new: str) -> None:
    flow.edit(old, new)
    assert ran(flow.run()) == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "again"),
    [
        ("flow.py", "value * 2", "value * 3", {"transform", "report"}),
        ("flow.py", "LIMIT = 3", "LIMIT = 4", {"count", "report"}),
        ("flow.py", "value < LIMIT", "value <= LIMIT", {"count", "report"}),
        ("helpers.py", "FACTOR = 10", "FACTOR = 20", {"report"}),
        ("helpers.py", "of {counted}", "and {counted}", {"report"}),
        ("helpers.py", "return 1", "return 2", set()),
        # What comes out as it was stops there.
        ("flow.py", "value * 2", "2 * value", {"transform"}),
        ("flow.py", "value < LIMIT", "not value >= LIMIT", {"count"}),
        ("flow.py", "version=1", "version=2", {"extract"}),
    ],
)
def test_an_edit_runs_what_depends_on_it(
    flow: Flow, file: str, old: str, new: str, again: Set[str]
) -> None:
    flow.edit(old, new, file=file)
    assert ran(flow.run()) == again

    assert ran(flow.run()) == set()
    flow.edit(new, old, file=file)
    assert ran(flow.run()) == set(), "the results of before the edit are still there"
    assert flow.run()["reported"] == "200 of 2"


def test_an_edit_of_a_task_with_a_version_is_seen_too(flow: Flow) -> None:
    flow.edit("return [1, 2, 3, 4]", "return [1, 2, 3, 4, 5]")
    assert ran(flow.run()) == ALL


def test_a_changed_parameter_runs_what_depends_on_it(flow: Flow) -> None:
    assert ran(flow.run(params={"day": 2})) == {"extract"}, "it makes the same of another day"
    assert ran(flow.run(params={"day": 2})) == set()
    assert ran(flow.run(params={"day": 1})) == set()


def test_a_changed_input_runs_what_depends_on_it(flow: Flow) -> None:
    assert ran(flow.run(inputs={"raw": [1, 2, 3, 9]})) == {"transform", "count", "report"}
    run = flow.run(inputs={"raw": [1, 2, 3, 9]})
    assert ran(run) == set()
    assert run["reported"] == "300 of 2"
    assert ran(flow.run(inputs={"raw": [1, 2, 3, 8]})) == {"transform", "count", "report"}
    assert ran(flow.run()) == set()


def test_without_cache_all_runs(flow: Flow) -> None:
    assert ran(flow.run(options={"cache": False})) == ALL


def test_an_edit_while_it_runs_counts_for_the_next_run(tmp_path: Path) -> None:
    edits = """
    from pathlib import Path
    path = Path(__file__)
    path.write_text(path.read_text().replace("value *" + " 2", "value *" + " 3"))
    return ["""
    text = FLOW.replace("\n    return [1,", edits + "1,").replace("2, 3, 4]", "2, 3, int('4')]")
    flow = Flow(tmp_path, text)
    first = flow.run()
    assert first["clean"] == [2, 4, 6, 8]
    flow.files["flow.py"] = (tmp_path / "flow.py").read_text()

    run = flow.run()

    assert run["clean"] == [3, 6, 9, 12]
    assert ran(run) == {"transform", "report"}


# --- the same everywhere --------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"processes": True}, {"workers": 1}])
def test_the_fingerprint_is_the_same_wherever_it_runs(flow: Flow, options: Dict[str, Any]) -> None:
    root = flow.folder / ".glacier"
    executor = LocalExecutor(cache=True, history=False, root=root, **options)
    assert ran(executor.execute(flow.load())) == set()


def test_the_fingerprint_is_the_same_in_main_and_for_the_command(flow: Flow) -> None:
    script = flow.files["flow.py"] + (
        "\nfrom glacier.local import LocalExecutor\n"
        "executor = LocalExecutor(cache=True, history=False)\n"
        "if __name__ == '__main__':\n"
        "    run = executor.execute(pipeline)\n"
        "    print([str(task.state) for task in run.tasks.values()])\n"
    )
    (flow.folder / "flow.py").write_text(script, encoding="utf-8")
    assert python(flow.folder, "flow.py").strip() == str(["up_to_date"] * 4)

    pytest.importorskip("click", reason="the extra cli")
    pytest.importorskip("rich", reason="the extra cli")
    told = python(flow.folder, "-m", "glacier.core", "run", "flow.py", "--cache", "--json")
    assert told.count('"up_to_date"') == 4


def python(folder: Path, *arguments: str) -> str:
    """What a new interpreter prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout


# --- what is cached, and how long -----------------------------------------------------------------


def with_options(options: str) -> str:
    return FLOW.replace("@pipeline.task\ndef count", f"@pipeline.task({options})\ndef count")


def test_a_task_may_be_excepted(tmp_path: Path) -> None:
    flow = Flow(tmp_path, with_options("cache=False"))
    flow.run()
    assert ran(flow.run()) == {"count"}, "and what it made was as before"


def test_a_task_may_be_cached_alone(tmp_path: Path) -> None:
    flow = Flow(tmp_path, with_options("cache=True"))
    options = {"cache": False}
    assert ran(flow.run(options=options)) == ALL
    assert ran(flow.run(options=options)) == {"extract", "transform", "report"}


def test_a_task_without_inputs_runs_again_unless_it_says_otherwise(tmp_path: Path) -> None:
    flow = Flow(tmp_path, FLOW.replace("(version=1)", ""))
    flow.run()
    run = flow.run()
    assert ran(run) == {"extract"}

    flow.edit("@pipeline.task\ndef extract", "@pipeline.task(cache=True)\ndef extract")
    with pytest.raises(CannotCache, match="'extract' cannot be cached: it reads no dataset"):
        flow.run()


def grow_older(root: Path, seconds: float) -> None:
    """Let everything stored have been written so long ago."""
    for record in root.rglob("version.json"):
        content = json.loads(record.read_bytes())
        content["created"] -= seconds
        record.chmod(0o644)
        record.write_text(json.dumps(content))


def test_a_result_is_good_for_its_lifetime(tmp_path: Path) -> None:
    flow = Flow(
        tmp_path,
        "from datetime import timedelta\n" + FLOW.replace("version=1", "cache=timedelta(hours=1)"),
    )
    flow.run()
    grow_older(tmp_path, timedelta(minutes=50).total_seconds())
    assert ran(flow.run()) == set()
    grow_older(tmp_path, timedelta(minutes=5).total_seconds())
    assert ran(flow.run()) == set(), "what is reused is as old as its data"
    grow_older(tmp_path, timedelta(minutes=6).total_seconds())
    (told,) = [one for one in flow.executor().explain(flow.load()) if one.task == "extract"]
    assert told.runs
    assert "old, and good for 60 min" in told.why
    assert ran(flow.run()) == {"extract"}
    assert ran(flow.run()) == set()


# --- mapped, optional, skipped, conditional -------------------------------------------------------


def execute(pipeline: Pipeline, root: Path, **request: Any) -> Any:
    return LocalExecutor(2, root=root, cache=True, history=False).execute(pipeline, **request)


def states(run: Any) -> Dict[str, str]:
    return {name: str(task.state) for name, task in run.tasks.items()}


def test_a_mapped_task_is_reused_as_a_whole(tmp_path: Path) -> None:
    flow = Flow(
        tmp_path,
        FLOW.replace(
            "def transform(data: raw) -> clean:\n    return [tidy(value) for value in data]",
            "def transform(value: raw.each) -> clean:\n    return tidy(value)",
        ),
    )
    assert ran(flow.run()) == ALL
    run = flow.run()
    assert ran(run) == set()
    assert run["clean"] == [2, 4, 6, 8]
    flow.edit("value * 2", "value * 3")
    assert ran(flow.run()) == {"transform", "report"}
    flow.edit("[1, 2, 3, 4]", "[4, 3, 2, 1]")
    assert ran(flow.run()) == ALL


OPTIONAL = """
from typing import Optional
from glacier.core import Dataset, Pipeline, Skip

pipeline = Pipeline("etl")
flag, raw, extra, out, more = [Dataset(n) for n in ["flag", "raw", "extra", "out", "more"]]
GIVES = False
WANTED = True

@pipeline.task(version=1)
def switch() -> flag:
    return WANTED

@pipeline.task(version=1)
def extract() -> raw:
    return [1]

@pipeline.task
def enrich(data: raw) -> extra:
    if not GIVES:
        raise Skip("nothing today")
    return 5

@pipeline.task
def join(data: raw, more: extra | None) -> out:
    return [*data, more]

@pipeline.task(when=flag)
def extend(data: raw) -> more:
    return data * 2
"""


def test_what_was_skipped_counts_as_an_input(tmp_path: Path) -> None:
    flow = Flow(tmp_path, OPTIONAL)
    first = flow.run()
    assert states(first)["enrich"] == "skipped"
    assert first["out"] == [1, None]
    second = flow.run()
    assert states(second) == {
        "switch": "up_to_date",
        "extract": "up_to_date",
        "enrich": "skipped",
        "join": "up_to_date",
        "extend": "up_to_date",
    }
    assert second["out"] == [1, None]
    flow.edit("GIVES = False", "GIVES = True")
    third = flow.run()
    assert (states(third)["enrich"], states(third)["join"]) == ("succeeded", "succeeded")
    assert third["out"] == [1, 5]
    flow.edit("GIVES = True", "GIVES = False")
    assert flow.run()["out"] == [1, None]


def test_a_condition_is_heeded_before_what_is_stored(tmp_path: Path) -> None:
    flow = Flow(tmp_path, OPTIONAL)
    assert flow.run()["more"] == [1, 1]
    flow.edit("WANTED = True", "WANTED = False")
    assert states(flow.run())["extend"] == "skipped"
    flow.edit("WANTED = False", "WANTED = True")
    assert states(flow.run())["extend"] == "up_to_date"


# --- no source, no fingerprint, no format ---------------------------------------------------------


def from_text(text: str, **scope: Any) -> Callable[..., Any]:
    exec(text, scope)
    function: Callable[..., Any] = scope["function"]
    return function


def test_without_source_a_task_that_should_be_cached_asks_for_a_version(tmp_path: Path) -> None:
    raw, out = Dataset("raw"), Dataset("out")

    def made(**options: Any) -> Pipeline:
        pipeline = Pipeline("etl")
        function = from_text("def function(data: raw) -> out: return data", raw=raw, out=out)
        pipeline.task(**options)(function)
        return pipeline

    with pytest.raises(CannotCache) as caught:
        execute(made(cache=True), tmp_path, inputs={raw: 1})
    assert "task 'function' cannot be cached: the source of its function cannot be read" in str(
        caught.value
    )
    assert "Give version=, and change that when the function changes." in str(caught.value)
    assert ran(execute(made(), tmp_path, inputs={raw: 1})) == {"function"}
    assert ran(execute(made(), tmp_path, inputs={raw: 1})) == {"function"}
    assert ran(execute(made(version=3), tmp_path, inputs={raw: 1})) == {"function"}
    assert ran(execute(made(version=3), tmp_path, inputs={raw: 1})) == set()
    assert ran(execute(made(version=4), tmp_path, inputs={raw: 1})) == {"function"}


class Point:
    """A value that no format holds."""

    def __init__(self, x: int) -> None:
        self.x = x


class Locked(Point):
    """A value that cannot be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("it has a lock")


@pytest.mark.parametrize("processes", [False, True])
def test_a_value_that_no_format_holds_is_kept_in_private(tmp_path: Path, processes: bool) -> None:
    made, point, x = Pipeline("etl"), Dataset("point"), Dataset("x")

    @made.task(version=1)
    def make() -> point:
        return Point(3)

    @made.task
    def take(value: point) -> x:
        return value.x

    executor = LocalExecutor(2, root=tmp_path, cache=True, history=False, processes=processes)
    assert ran(executor.execute(made)) == {"make", "take"}
    again = executor.execute(made)
    assert ran(again) == set()
    assert (again["x"], type(again["point"])) == (3, Point)


def test_what_cannot_be_pickled_is_told_and_not_kept(tmp_path: Path) -> None:
    made, point, x = Pipeline("etl"), Dataset("point"), Dataset("x")

    @made.task(version=1)
    def make() -> point:
        return Locked(3)

    @made.task
    def take(value: point) -> x:
        return value.x

    for _ in range(2):
        with pytest.warns(match="what 'make' returned for 'point' is not kept, so the next run"):
            run = execute(made, tmp_path)
        assert ran(run) == {"make", "take"}, "nobody knows whether its input is the same"
        assert run["x"] == 3


def test_secrets_are_nowhere_below_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLACIER_SECRET_CRM_KEY", "correct-horse-battery")
    lake = ObjectStorage("lake")
    made, raw, out = Pipeline("etl"), Dataset("raw", storage=lake), Dataset("out")

    @made.task(version=1)
    def fetch(context: Context, key: Annotated[str, Secret("crm-key")]) -> raw:
        context.logger.info("fetching")
        return len(key)

    @made.task
    def use(data: raw, key: Annotated[str, Secret("crm-key")]) -> out:
        if (tmp_path / "fail").exists():
            raise ValueError("no luck")
        return data

    root = tmp_path / ".glacier"
    for options in ({}, {"processes": True}, {"as_deployed": True}):
        for fails in (False, True):
            (tmp_path / "fail").touch() if fails else None
            executor = LocalExecutor(2, root=root, cache=True, **options)
            run = executor.execute(made, raise_on_failure=False)
            executor.execute(made, raise_on_failure=False, resume=run.run_id) if fails else None
            executor.explain(made)
            (tmp_path / "fail").unlink() if fails else None
    found = [path for path in root.rglob("*") if path.is_file()]
    assert len(found) > 10
    for path in found:
        assert b"correct-horse" not in path.read_bytes(), path
