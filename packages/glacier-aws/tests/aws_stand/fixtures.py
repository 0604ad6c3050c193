"""Fixtures: the stands, each started once for all tests, and empty for each of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from aws_stand.gaps import GAPS

__all__ = ["mini", "mini_process", "moto", "moto_process", "stand"]


def _needs(*modules: str) -> None:
    if sys.platform != "linux":
        pytest.skip("the stands run functions as processes of Linux")
    for name in ("boto3", "pulumi_aws.provider", *modules):
        pytest.importorskip(name)


@pytest.fixture(scope="session")
def moto_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The stand on moto, whatever is in it."""
    _needs("moto", "awslambdaric")
    from aws_stand.moto_stand import MotoStand

    one = MotoStand(tmp_path_factory.mktemp("moto-stand"))
    yield one
    one.close()


@pytest.fixture(scope="session")
def mini_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The stand on MiniStack, whatever is in it."""
    _needs("ministack")
    from aws_stand.mini_stand import MiniStand

    one = MiniStand(tmp_path_factory.mktemp("mini-stand"))
    yield one
    one.close()


@pytest.fixture
def moto(moto_process: Any) -> Iterator[Any]:
    """The stand on moto, with nothing in it."""
    yield moto_process
    moto_process.reset()


@pytest.fixture
def mini(mini_process: Any) -> Iterator[Any]:
    """The stand on MiniStack, with nothing in it."""
    yield mini_process
    mini_process.reset()


@pytest.fixture(params=["moto", "mini"])
def stand(request: pytest.FixtureRequest) -> Any:
    """Each of the stands; a test that one cannot pass is marked with ``gap``."""
    gap = request.node.get_closest_marker("gap")
    if gap is not None and request.param == "mini":
        (name,) = gap.args
        run = gap.kwargs.get("run", True)
        request.applymarker(pytest.mark.xfail(reason=GAPS[name], run=run, strict=True))
    return request.getfixturevalue(request.param)
