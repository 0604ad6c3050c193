"""The settings of AzureProvider: what is refused, what is doubted, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import glacier.azure
from glacier.azure import AzureProvider, Network
from glacier.core.errors import InvalidOption

SUBSCRIPTION = "12345678-90ab-cdef-1234-567890abcdef"


def test_the_package_offers_what_is_written_here() -> None:
    assert glacier.azure.__all__ == ["AzureProvider", "Network", "__version__"]
    assert dir(glacier.azure) == glacier.azure.__all__
    assert all(hasattr(glacier.azure, name) for name in glacier.azure.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        glacier.azure.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"region": "West Europe"}, "Did you mean 'westeurope'"),
        ({"region": "west-us-2"}, "Did you mean 'westus2'"),
        ({"region": "eu-central-1"}, "such as 'westeurope'|Did you mean"),
        ({"region": ""}, "Give its name"),
        ({"subscription": 12345}, "a GUID as text"),
        ({"subscription": ""}, "a GUID as text"),
        ({"resource_group": "data/prod"}, "up to 90 letters"),
        ({"resource_group": "prod."}, "no dot at its end"),
        ({"resource_group": ""}, "Give the name of a group"),
        ({"resource_group": 7}, "Give the name of a group"),
        ({"network": ["subnet"]}, "Give Network"),
        ({"network": Network(functions="a", databases="b", zone=None)}, "Give Network"),
    ],
)
def test_settings_of_another_form_are_refused_where_they_stand(given: Any, told: str) -> None:
    with pytest.raises(InvalidOption, match=told) as caught:
        AzureProvider(**{"subscription": SUBSCRIPTION, "region": "westus2", **given})
    assert Path(__file__).name in str(caught.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"subscription": "xyz"}, "'xyz' cannot be real"),
        ({"subscription": "00000000-0000-0000-0000-000000000000"}, "cannot be real"),
        ({"region": "westeurop"}, "did you mean 'westeurope'?"),
        ({"region": "atlantis"}, "Azure region 'atlantis' is not known"),
    ],
)
def test_what_cannot_be_real_is_doubted(given: Any, told: str) -> None:
    settings: Any = {"subscription": SUBSCRIPTION, "region": "westus2", **given}
    (doubt,) = AzureProvider(**settings).doubts()
    assert told in doubt


def test_each_part_of_a_network_is_doubted_by_itself(network: Network) -> None:
    def doubts(found: Network) -> list[str]:
        settings: Any = {"subscription": SUBSCRIPTION, "region": "westus2", "network": found}
        return list(AzureProvider(**settings).doubts())

    assert doubts(network) == []
    (doubt,) = doubts(network._replace(zone=network.databases))
    assert "a private DNS zone has the id" in doubt
    (doubt,) = doubts(network._replace(functions="functions"))
    assert doubt.startswith("network functions='functions' cannot be real: a subnet has the id")


def test_it_shows_where_it_is() -> None:
    provider = AzureProvider(subscription=SUBSCRIPTION, region="westus2")
    told = f"AzureProvider(subscription={SUBSCRIPTION!r}, region='westus2')"
    assert repr(provider) == told
    assert str(provider.location) == f"azure {SUBSCRIPTION} westus2"


def test_importing_the_package_costs_little() -> None:
    """A bound that no slow machine breaks: Pulumi alone takes ten times as many modules."""
    code = (
        "import sys; import glacier.azure; glacier.azure.AzureProvider; "
        "assert not [n for n in sys.modules if n.partition('.')[0] in ('pulumi', 'azure', "
        "'pulumi_azure_native', 'grpc', 'asyncio')]; print(len(sys.modules))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200
