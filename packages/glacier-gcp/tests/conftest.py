"""What the tests of glacier-gcp share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.programs import Session, opened
from glacier.core.synth.program import run_program
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

    def rows(declare: Callable[[], object]) -> Rows:
        with opened(Session("etl")):
            _, program = run_program(declare, project="etl", stack="prod", answers=dict)
        found: Rows = {}
        for row in program.resources:
            kind = row.type if row.type.startswith("glacier:") else row.type.split(":")[-1]
            found[kind, row.name] = row
        return found

    return rows


@pytest.fixture
def network() -> Network:
    return Network(network="inside", subnetwork="functions")
