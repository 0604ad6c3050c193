"""Fixtures: pipelines that are deployed on the stands."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_stand.stand import Stand
from deployed_flow import FLOW, PLANTED, PRICES
from deployed_pipelines import Deployed, deploy, wheels

__all__ = ["deployed", "links", "live", "live_process"]


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what bundles need, so that no index is asked for it."""
    for name in ("obstore", "uv"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"a bundle needs {name}")
    return wheels(tmp_path_factory.mktemp("wheels"), "obstore")


def _deploy(stand: Stand, flow: str, folder: Path, links: Path, **options: Any) -> Deployed:
    folder.mkdir(exist_ok=True)
    (folder / "flow.py").write_text(flow)
    (folder / "prices.py").write_text(PRICES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(links))
        patch.setenv("UV_NO_INDEX", "1")
        patch.chdir(folder)
        one = deploy(stand, folder / "flow.py", **options)
    if stand.name == "ministack":  # for the gap "If-None-Match"
        for bucket in stand.client("s3").list_buckets()["Buckets"]:
            stand.client("s3").delete_bucket_policy(Bucket=bucket["Name"])
    secrets = stand.client("secretsmanager")
    for secret in secrets.list_secrets()["SecretList"]:
        secrets.put_secret_value(SecretId=secret["ARN"], SecretString=PLANTED)
    return one


def _own(stand: Stand, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the owner of a stand be who runs the tests, in the folder of the project."""
    for name, value in stand.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)


_MINUTES = "it takes half a minute: nox -s stand"
_MINI = pytest.mark.skipif("GLACIER_STAND" not in os.environ, reason=_MINUTES)


@pytest.fixture(params=["moto", pytest.param("mini", marks=_MINI)])
def deployed(
    request: pytest.FixtureRequest, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Deployed]:
    """Deploys a file on a stand, for one test."""
    stand = request.getfixturevalue(request.param)

    def make(flow: str = FLOW, **options: Any) -> Deployed:
        one = _deploy(stand, flow, tmp_path / "project", links, **options)
        _own(stand, monkeypatch, tmp_path / "project")
        return one

    return make


@pytest.fixture(scope="module")
def live_process(
    request: pytest.FixtureRequest,
    moto_process: Any,
    links: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    """What ``FLOW`` of a module is deployed as, with its ``SCHEDULE``, for all of its tests."""
    folder = tmp_path_factory.mktemp("live") / "project"
    more = {"schedule": request.module.SCHEDULE} if hasattr(request.module, "SCHEDULE") else {}
    yield _deploy(moto_process, request.module.FLOW, folder, links, **more)
    moto_process.reset()


@pytest.fixture
def live(live_process: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """The same, for its owner."""
    _own(live_process.stand, monkeypatch, live_process.folder)
    return live_process
