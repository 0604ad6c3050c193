"""What the tests of glacier-aws share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from glacier.aws import AWSProvider, Network
from glacier.core import Environment
from glacier.core.bundle import Bundle
from glacier.core.contracts.providers import Registered
from glacier.core.testing.registered import registered

# The stand-in for Pulumi's engine, and a server of buckets, lie with core's tests, which an sdist
# of this package lacks.
CORE_TESTS = Path(__file__).resolve().parents[2] / "glacier-core" / "tests"
collect_ignore = [] if CORE_TESTS.is_dir() else ["test_deploy.py", "test_runtime.py"]
if "GLACIER_STAND" not in os.environ:  # they take minutes: nox -s stand
    collect_ignore += [path.name for path in Path(__file__).parent.glob("test_deployed_*.py")]
# Under --import-mode=importlib no folder of tests is on the path.
sys.path.append(str(Path(__file__).parent))
if CORE_TESTS.is_dir():
    sys.path.append(str(CORE_TESTS))
    from servers import s3  # noqa: F401  # a fixture
    from stand_in.installed import engine  # noqa: F401  # a fixture

TESTS = Path(__file__).resolve().parent
sys.path.append(str(TESTS))
from aws_stand.fixtures import mini, mini_process, moto, moto_process, stand  # noqa: E402, F401
from deployed_fixtures import deployed, links, live, live_process  # noqa: E402, F401

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
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """No requirement is looked for in an index; what would have been packed is noted."""
    from glacier.core import bundle

    asked: list[dict[str, Any]] = []

    def make_bundle(**given: Any) -> Bundle:
        asked.append(given)
        text = json.dumps(given["deployed"], sort_keys=True).encode()
        path = Path(given["into"]).absolute() / "etl.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        return Bundle(str(path), sha256(text).hexdigest(), len(text), len(text), ())

    monkeypatch.setattr(bundle, "make_bundle", make_bundle)
    return asked


@pytest.fixture
def network() -> Network:
    return Network(subnets=["subnet-1", "subnet-2"], security_groups=["sg-1"])


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine says who asks, and nothing leaves the loopback."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws" / "credentials"))
    (tmp_path / "aws").mkdir()


@pytest.fixture
def cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty AWS for clients of deployed pipelines."""
    from played_cloud import Cloud

    server = request.getfixturevalue("s3")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "h1dden")
    server.ask("/moto-api/reset", method="POST")
    found = Cloud(server)
    yield found
    found.ending.set()
    for thread in found.threads:
        thread.join(30)
    assert not found.failures
