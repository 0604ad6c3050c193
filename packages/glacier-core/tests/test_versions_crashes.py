"""Writers that are killed at random moments leave nothing that a reader could notice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform in ("win32", "emscripten"), reason="SIGKILL and select on a pipe")
def test_killed_writers_leave_whole_versions(tmp_path: Path) -> None:
    from killing import kill_writers

    outcome = kill_writers(str(tmp_path / "data"), kills=15)

    assert outcome.kills == 15
    assert outcome.reads > 0
    assert outcome.committed > 0
