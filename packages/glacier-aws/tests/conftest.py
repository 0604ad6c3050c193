"""What the tests of glacier-aws share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glacier.aws import AWSProvider, Network
from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.testing.registered import registered

# The stand-in for Pulumi's engine lies with core's tests, which an sdist of this package lacks.
CORE_TESTS = Path(__file__).resolve().parents[2] / "glacier-core" / "tests"
collect_ignore = [] if CORE_TESTS.is_dir() else ["test_deploy.py"]
if CORE_TESTS.is_dir():
    sys.path.append(str(CORE_TESTS))
    from stand_in.installed import engine  # noqa: F401  # a fixture

Rows = dict[tuple[str, str], Registered]


@pytest.fixture
def env() -> Callable[..., Environment]:
    """Makes an environment; its options are those of the provider."""

    def make(name: str = "prod", **more: Any) -> Environment:
        settings = {"account": "123456789012", "region": "eu-central-1", **more}
        return Environment(AWSProvider(**settings), name)

    return make


@pytest.fixture
def told() -> Callable[[Callable[[], object]], Rows]:
    """What a program registers, by the last part of the type, and the name."""

    return lambda declare: registered(declare).by_type


@pytest.fixture
def network() -> Network:
    return Network(subnets=["subnet-1", "subnet-2"], security_groups=["sg-1"])
