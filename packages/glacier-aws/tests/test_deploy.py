"""Deployments of AWS environments, over the stand-in for Pulumi's engine that core's tests have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from stand_in.cloud import Cloud

from glacier.aws.runtime import open_store
from glacier.core import Schedule
from glacier.core.components import load_modules
from glacier.core.deploy import Asked, Deployment, operate_on_file
from glacier.core.errors import (
    CannotDeploy,
    DeployFailed,
    DuplicateResource,
    UnrealProvider,
    WrongAccount,
)
from glacier.core.registration import Wish
from glacier.core.synth import synth_file

if TYPE_CHECKING:
    from s3_server import Server

load_modules("pulumi_aws.s3")  # it warns of its own parts

BUCKET = "aws:s3/bucket:Bucket"
DATABASE = "aws:rds/instance:Instance"
SECRET = "aws:secretsmanager/secret:Secret"
FUNCTION = "aws:lambda/function:Function"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
GUARD = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
MACHINE, ROLE = "aws:sfn/stateMachine:StateMachine", "aws:iam/role:Role"
LAKE, WORKSPACE = "prod-lake-e54d4cf7", "prod-etl-workspace-d1bdd08b"

PLANTED = "pl4nted-v4lue"

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
        "object_storage/lake": LAKE,
        "secret/crm-key": "etl/prod/crm-key",
        "serverless/hello": "etl-prod-hello",
        "pipeline/machine": f"arn:stand-in:{MACHINE}/etl-prod",
        "pipeline/workspace": f"s3://{WORKSPACE}",
    }
    assert inputs(engine, DATABASE)["deletionProtection"] is True
    assert operate("preview").steps == ()
    buckets = sorted([LAKE, WORKSPACE])
    assert engine.ids(BUCKET) == buckets
    for bucket in buckets:
        found = engine.read(BUCKET, bucket)
        assert found is not None
        assert "forceDestroy" not in found[0]
        engine.contents(BUCKET, bucket).mkdir()

    kept = operate("destroy")
    assert [name.partition(" ")[0] for name in kept.kept] == [DATABASE, BUCKET, BUCKET, SECRET]
    for kind in (FUNCTION, MACHINE, ROLE, OBJECT):
        assert engine.ids(kind) == []
    assert [engine.ids(kind) for kind in (BUCKET, GUARD)] == [buckets, buckets]

    assert operate("destroy", deletes_data=True).kept == ()
    assert left(engine) == set()


def left(engine: Cloud) -> set[str]:
    """The resources that there are."""
    return {path.stem for path in engine.folder.glob("aws*/*.json")}


def test_the_code_is_packed_for_lambda_and_the_manifest_says_what_is_deployed(
    file: Path, engine: Cloud, unpacked: list[dict[str, Any]]
) -> None:
    done = operate("deploy")
    assert done.remarks == ("the code of all tasks: 0.0 MB, unzipped 0.0 MB",)
    packed = unpacked[-1]
    assert (packed["target"], packed["packages"]) == ("flow.py:etl", ("glacier-aws",))
    assert (packed["platform"].python, packed["platform"].machine) == ("3.13", "aarch64")
    found = engine.read(OBJECT, f"{WORKSPACE}/_deployed/etl.json")
    assert found is not None
    manifest = json.loads(found[0]["content"])
    assert manifest["plan"] == packed["deployed"]["plan"]
    assert manifest["machine"] == "etl-prod"
    assert manifest["functions"] == {"extract": "/aws/lambda/etl-prod-extract"}
    assert manifest["bindings"]["stores"] == {f"s3://{LAKE}": ["raw"]}
    function = engine.read(FUNCTION, "etl-prod-extract")
    assert function is not None
    assert function[0]["s3Key"] == "_deployed/etl/code.zip"
    assert len(function[0]["sourceCodeHash"]) == 44


def test_other_code_updates_the_functions_and_what_is_deployed_and_nothing_else(
    file: Path, engine: Cloud
) -> None:
    operate("deploy")
    file.write_text(FILE.replace("return [1]", "return [2]"))
    done = operate("preview")
    changed = {(step.operation, step.type.rpartition(":")[2]) for step in done.steps}
    assert changed == {("update", "BucketObjectv2"), ("update", "Function")}


def test_a_deployment_that_fails_half_way_is_finished_by_the_next(
    file: Path, engine: Cloud
) -> None:
    taken = engine.file(MACHINE, "etl-prod")
    taken.parent.mkdir(parents=True)
    taken.write_text("{}")
    with pytest.raises(DeployFailed, match="already exists and belongs to somebody else"):
        operate("deploy")
    assert engine.ids(FUNCTION) != []
    taken.unlink()
    operate("deploy")
    assert engine.ids(MACHINE) == ["etl-prod"]
    assert operate("preview").steps == ()


def test_what_is_said_with_deploy_goes_before_what_the_file_says(file: Path, engine: Cloud) -> None:
    said = 'env.deploy(pipeline, schedule=Schedule(cron="@daily"), options={"log_days": 7})'
    file.write_text(FILE.replace("Environment, Pipeline", "Environment, Pipeline, Schedule") + said)
    operate("deploy")
    schedule = "aws:scheduler/schedule:Schedule"
    assert inputs(engine, schedule)["scheduleExpression"] == "cron(0 0 * * ? *)"
    logs = "aws:cloudwatch/logGroup:LogGroup"
    retention = [engine.read(logs, one.replace("%2F", "/")) for one in engine.ids(logs)]
    assert 7 in [one[0]["retentionInDays"] for one in retention if one is not None]
    wish = Wish(Schedule(cron="@hourly", overlap="allow"), {})
    operate_on_file("flow.py", None, Asked("deploy", wish=wish))
    assert inputs(engine, schedule)["scheduleExpression"] == "cron(0 * * * ? *)"


def test_what_cannot_run_there_is_refused_before_anything_is_made(
    file: Path, engine: Cloud
) -> None:
    file.write_text(FILE.replace("storage=lake", "storage=shop"))
    for operation in ("preview", "deploy"):
        with pytest.raises(CannotDeploy, match=r"dataset 'raw' .* is kept in database 'shop'"):
            operate(operation)
    assert left(engine) == set()
    assert synth_file("flow.py").warnings[-1].startswith("dataset 'raw' ")
    done = operate_on_file("flow.py", None, Asked("deploy", wish=Wish(tasks=False)))
    assert done.remarks == ("resources alone, as was asked for",)
    assert WORKSPACE not in left(engine)


def test_the_value_of_a_secret_is_nowhere(
    file: Path, engine: Cloud, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setenv("GLACIER_SECRET_CRM_KEY", PLANTED)
    secret = 'def extract(key: Annotated[str, Secret("crm-key")]) -> raw:'
    text = FILE.replace("def extract() -> raw:", secret).replace("Pipeline\n", "Pipeline, Secret\n")
    file.write_text(f"from typing import Annotated\n{text}")
    told = [synth_file("flow.py").to_json()]
    told += [operate(name).to_json() for name in ("preview", "deploy", "refresh")]
    for place in (Path(".glacier"), engine.folder):
        told += [path.read_text(errors="replace") for path in place.rglob("*") if path.is_file()]
    printed = capfd.readouterr()
    assert PLANTED not in json.dumps(told) + printed.out + printed.err
    arn = f"arn:stand-in:{SECRET}/etl/prod/crm-key"
    function = engine.read(FUNCTION, "etl-prod-extract")
    assert function is not None
    bindings = json.loads(function[0]["environment"]["variables"]["GLACIER_BINDINGS"])
    assert bindings["secrets"] == {"crm-key": arn}
    policy = engine.read("aws:iam/rolePolicy:RolePolicy", "etl-prod-extract")
    assert policy is not None
    assert arn in policy[0]["policy"]


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
