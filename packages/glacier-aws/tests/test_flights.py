"""The main example on the stand: the file that runs on a laptop, with all its libraries."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deployed_pipelines import deploy

if TYPE_CHECKING:
    from aws_stand.moto_stand import MotoStand

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMES = ("by_age", "by_airline", "by_hour", "by_visibility", "by_wind", "delays")

if "GLACIER_STAND" not in os.environ:
    reason = "it unpacks 200 MB for each of 14 functions: set GLACIER_STAND, or nox -s stand"
    pytest.skip(reason, allow_module_level=True)


@pytest.fixture
def examples(moto: MotoStand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The examples as they are, in a folder of a project that is deployed from above it."""
    for name, value in moto.environ.items():
        monkeypatch.setenv(name, value)
    ignored = shutil.ignore_patterns("out", ".*", "__pycache__")
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=ignored)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "examples"


def test_flights_becomes_there_what_it_becomes_here(moto: MotoStand, examples: Path) -> None:
    pytest.importorskip("polars")
    from glacier.local import LocalExecutor

    flights = examples / "flights.py"
    assert flights.read_bytes() == (EXAMPLES / "flights.py").read_bytes()

    one = deploy(moto, examples / "flights_on_aws.py")
    ran = one.run(seconds=500)

    assert (ran.execution.status, ran.execution.cause) == ("SUCCEEDED", "")
    assert len(ran.states) == 13
    assert set(ran.states.values()) == {"succeeded"}
    assert [one for one in moto.trail if one.role and not one.allowed] == []
    pipeline = sys.modules["flights"].pipeline
    executor = LocalExecutor(history=False)
    here = executor.execute(pipeline, params={"out": str(examples / "out")}, keep=NAMES)
    assert one.shelf("summary").read(ran.id) == here["summary"]
    for name in NAMES:
        assert one.shelf(name).read(ran.id).equals(here[name]), name
    for name in ("table", "chart"):
        assert one.shelf(name).read(ran.id).read_bytes() == here[name].read_bytes(), name
