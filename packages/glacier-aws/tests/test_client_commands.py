"""The commands on what is deployed on AWS, against moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from glacier.aws.names import function_name, log_group
from glacier.core.cli.app import app
from glacier.core.loader import load

if TYPE_CHECKING:
    from played_cloud import Cloud

FLOW = """
from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline

env = Environment(AWSProvider(account="123456789012", region="us-east-1"), "prod")
dev = Environment(AWSProvider(account="123456789012", region="us-east-1"), "dev")
pipeline = Pipeline("shop")
raw, total = Dataset("raw"), Dataset("total")

@pipeline.task
def extract(n: int = 3) -> raw:
    return list(range(n))

@pipeline.task
def add(rows: raw) -> total:
    if len(rows) == 4:
        raise ValueError(f"no sum of {rows}")
    return sum(rows)
"""


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> Iterator[Path]:
    """A file whose pipeline is deployed, in the working directory."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "flow.py"
    file.write_text(FLOW)
    cloud.deploy(load("flow.py").choose())
    return file


def glacier(*args: str) -> Result:
    return CliRunner().invoke(app, list(args), catch_exceptions=False)


def ran(cloud: Cloud, *args: str) -> Result:
    cloud.play()
    return glacier("run", "flow.py", "--executor", "aws", "--env", "prod", *args)


def test_a_run_is_told_as_one_on_this_machine(flow: Path, cloud: Cloud) -> None:
    done = ran(cloud, "--progress", "plain")
    assert done.exit_code == 0, done.output
    assert "succeeded" in done.output
    listed = glacier("runs", "flow.py", "--env", "prod", "--json")
    (one,) = json.loads(listed.output)["runs"]
    assert one["run_id"] in done.output
    shown = glacier("show", "last")
    assert one["run_id"] in shown.output
    table = glacier("runs", "flow.py", "--env", "prod")
    assert "running" in table.output  # moto does not end executions that it does not conduct


def test_a_failure_exits_with_one_and_is_replayed_here(flow: Path, cloud: Cloud) -> None:
    done = ran(cloud, "-p", "n=4", "--progress", "plain")
    assert done.exit_code == 1
    assert "no sum of [0, 1, 2, 3]" in done.output

    again = glacier("replay", "last", "add", "--env", "prod")

    assert again.exit_code == 1
    assert "ValueError: no sum of [0, 1, 2, 3]" in again.output
    flow.write_text(FLOW.replace("== 4", "== 5"))
    mended = glacier("replay", "last", "add", "--env", "prod", "--json")
    assert json.loads(mended.stdout)["outputs"]["total"]


def test_a_run_is_attached_to_by_a_part_of_its_id(flow: Path, cloud: Cloud) -> None:
    done = ran(cloud, "--json", "--progress", "off")
    run = json.loads(done.stdout)["run"]["run_id"]
    for name in ("last", run[-6:], run):
        found = glacier("attach", "flow.py", name, "--env", "prod", "--json", "--progress", "off")
        assert found.exit_code == 0, found.output
        assert json.loads(found.stdout)["run"]["run_id"] == run


def test_logs_are_lines_that_people_read(flow: Path, cloud: Cloud) -> None:
    run = json.loads(ran(cloud, "--json", "--progress", "off").stdout)["run"]["run_id"]
    line = {
        "time": "2026-01-31T12:00:00.123Z", "level": "INFO", "logger": "glacier.task",
        "message": "3 rows", "run": run, "task": "extract", "attempt": 2, "item": 7,
    }  # fmt: skip
    plain = f"REPORT RequestId: 1 {run} Duration: 3 ms"
    cloud.log(log_group(function_name("shop", "prod", "extract")), [json.dumps(line), plain])

    found = glacier("logs", "flow.py", "last", "extract", "--env", "prod")

    assert "INFO    extract[7] (attempt 2): 3 rows" in found.output
    assert plain in found.output
    whole = json.loads(glacier("logs", "flow.py", run, "--env", "prod", "--json").stdout)
    assert [one["message"] for one in whole["lines"]] == [plain, "3 rows"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("run", "flow.py", "--executor", "aws"), "give --env"),
        (("runs", "flow.py"), "--env prod or dev"),
        (("runs", "--env", "prod"), "name the file"),
        (("runs", "flow.py", "--env", "pord"), "'prod'"),
        (("logs", "flow.py", "last", "ad", "--env", "prod"), "'add'"),
        (("attach", "flow.py", "20260131T120000.000000Z-aaaaaa", "--env", "prod"), "no run"),
        (("runs", "flow.py", "--env", "dev"), "not deployed"),
    ],
)
def test_what_cannot_be_is_told(args: tuple[str, ...], told: str, flow: Path, cloud: Cloud) -> None:
    done = glacier(*args)
    assert done.exit_code == 2
    assert told in done.output


def test_options_of_other_executors_are_refused(flow: Path, cloud: Cloud) -> None:
    done = ran_without_playing("--workers", "3")
    assert done.exit_code == 2
    assert "no option --workers" in done.output
    local: Any = glacier("run", "flow.py", "--env", "prod")
    assert "no option --env" in local.output


def ran_without_playing(*args: str) -> Result:
    return glacier("run", "flow.py", "--executor", "aws", "--env", "prod", *args)
