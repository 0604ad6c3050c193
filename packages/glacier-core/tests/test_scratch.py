"""The scratch folder: one a process, gone with it, also if it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fcntl", reason="without locks a killed process leaves its folder")
pytestmark = pytest.mark.skipif(sys.platform == "emscripten", reason="no processes here")

MAKE = """
import sys
from glacier.core.scratch import new_scratch_folder
first, second = new_scratch_folder(), new_scratch_folder()
print(first, flush=True)
sys.stdin.readline()
"""


def start(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", MAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    assert process.stdout is not None
    made = Path(process.stdout.readline().strip())
    assert made.is_dir()
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def grow_old(folder: Path) -> None:
    for owner in folder.glob("*/.glacier-owner"):
        os.utime(owner, (0, 0))


def test_it_goes_with_its_process(tmp_path: Path) -> None:
    process = start(tmp_path)
    assert len(os.listdir(tmp_path)) == 1, "one for all runs"
    end(process)
    assert os.listdir(tmp_path) == []


def test_that_of_a_killed_process_goes_with_the_next(tmp_path: Path) -> None:
    killed = start(tmp_path)
    killed.kill()
    killed.communicate()
    assert len(os.listdir(tmp_path)) == 1
    end(start(tmp_path))
    assert len(os.listdir(tmp_path)) == 1, "a young one may be about to be locked"
    grow_old(tmp_path)
    end(start(tmp_path))
    assert os.listdir(tmp_path) == []


def test_that_of_a_living_process_stays_and_so_does_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "glacier-backup").mkdir()
    living = start(tmp_path)
    grow_old(tmp_path)
    end(start(tmp_path))
    assert len(os.listdir(tmp_path)) == 2
    end(living)
    assert os.listdir(tmp_path) == ["glacier-backup"]
