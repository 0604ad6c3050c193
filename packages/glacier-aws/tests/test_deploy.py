"""Deployments of AWS environments, over the stand-in for Pulumi's engine that core's tests have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stand_in.cloud import Cloud

from glacier.core.deploy import Asked, Deployment, operate_on_file
from glacier.core.errors import UnrealProvider, WrongAccount

BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"
SECRET = "aws:secretsmanager/secret:Secret"
FUNCTION = "aws:lambda/function:Function"
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
def file(engine: Cloud) -> Path:
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
