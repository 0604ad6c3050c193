"""The command ``glacier``: what it prints, what it says of mistakes, and its exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, Tuple
from xml.etree import ElementTree

import pytest

pytest.importorskip("click", reason="the extra cli")
pytest.importorskip("rich", reason="the extra cli")
pytest.importorskip("sqlite3", reason="a Python without SQLite")

from click.testing import CliRunner

from glacier.core.cli.app import app

ETL = """
import logging
from datetime import date
from typing import List, Optional
from glacier.core import Context, Dataset, Pipeline
from glacier.core.testing import InlineExecutor

pipeline = Pipeline("etl")
raw, clean, report = Dataset("raw"), Dataset("clean"), Dataset("report")

@pipeline.task
def extract(context: Context, day: date, limit: int = 3, names: Optional[List[str]] = None) -> raw:
    print("extracting")
    context.logger.warning("day %s", day)
    return [day.isoformat(), limit, names]

@pipeline.task(tags=["last"])
def tidy(rows: raw, fail: bool = False) -> clean:
    if fail:
        raise ValueError("row 2 is broken")
    return rows

@pipeline.task
def write(rows: clean) -> report:
    return rows

InlineExecutor().execute(pipeline, params={"day": date(2020, 1, 1)})
raise SystemError("never reached")
"""

BROKEN = """
from glacier.core import Dataset, Pipeline

pipeline = Pipeline("broken")
raw, clean = Dataset("raw"), Dataset("clean")

@pipeline.task
def one(rows: Dataset("rwa")) -> clean: ...

@pipeline.task
def two() -> clean: ...
"""

Glacier = Callable[..., Tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with two files, and beside it an installed distribution with an executor."""
    site, here = tmp_path / "site", tmp_path / "here"
    info = site / "their_executor-1.0.dist-info"
    info.mkdir(parents=True)
    here.mkdir()
    (info / "METADATA").write_text("Name: their-executor\nVersion: 1.0\n", encoding="utf-8")
    points = "[glacier.executors]\ntheirs = glacier.core.testing:InlineExecutor\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    (here / "etl.py").write_text(ETL, encoding="utf-8")
    (here / "broken.py").write_text(BROKEN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.chdir(here)
    yield here
    for name in ("etl", "broken"):
        sys.modules.pop(name, None)


@pytest.fixture
def glacier(folder: Path) -> Glacier:
    """Runs the command and returns its exit code and all that it printed."""

    def call(*arguments: str) -> Tuple[int, str]:
        result = CliRunner().invoke(app, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return call


def run_it(glacier: Glacier, *arguments: str, target: str = "etl.py") -> Tuple[int, str]:
    day = () if any("day" in one for one in arguments) else ("-p", "day=2024-01-31")
    return glacier("run", target, "--executor", "theirs", "--progress", "off", *day, *arguments)


def as_json(output: str) -> Any:
    """The JSON document in what was printed."""
    return json.loads(output[output.index("{\n") : output.rindex("}") + 1])


# --- run ------------------------------------------------------------------------------------------


def test_a_run_tells_its_tasks_and_results(glacier: Glacier) -> None:
    code, output = run_it(glacier, "-p", "limit=7", "-p", 'extract.names=["a", "b"]')

    assert code == 0
    assert "extracting" in output
    assert "of 'etl': succeeded, 3 tasks (3 succeeded) in" in output
    assert "report: ['2024-01-31', 7, ['a', 'b']]" in output
    assert "raw:" not in output


def test_a_failed_run_says_why_and_ends_with_1(glacier: Glacier) -> None:
    code, output = run_it(glacier, "-p", "fail=true")

    assert code == 1
    assert "failed, 3 tasks (1 succeeded, 1 upstream failed, 1 failed)" in output
    assert 'raise ValueError("row 2 is broken")' in output
    assert "worker.py" not in output


def test_a_selection_and_the_name_of_a_pipeline(glacier: Glacier) -> None:
    code, output = run_it(glacier, "-s", "extract", target="etl.py:etl")
    assert code == 0
    assert "1 task (1 succeeded)" in output


def test_a_run_as_json_keeps_what_tasks_print_out_of_it(glacier: Glacier) -> None:
    code, output = run_it(glacier, "--json", "-p", "fail=true")

    data = as_json(output)
    assert code == 1
    assert (data["format"], data["run"]["state"]) == (1, "failed")
    states = {task["name"]: task["state"] for task in data["tasks"]}
    assert states == {"extract": "succeeded", "tidy": "failed", "write": "upstream_failed"}
    assert "row 2" in data["tasks"][1]["traceback"]


def test_all_problems_of_a_request_come_at_once_with_the_flags(glacier: Glacier) -> None:
    code, output = run_it(glacier, "-p", "limit=many", "-p", "dya=1")

    assert code == 2
    assert "On the command line: --param day=…" not in output, "it was given"
    assert "'many' (a str) is not int" in output
    assert "no run parameter 'dya'. Did you mean 'day'?" in output
    code, output = glacier("run", "etl.py", "--executor", "theirs")
    assert code == 2
    assert "On the command line: --param day=…" in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-p", "day"], "'day' is not NAME=VALUE"),
        (["--workers", "2"], "the executor 'theirs' has no option --workers"),
        (["--cache"], "the executor 'theirs' has no option --cache"),
        (["--workers", "0"], "is not in the range"),
        (["--executor", "their"], "executor 'their' is not installed"),
        (["-s", "tidi"], "Did you mean 'tidy'?"),
        (["--progress", "bar"], "'bar' is not one of"),
    ],
)
def test_a_mistake_ends_with_2_before_anything_runs(
    glacier: Glacier, folder: Path, arguments: Any, says: str
) -> None:
    code, output = run_it(glacier, *arguments)
    assert code == 2
    assert says in output
    assert "extracting" not in output
    assert not (folder / ".glacier").exists()


def test_an_executor_that_stores_nothing_neither_resumes_nor_replays(glacier: Glacier) -> None:
    run_it(glacier, "-p", "fail=true")
    asked = (["resume", "last"], ["resume", "last", "--explain"], ["replay", "last", "tidy"])
    for arguments in asked:
        code, output = glacier(*arguments, "--executor", "theirs")
        assert code == 2
        assert "the executor 'theirs' stores nothing" in output


def test_a_broken_definition_or_file_ends_with_2(glacier: Glacier, folder: Path) -> None:
    code, output = run_it(glacier, target="broken.py")
    assert code == 2
    assert "pipeline 'broken' has 2 problems" in output
    code, output = run_it(glacier, target="brokn.py")
    assert code == 2
    assert "Did you mean 'broken.py'?" in output
    (folder / "raises.py").write_text("1 / 0", encoding="utf-8")
    code, output = run_it(glacier, "--json", target="raises.py")
    (problem,) = as_json(output)["problems"]
    assert (code, problem["kind"]) == (2, "FileRaised")
    assert "ZeroDivisionError" in problem["message"]


def test_an_interrupted_run_ends_with_130(glacier: Glacier, folder: Path) -> None:
    text = ETL.replace('print("extracting")', "raise KeyboardInterrupt")
    (folder / "etl.py").write_text(text, encoding="utf-8")
    code, output = run_it(glacier)
    assert code == 130
    assert "Interrupted." in output
    assert "cancelled" in glacier("runs")[1]


def test_no_history_leaves_nothing(glacier: Glacier, folder: Path) -> None:
    assert run_it(glacier, "--no-history")[0] == 0
    assert not (folder / ".glacier").exists()


def test_plain_progress_has_a_line_for_each_task(glacier: Glacier) -> None:
    _, output = run_it(glacier, "--progress", "plain", "-p", "fail=true")
    assert "[1/3] extract succeeded in" in output
    assert "[2/3] tidy failed in" in output
    assert "[3/3] write upstream failed: a producer failed" in output


# --- runs and show --------------------------------------------------------------------------------


def test_runs_are_listed(glacier: Glacier) -> None:
    run_it(glacier)
    run_it(glacier, "-p", "fail=true")

    code, output = glacier("runs")
    lines = output.splitlines()
    assert code == 0
    assert len(lines) == 3
    assert "failed" in lines[1]
    data = as_json(glacier("runs", "--json", "--limit", "1")[1])
    (run,) = data["runs"]
    assert run["state"] == "failed"
    assert run["request"]["params"] == {"day": "2024-01-31", "fail": "true"}
    assert as_json(glacier("runs", "--json", "--pipeline", "other")[1])["runs"] == []


def test_a_run_is_shown_with_its_errors_and_logs(glacier: Glacier) -> None:
    run_it(glacier, "-p", "fail=true")

    code, output = glacier("show", "last")
    assert code == 0
    assert "of 'etl': failed in" in output
    assert 'raise ValueError("row 2 is broken")' in output
    assert "WARNING extract: day 2024-01-31" in output
    data = as_json(glacier("show", "last", "--json")[1])
    assert [task["state"] for task in data["tasks"]] == ["succeeded", "failed", "upstream_failed"]
    assert data["logs"][0]["message"] == "day 2024-01-31"
    one = as_json(glacier("show", "last", "--json", "--task", "tidy")[1])
    assert ([task["name"] for task in one["tasks"]], one["logs"]) == (["tidy"], [])


def test_what_is_not_in_the_history_ends_with_2(glacier: Glacier) -> None:
    assert "there is no history of runs" in glacier("runs")[1]
    run_it(glacier)
    code, output = glacier("show", "zzz")
    assert code == 2
    assert "there is no run 'zzz'" in output
    code, output = glacier("show", "last", "--task", "tidi")
    assert code == 2
    assert "Did you mean 'tidy'?" in output


# --- check and graph ------------------------------------------------------------------------------


def test_a_sound_file_has_no_problems(glacier: Glacier) -> None:
    assert glacier("check", "etl.py") == (0, "etl: 3 tasks, no problems\n")


def test_all_problems_of_all_pipelines_are_told(glacier: Glacier, folder: Path) -> None:
    text = BROKEN + "\nother = Pipeline('other')\nrun = other.task(name='x')(two.function)\n"
    (folder / "broken.py").write_text(text + "empty = Pipeline('empty')\n", encoding="utf-8")

    code, output = glacier("check", "broken.py")
    assert code == 1
    assert "broken: 2 problems\n  1. " in output
    assert "empty: 1 problem" in output
    assert "other: 1 task, no problems" in output
    data = as_json(glacier("check", "broken.py", "--json")[1])
    problems = data["pipelines"][0]["problems"]
    assert {one["kind"] for one in problems} == {"DuplicateProducer", "MissingProducer"}
    assert all((one["file"], type(one["line"])) == ("broken.py", int) for one in problems)
    assert glacier("check", "broken.py:other")[0] == 0


def test_problems_as_annotations_of_github(glacier: Glacier) -> None:
    code, output = glacier("check", "broken.py", "--format", "github")
    assert code == 1
    lines = output.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("::error file=broken.py,line=") for line in lines)


def test_a_file_that_cannot_be_read_as_tasks_has_problems_too(
    glacier: Glacier, folder: Path
) -> None:
    text = BROKEN + "@pipeline.task\ndef three(rows) -> raw: ...\n"
    (folder / "broken.py").write_text(text, encoding="utf-8")
    code, output = glacier("check", "broken.py")
    assert code == 1
    assert "'rows' has no annotation" in output


@pytest.mark.parametrize(
    ("form", "starts"),
    [("mermaid", "flowchart"), ("dot", "digraph"), ("svg", "<svg"), ("html", "<!DOCTYPE html>")],
)
def test_a_graph_is_drawn(glacier: Glacier, folder: Path, form: str, starts: str) -> None:
    code, output = glacier("graph", "etl.py", "--format", form)
    assert code == 0
    assert output.startswith(starts)
    file = folder / f"out.{form}"
    assert glacier("graph", "etl.py", "--output", str(file))[0] == 0
    assert file.read_text(encoding="utf-8").startswith(starts)


def test_a_graph_as_svg_is_valid_xml(glacier: Glacier) -> None:
    ElementTree.fromstring(glacier("graph", "etl.py", "--format", "svg")[1])


def test_a_graph_that_cannot_be_written_says_so(glacier: Glacier) -> None:
    code, output = glacier("graph", "etl.py", "-o", "nowhere/x.svg")
    assert code == 1
    assert "nowhere" in output


# --- init and help --------------------------------------------------------------------------------


def test_init_refuses_to_overwrite(glacier: Glacier, folder: Path) -> None:
    assert glacier("init", "new")[0] == 0
    code, output = glacier("init", "new")
    assert code == 2
    assert "already there" in output


@pytest.mark.parametrize("command", ["", "run", "check", "graph", "runs", "show", "init"])
def test_there_is_help(glacier: Glacier, command: str) -> None:
    code, output = glacier(*command.split(), "--help")
    assert code == 0
    assert output.startswith("Usage: ")


def test_completion_offers_runs_and_executors(
    folder: Path, glacier: Glacier, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_it(glacier)

    def complete(words: str) -> str:
        monkeypatch.setenv("COMP_WORDS", f"glacier {words}")
        monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
        result = CliRunner().invoke(
            app, prog_name="glacier", env={"_GLACIER_COMPLETE": "bash_complete"}
        )
        return result.output

    assert "plain,last" in complete("show l")
    assert "plain,theirs" in complete("run --executor the")
    assert "plain,check" in complete("che")
