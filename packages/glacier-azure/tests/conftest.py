"""What the tests of glacier-azure share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glacier.azure import AzureProvider, Network
from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.testing.registered import registered

# Servers of buckets lie with core's tests, which an sdist of this package lacks.
CORE_TESTS = Path(__file__).resolve().parents[2] / "glacier-core" / "tests"
collect_ignore = [] if CORE_TESTS.is_dir() else ["test_runtime.py"]
if CORE_TESTS.is_dir():
    sys.path.append(str(CORE_TESTS))
    from servers import azurite  # noqa: F401  # a fixture

SUBSCRIPTION = "12345678-90ab-cdef-1234-567890abcdef"
Rows = dict[tuple[str, str], Registered]


@pytest.fixture
def env() -> Callable[..., Environment]:
    """Makes an environment; its options are those of the provider."""

    def make(name: str = "prod", **more: Any) -> Environment:
        settings = {"subscription": SUBSCRIPTION, "region": "westeurope", **more}
        return Environment(AzureProvider(**settings), name)

    return make


@pytest.fixture
def told() -> Callable[[Callable[[], object]], Rows]:
    """What a program registers, by the last part of the type, and the name."""

    return lambda declare: registered(declare).by_type


@pytest.fixture
def network() -> Network:
    whole = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network"
    subnets = f"{whole}/virtualNetworks/main/subnets"
    return Network(
        functions=f"{subnets}/functions",
        databases=f"{subnets}/databases",
        zone=f"{whole}/privateDnsZones/etl.postgres.database.azure.com",
    )


@pytest.fixture(autouse=True)
def no_azure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine says who asks."""
    for name in [name for name in os.environ if name.startswith(("AZURE_", "IDENTITY_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", os.pathsep.join(_without_az(os.environ.get("PATH", ""))))


def _without_az(path: str) -> list[str]:
    return [folder for folder in path.split(os.pathsep) if not os.path.exists(f"{folder}/az")]
