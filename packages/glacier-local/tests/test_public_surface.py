"""What the package offers, and that importing it costs no more than it must."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import glacier.local


def test_the_package_offers_what_is_written_here() -> None:
    assert glacier.local.__all__ == [
        "CannotCross",
        "InvalidStorage",
        "InvalidWorkers",
        "LocalExecutor",
        "LocalFunction",
        "LocalProvider",
        "NoHandler",
        "NoProcesses",
        "NotBound",
        "RemoteError",
        "RemoteTraceback",
        "WorkerCrashed",
        "WorkerNotMade",
        "WorkerNotStarted",
        "__version__",
    ]
    assert all(hasattr(glacier.local, name) for name in glacier.local.__all__)


def test_the_executor_is_offered_to_core_by_its_entry_point() -> None:
    from glacier.core.registry import installed, load

    assert "local" in installed("glacier.executors")
    assert load("glacier.executors", "local") is glacier.local.LocalExecutor


@pytest.mark.parametrize(
    "statement",
    [
        "import glacier.local",
        "glacier.local.LocalExecutor(2)",
        "glacier.local.LocalExecutor(2, processes=True)",
    ],
)
def test_importing_it_imports_no_event_loop_and_no_pools(statement: str) -> None:
    script = (
        "import sys, json; before = set(sys.modules); import glacier.local; "
        f"{statement}; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True
    )

    heavy = {"asyncio", "concurrent.futures", "multiprocessing", "logging", "tempfile"}
    assert not heavy.intersection(json.loads(ran.stdout))
