"""Runs that are killed at random moments leave nothing half-written, and can be resumed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_killed_runs_leave_whole_versions_and_can_be_resumed() -> None:
    program = Path(__file__).with_name("killing_runs.py")

    done = subprocess.run(
        [sys.executable, str(program), "5"],
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )

    assert "Outcome(kills=5," in done.stdout
    assert "reads=0," not in done.stdout
