"""Deployments of AWS environments, over the stand-in for Pulumi's engine that core's tests have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from stand_in.cloud import Cloud

from glacier.aws.runtime import open_store
from glacier.core.components import load_modules
from glacier.core.deploy import Asked, Deployment, operate_on_file
from glacier.core.errors import DuplicateResource, UnrealProvider, WrongAccount

if TYPE_CHECKING:
    from s3_server import Server

load_modules("pulumi_aws.s3")  # it warns of its own parts

BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"
SECRET = "aws:secretsmanager/secret:Secret"
FUNCTION = "aws:lambda/function:Function"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
GUARD = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"

FILE = """
from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline

env = Environment(AWSProvider(account="123456789012", region="eu-central-1"), name="prod")
lake, shop = env.object_storage("lake", versioning=True), env.database("shop")
key = env.secret("crm-key")
hello = env.serverless("hello", handler="hello.run", code=__file__)
pipeline = Pipeline("etl")
raw = Dataset("raw", storage=lake)


@pipeline.task
def extract() -> raw:
    return [1]
"""


@pytest.fixture
def file(engine: Cloud, unpacked: object) -> Path:
    path = Path("flow.py")
    path.write_text(FILE)
    return path


def operate(operation: str, *, deletes_data: bool = False) -> Deployment:
    return operate_on_file("flow.py", None, Asked(operation, deletes_data=deletes_data))


def inputs(engine: Cloud, kind: str) -> Any:
    (name,) = engine.ids(kind)
    found = engine.read(kind, name)
    assert found is not None
    return found[0]


def test_an_environment_is_deployed_and_its_data_deleted_only_when_that_is_asked(
    file: Path, engine: Cloud
) -> None:
    done = operate("deploy")
    assert {name: one.value for name, one in done.outputs.items()} == {
        "database/shop": "etl-prod-shop",
        "object_storage/lake": engine.ids(BUCKET)[0],
        "secret/crm-key": "etl/prod/crm-key",
        "serverless/hello": "etl-prod-hello",
    }
    assert inputs(engine, DATABASE)["deletionProtection"] is True
    assert "forceDestroy" not in inputs(engine, BUCKET)
    assert operate("preview").steps == ()
    (bucket,) = engine.ids(BUCKET)
    engine.contents(BUCKET, bucket).mkdir()

    kept = operate("destroy")
    assert [name.partition(" ")[0] for name in kept.kept] == [DATABASE, BUCKET, SECRET]
    assert engine.ids(FUNCTION) == []
    assert [engine.ids(kind) for kind in (BUCKET, GUARD)] == [[bucket], [bucket]]

    assert operate("destroy", deletes_data=True).kept == ()
    for kind in (BUCKET, DATABASE, SECRET, GUARD):
        assert engine.ids(kind) == []


def test_another_account_is_refused(file: Path, engine: Cloud) -> None:
    (engine.folder / "account").write_text("999999999999")
    with pytest.raises(WrongAccount, match=r"aws 123456789012 eu-central-1.*999999999999"):
        operate("deploy")
    assert engine.ids(BUCKET) == []


def test_the_account_of_a_quick_example_is_refused_by_name(file: Path) -> None:
    file.write_text(FILE.replace("123456789012", "123456"))
    with pytest.raises(UnrealProvider, match="AWS account '123456' cannot be real"):
        operate("preview")


# --- and run here, with its data there ------------------------------------------------------------

RUN = """
import pulumi_aws as aws
from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline

env = Environment(AWSProvider(account="123456789012", region="eu-central-1"), name="prod")
archive = aws.s3.Bucket("archive", bucket="company-archive")
pipeline = Pipeline("etl")
raw = Dataset("raw", storage=env.object_storage("lake"))
old = Dataset("old", storage=archive)


@pipeline.task
def extract() -> raw:
    return [1, 2]


@pipeline.task
def keep(rows: raw) -> old:
    return rows[:1]


def run(addresses):
    from glacier.local import LocalExecutor

    executor = LocalExecutor(storage="declared")
    return executor.execute(env.bound(pipeline, addresses=addresses))


if __name__ == "__main__":
    print(run(env.refresh(pipeline).addresses)["old"])
"""


def test_a_deployed_pipeline_runs_here_with_its_data_in_declared_and_raw_buckets(
    file: Path, engine: Cloud, s3: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("glacier.local")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "h1dden")
    file.write_text(RUN)
    deployed = operate("deploy")
    lake = deployed.outputs["object_storage/lake"].value
    assert deployed.outputs["object_storage/archive"].value == "company-archive"
    assert deployed.addresses == {
        "object_storage/archive": "s3://company-archive",
        "object_storage/lake": f"s3://{lake}",
    }
    assert operate("refresh").addresses == deployed.addresses
    # What the engine stood in for is made where it is looked for now.
    s3.bucket(lake)
    s3.bucket("company-archive")

    done = subprocess.run([sys.executable, "flow.py"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "[1]\n"
    for bucket, dataset in ((lake, "raw"), ("company-archive", "old")):
        keys = [entry.key for entry in open_store(f"s3://{bucket}").list()]
        assert f"etl/{dataset}/_/latest.json" in keys
        assert {key.split("/")[1] for key in keys if key.endswith("version.json")} == {dataset}
    assert not Path(".glacier", "storage").exists()


def test_two_storages_of_one_name_are_refused_before_anything_is_made(
    file: Path, engine: Cloud
) -> None:
    file.write_text(RUN.replace('Bucket("archive"', 'Bucket("lake"'))
    places = "flow.py:9 and flow.py:10"
    with pytest.raises(DuplicateResource, match=rf"object_storage\('lake'\): {places}"):
        operate("deploy")
    assert engine.ids(BUCKET) == []
