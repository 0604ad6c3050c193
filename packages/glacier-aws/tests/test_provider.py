"""The settings of AWSProvider: what is refused, what is doubted, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import glacier.aws
from glacier.aws import AWSProvider
from glacier.core.errors import InvalidOption


def test_the_package_offers_what_is_written_here() -> None:
    assert glacier.aws.__all__ == ["AWSExecutor", "AWSProvider", "Network", "__version__"]
    assert dir(glacier.aws) == glacier.aws.__all__
    assert all(hasattr(glacier.aws, name) for name in glacier.aws.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        glacier.aws.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"region": "us-east1"}, "Did you mean 'us-east-1'"),
        ({"region": "Frankfurt"}, "such as 'eu-central-1'"),
        ({"region": ""}, "Give its name"),
        ({"account": 123456789012}, "leading zero"),
        ({"profile": ""}, "Give a text"),
        ({"assume_role": 1}, "Give a text"),
        ({"network": ["subnet-1"]}, "Give Network"),
    ],
)
def test_settings_of_another_form_are_refused_where_they_stand(given: Any, told: str) -> None:
    with pytest.raises(InvalidOption, match=told) as caught:
        AWSProvider(**{"account": "123456789012", "region": "us-east-1", **given})
    assert Path(__file__).name in str(caught.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"account": "123456"}, "12 digits"),
        ({"region": "us-east-7"}, "did you mean 'us-east-"),
        ({"assume_role": "deploy"}, "assume_role='deploy' cannot be real"),
        ({"permissions_boundary": "limit"}, "permissions_boundary='limit' cannot be real"),
    ],
)
def test_what_cannot_be_real_is_doubted(given: Any, told: str) -> None:
    settings: Any = {"account": "123456789012", "region": "us-east-1", **given}
    (doubt,) = AWSProvider(**settings).doubts()
    assert told in doubt


def test_it_shows_where_it_is() -> None:
    provider = AWSProvider(account="123456789012", region="us-east-1")
    assert repr(provider) == "AWSProvider(account='123456789012', region='us-east-1')"
    assert str(provider.location) == "aws 123456789012 us-east-1"


def test_importing_the_package_costs_little() -> None:
    """A bound that no slow machine breaks: Pulumi alone takes ten times as many modules."""
    code = (
        "import sys; import glacier.aws; glacier.aws.AWSProvider; "
        "assert not [n for n in sys.modules if n.partition('.')[0] in ('pulumi', 'pulumi_aws', "
        "'grpc', 'asyncio', 'boto3')]; print(len(sys.modules))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200
