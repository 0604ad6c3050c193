"""The settings of GCPProvider: what is refused, what is doubted, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import glacier.gcp
from glacier.core.errors import InvalidOption
from glacier.gcp import GCPProvider, Network


def test_the_package_offers_what_is_written_here() -> None:
    assert glacier.gcp.__all__ == ["GCPProvider", "Network", "__version__"]
    assert dir(glacier.gcp) == glacier.gcp.__all__
    assert all(hasattr(glacier.gcp, name) for name in glacier.gcp.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        glacier.gcp.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"region": "us-central"}, "Did you mean 'us-central1'"),
        ({"region": "us-central1-a"}, "Did you mean 'us-central1'"),
        ({"region": "Belgium"}, "such as 'europe-west1'"),
        ({"region": ""}, "Give its name"),
        ({"project": 123456789012}, "not its number"),
        ({"project": ""}, "Give the project's id"),
        ({"network": "inside"}, "Give Network"),
        ({"network": Network("")}, "Give Network"),
        ({"network": Network("inside", "")}, "Give Network"),
    ],
)
def test_settings_of_another_form_are_refused_where_they_stand(given: Any, told: str) -> None:
    with pytest.raises(InvalidOption, match=told) as caught:
        GCPProvider(**{"project": "my-project", "region": "us-central1", **given})
    assert Path(__file__).name in str(caught.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"project": "xyz"}, "6 to 30"),
        ({"project": "My-Project"}, "6 to 30"),
        ({"project": "123456789012"}, "begins with a letter"),
        ({"project": "my-project-"}, "6 to 30"),
        ({"region": "us-central9"}, "did you mean 'us-central1'"),
        ({"region": "mars-west1"}, "GCP region 'mars-west1' is not known"),
        ({"network": Network("global/networks/inside")}, "cannot be real"),
    ],
)
def test_what_cannot_be_real_is_doubted(given: Any, told: str) -> None:
    settings: Any = {"project": "my-project", "region": "us-central1", **given}
    (doubt,) = GCPProvider(**settings).doubts()
    assert told in doubt


@pytest.mark.parametrize("project", ["my-project", "example.com:my-project", "p" * 30])
def test_what_may_be_real_is_not_doubted(project: str) -> None:
    network = Network("projects/host-project/global/networks/shared")
    provider = GCPProvider(project=project, region="europe-west1", network=network)
    assert provider.doubts() == ()


def test_it_shows_where_it_is() -> None:
    provider = GCPProvider(project="my-project", region="us-central1")
    assert repr(provider) == "GCPProvider(project='my-project', region='us-central1')"
    assert str(provider.location) == "gcp my-project us-central1"


def test_it_answers_what_follows_from_its_settings_and_no_more() -> None:
    answers = GCPProvider(project="my-project", region="us-central1").answers
    asked = {token.rpartition(":")[2]: answer for token, answer in answers.items()}
    assert asked["getProject"]["projectId"] == "my-project"
    assert asked["getProject"]["number"] == "<computed>"
    assert asked["getClientConfig"]["region"] == "us-central1"
    told = {"accessToken", "zone"} & {key for answer in asked.values() for key in answer}
    assert told == set()


def test_every_type_is_one_of_the_sdk() -> None:
    text = Path(str(import_module("pulumi_gcp").__file__)).read_text(encoding="utf-8")
    types = {*GCPProvider.adopts, *GCPProvider.deprecated}
    assert {token for token in types if f'"{token}"' not in text} == set()
    assert not {*GCPProvider.adopts} & {*GCPProvider.deprecated}


def test_importing_the_package_costs_little() -> None:
    """A bound that no slow machine breaks: Pulumi alone takes ten times as many modules."""
    code = (
        "import sys; import glacier.gcp; glacier.gcp.GCPProvider; "
        "assert not [n for n in sys.modules if n.partition('.')[0] in ('pulumi', 'pulumi_gcp', "
        "'grpc', 'asyncio', 'google')]; print(len(sys.modules))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200
