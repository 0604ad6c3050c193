"""A pipeline from its file to its results: deployed by its own program, run by what that made."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_stand.stand import Stand
from deployed_pipelines import PROVIDER, Deployed, deploy, wheels

PLANTED = "pl4nted-v4lue"

FLOW = f"""
from typing import Annotated

from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline, Secret
from prices import price

env = Environment({PROVIDER}, name="prod")
lake = env.object_storage("lake")
env.secret("crm-key")
pipeline = Pipeline("etl")
raw, gold = Dataset("raw", storage=lake), Dataset("gold", storage=lake)
clean, stats, priced, enough, report = map(
    Dataset, ["clean", "stats", "priced", "enough", "report"]
)


@pipeline.task
def extract(n: int) -> raw:
    return list(range(-1, n))


@pipeline.task(name="clean")
def tidy(rows: raw) -> clean:
    return [row for row in rows if row >= 0]


@pipeline.task(name="stats")
def count(rows: raw, key: Annotated[str, Secret("crm-key")]) -> stats:
    print("asked with", key)
    return {{"rows": len(rows), "key": len(key)}}


@pipeline.task
def value(row: clean.each) -> priced:
    return price(row)


@pipeline.task
def decide(found: stats) -> enough:
    return found["rows"] > 3


@pipeline.task
def load(rows: priced, found: stats) -> gold:
    return {{"prices": rows, **found}}


@pipeline.task(when=enough)
def tell(found: gold) -> report:
    return f"{{found['rows']}} rows"
"""
PRICES = "def price(row):\n    return row * 10\n"


@pytest.fixture
def folder(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of a project that is deployed from there."""
    for name in ("obstore", "uv"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"a bundle needs {name}")
    links = tmp_path_factory.getbasetemp() / "wheels"
    if not links.is_dir():
        wheels(links, "obstore")
    monkeypatch.setenv("UV_FIND_LINKS", str(links))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    made = tmp_path / "project"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def deployed(
    stand: Stand, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Deployed]:
    """Deploys a file on the stand, whose owner is who runs the tests."""
    for name, value in stand.environ.items():
        monkeypatch.setenv(name, value)

    def make(flow: str = FLOW, **options: Any) -> Deployed:
        (folder / "flow.py").write_text(flow)
        (folder / "prices.py").write_text(PRICES)
        one = deploy(stand, folder / "flow.py", **options)
        if stand.name == "ministack":  # for the gap "If-None-Match"
            for bucket in stand.client("s3").list_buckets()["Buckets"]:
                stand.client("s3").delete_bucket_policy(Bucket=bucket["Name"])
        secrets = stand.client("secretsmanager")
        for secret in secrets.list_secrets()["SecretList"]:
            secrets.put_secret_value(SecretId=secret["ARN"], SecretString=PLANTED)
        return one

    return make


def test_a_file_becomes_results(deployed: Callable[..., Deployed]) -> None:
    one = deployed()
    ran = one.run(params={"n": "3"})
    assert (ran.execution.status, ran.execution.cause) == ("SUCCEEDED", "")
    assert set(ran.states.values()) == {"succeeded"}
    expected = {
        "raw": [-1, 0, 1, 2],
        "clean": [0, 1, 2],
        "stats": {"rows": 4, "key": len(PLANTED)},
        "priced": [0, 10, 20],
        "enough": True,
        "gold": {"prices": [0, 10, 20], "rows": 4, "key": len(PLANTED)},
        "report": "4 rows",
    }
    assert {name: one.shelf(name).read(ran.id) for name in expected} == expected
    buckets = {name: one.shelf(name).place.partition("/etl/")[0] for name in expected}
    assert buckets["raw"] == buckets["gold"] != buckets["clean"] == buckets["report"]

    fewer = one.run(params={"n": "1"})
    assert fewer.execution.status == "SUCCEEDED"
    assert fewer.states["tell"] == "skipped"
    latest = {name: one.shelf(name).latest() for name in ("gold", "report")}
    assert {name: kept and kept.version for name, kept in latest.items()} == {
        "gold": fewer.id,
        "report": ran.id,
    }
