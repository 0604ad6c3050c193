"""What the tests of glacier-gcp share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.testing.registered import registered
from glacier.gcp import GCPProvider, Network

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
