"""What the tests of glacier-azure share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glacier.azure import AzureProvider, Network
from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.testing.registered import registered

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
