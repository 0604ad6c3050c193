"""Processes are for Linux and macOS; elsewhere their tests are not collected, nor are those that
run in processes among others."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import pytest

collect_ignore_glob = (
    [
        "test_processes*",
        "test_caching*",
        "test_explaining*",
        "test_resuming*",
        "test_as_deployed*",
        "test_storage*",
    ]
    if sys.platform in ("win32", "emscripten")
    else []
)

# Under --import-mode=importlib no folder of tests is on the path; flows.py lies in this one, the
# servers that all packages are tested with in that of core.
_HERE = Path(__file__).parent
sys.path += [str(_HERE), str(_HERE.parents[1] / "glacier-core" / "tests")]

from servers import postgres  # noqa: E402, F401  # a fixture

# A shell that starts the tests in the background has SIGINT ignored, and what they start inherits
# that: no test of Ctrl-C would end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def settled() -> None:
    """No thread is left that a test before has abandoned, as runs do with calls that are late."""
    for thread in threading.enumerate():
        if thread.name.startswith("glacier"):
            thread.join(60)
            assert not thread.is_alive(), f"{thread.name} does not end"
