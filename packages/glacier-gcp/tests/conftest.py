"""What the tests of glacier-gcp share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.testing.registered import registered
from glacier.gcp import GCPProvider, Network

# Servers of buckets lie with core's tests, which an sdist of this package lacks.
CORE_TESTS = Path(__file__).resolve().parents[2] / "glacier-core" / "tests"
collect_ignore = [] if CORE_TESTS.is_dir() else ["test_runtime.py"]
if CORE_TESTS.is_dir():
    sys.path.append(str(CORE_TESTS))
    from servers import gcs  # noqa: F401  # a fixture

Rows = dict[tuple[str, str], Registered]


@pytest.fixture
def env() -> Callable[..., Environment]:
    """Makes an environment; its options are those of the provider."""

    def make(name: str = "prod", **more: Any) -> Environment:
        settings = {"project": "my-project", "region": "europe-west1", **more}
        return Environment(GCPProvider(**settings), name)

    return make


@pytest.fixture
def told() -> Callable[[Callable[[], object]], Rows]:
    """What a program registers, by the last part of the type, and the name."""

    return lambda declare: registered(declare).by_type


@pytest.fixture
def network() -> Network:
    return Network(network="inside", subnetwork="functions")


@pytest.fixture(autouse=True)
def no_google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine says who asks, and nothing leaves the loopback."""
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "STORAGE_EMULATOR"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"):
        monkeypatch.setenv(name, "127.0.0.1:1")
