"""What the package offers, and that importing it costs no more than it must."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import glacier.dask


def test_the_package_offers_what_is_written_here() -> None:
    assert glacier.dask.__all__ == [
        "CannotCross",
        "ClusterFailed",
        "DaskExecutor",
        "InvalidCluster",
        "NotShared",
        "ValueLost",
        "VersionMismatch",
        "WorkerDied",
        "__version__",
    ]
    assert all(hasattr(glacier.dask, name) for name in glacier.dask.__all__)
    assert dir(glacier.dask) == sorted(glacier.dask.__all__)


def test_the_executor_is_offered_to_core_by_its_entry_point() -> None:
    from glacier.core.registry import installed, load

    assert "dask" in installed("glacier.executors")
    assert load("glacier.executors", "dask") is glacier.dask.DaskExecutor


@pytest.mark.parametrize(
    "statement", ["import glacier.dask", "glacier.dask.DaskExecutor('tcp://127.0.0.1:8786')"]
)
def test_importing_it_imports_no_dask(statement: str) -> None:
    script = f"import sys, json, glacier.dask; {statement}; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True
    )
    assert not {"dask", "distributed", "tornado", "cloudpickle"}.intersection(
        json.loads(ran.stdout)
    )
