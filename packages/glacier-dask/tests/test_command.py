"""The command ``glacier`` with this executor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("click")

PIPELINE = """
from dataclasses import dataclass
from typing import Annotated
from glacier.core import Context, Dataset, ObjectStorage, Pipeline
from glacier.dask import DaskExecutor

pipeline = Pipeline("etl")
raw, total = Dataset("raw"), Dataset("total", storage=ObjectStorage("lake"))

@dataclass
class Row:
    size: int

@pipeline.task
def load(context: Context, count: int = 3) -> Annotated[list[Row], raw]:
    context.logger.info("loading %d", count)
    return [Row(n) for n in range(count)]

@pipeline.task
def add(rows: Annotated[list[Row], raw]) -> Annotated[int, total]:
    return sum(row.size for row in rows)

DaskExecutor("tcp://127.0.0.1:1").execute(pipeline)
"""


def _glacier(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glacier.core", *arguments]
    impatient = {**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=100, env=impatient
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "etl.py").write_text(PIPELINE)
    return tmp_path


def _facts(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_a_file_runs_on_a_cluster_by_its_address(folder: Path, processes: str) -> None:
    where = ("--executor", "dask", "--address", processes)
    facts = _facts(_glacier(folder, "run", "etl.py", *where, "--json", "-p", "count=4"))
    assert facts["run"]["state"] == "succeeded"
    shown = _glacier(folder, "data", "total")
    assert "etl" in shown.stdout, shown
    assert "loading 4" in _glacier(folder, "show", "last").stdout


def test_without_an_address_a_cluster_is_started_here(folder: Path) -> None:
    done = _glacier(folder, "run", "etl.py", "--executor", "dask", "--workers", "2", "--json")
    assert _facts(done)["run"]["state"] == "succeeded"
    assert "Traceback" not in done.stderr, done.stderr


def test_what_a_cluster_cannot_do_is_refused(folder: Path) -> None:
    done = _glacier(folder, "run", "etl.py", "--executor", "dask", "--as-deployed")
    assert done.returncode == 2
    assert "a cluster does not run tasks as deployed" in done.stderr
    done = _glacier(folder, "run", "etl.py", "--executor", "dask", "--address", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "no connection to tcp://127.0.0.1:1" in done.stderr
