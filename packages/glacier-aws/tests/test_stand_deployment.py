"""What the stands make of Pulumi programs, and of what they cannot make."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import stand_programs as programs
from aws_stand.facts import ACCOUNT, REGION
from aws_stand.stand import Stand
from stand_programs import LAKE

from glacier.core import Environment
from glacier.core.components import load_modules


def test_what_glacier_registers_is_made(stand: Stand) -> None:
    from glacier.aws import AWSProvider

    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"

    def program() -> None:
        import pulumi

        env = Environment(AWSProvider(account=ACCOUNT, region=REGION), "prod")
        options: dict[str, Any] = {"versioning": True, "lifecycle_days": 30}
        lake = env.object_storage("lake", encryption=key, **options)
        env.secret("crm-key")
        env.serverless("hello", handler="tasks.echo", code=str(programs.FUNCTIONS))
        pulumi.export("bucket", lake.native.bucket)

    bucket = stand.deploy(program, project="etl", stack="prod")["bucket"]
    s3 = stand.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    names = [one["Name"] for one in stand.client("secretsmanager").list_secrets()["SecretList"]]
    assert names == ["etl/prod/crm-key"]
    assert stand.invoke("etl-prod-hello", {"a": 1}).payload == {"a": 1}


def test_code_comes_from_folders_files_archives_and_buckets(stand: Stand, tmp_path: Path) -> None:
    import pulumi

    aws = programs.sdk()
    source = "def handle(event, context):\n    return {!r}\n"
    packed = tmp_path / "code.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("code_here.py", source.format("zip"))
    single = tmp_path / "code_here.py"
    single.write_text(source.format("file"))
    codes: dict[str, Any] = {
        "archive": pulumi.AssetArchive({"code_here.py": pulumi.StringAsset("handle = max")}),
        "file": pulumi.AssetArchive({"code_here.py": pulumi.FileAsset(str(single))}),
        "folder": pulumi.FileArchive(str(tmp_path)),
        "zip": pulumi.FileArchive(str(packed)),
    }

    def program() -> None:
        bucket = programs.lake()
        role = aws.iam.Role("role", name="role", assume_role_policy=programs.trust("lambda"))
        kept = aws.s3.BucketObjectv2("code", bucket=bucket.bucket, key="c.zip", source=codes["zip"])
        for name, code in {**codes, "bucket": None}.items():
            where = {} if code else {"s3_bucket": kept.bucket, "s3_key": kept.key}
            aws.lambda_.Function(
                name,
                name=name,
                role=role.arn,
                code=code,
                handler="code_here.handle",
                runtime="python3.11",
                opts=pulumi.ResourceOptions(depends_on=[kept]),
                **where,
            )

    stand.deploy(program)
    found = {name: stand.invoke(name).payload for name in ("bucket", "file", "folder", "zip")}
    assert found == {"bucket": "zip", "file": "file", "folder": "file", "zip": "zip"}
    assert stand.invoke("archive").error != ""


def test_every_other_type_that_a_deployment_needs_is_made(stand: Stand) -> None:
    import pulumi

    aws = programs.sdk()

    def program() -> None:
        bucket = programs.lake()
        aws.lambda_.Permission(
            "may",
            function=programs.function("echo").name,
            action="lambda:InvokeFunction",
            principal="s3.amazonaws.com",
        )
        aws.s3.BucketObject("old", bucket=bucket.bucket, key="old.txt", content="old")
        aws.cloudwatch.MetricAlarm(
            "failed",
            name="failed",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            threshold=0,
            statistic="Sum",
            period=300,
            namespace="AWS/States",
            metric_name="ExecutionsFailed",
            dimensions={"StateMachineArn": "arn"},
        )
        secret = aws.secretsmanager.Secret("key", name="key", tags={"a": "b"})
        value = pulumi.Output.secret("h1dden")
        aws.secretsmanager.SecretVersion("key", secret_id=secret.id, secret_string=value)
        aws.sqs.Queue("queue", name="queue")
        aws.scheduler.ScheduleGroup("group", name="group")
        pulumi.export("key", aws.kms.Key("key").arn)
        pulumi.export("secret", value)

    outputs = stand.deploy(program)
    assert outputs["key"].startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")
    assert outputs["secret"] == "h1dden"
    assert stand.client("s3").get_object(Bucket=LAKE, Key="old.txt")["Body"].read() == b"old"
    kept = stand.client("secretsmanager").get_secret_value(SecretId="key")
    assert kept["SecretString"] == "h1dden"
    (alarm,) = stand.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["Threshold"]) == ("failed", 0)
    assert len(stand.client("sqs").list_queues()["QueueUrls"]) == 1


# --- what cannot be made --------------------------------------------------------------------------


def test_a_type_that_nobody_knows_is_an_error_that_names_it(moto: Stand) -> None:
    load_modules("pulumi_aws.sns")
    aws = programs.sdk()
    with pytest.raises(Exception, match=r"cannot make aws:sns/topic:Topic; it knows aws:cloudw"):
        moto.deploy(lambda: _nothing(aws.sns.Topic("topic")))


def test_what_aws_refuses_is_an_error_that_names_the_resource(moto: Stand) -> None:
    aws = programs.sdk()

    def program() -> None:
        aws.iam.RolePolicy("task", role="absent", policy=programs.policy(programs.may_invoke("a")))

    with pytest.raises(Exception, match=r"RolePolicy 'task': .*NoSuchEntity"):
        moto.deploy(program)


def test_a_resource_that_is_registered_twice_is_an_error(moto: Stand) -> None:
    with pytest.raises(Exception, match="'lake' is registered twice"):
        moto.deploy(lambda: _nothing(programs.lake(), programs.lake()))


@pytest.mark.parametrize(
    ("variables", "message"),
    [({"AWS_REGION": "x"}, "sets AWS_REGION itself"), ({"A": "x" * 4096}, "4096 bytes, and")],
)
def test_variables_that_lambda_does_not_take_are_an_error(
    moto: Stand, variables: dict[str, str], message: str
) -> None:
    aws = programs.sdk()

    def program() -> None:
        environment = aws.lambda_.FunctionEnvironmentArgs(variables=variables)
        aws.lambda_.Function("f", role="arn:aws:iam::1:role/a", environment=environment)

    with pytest.raises(Exception, match=message):
        moto.deploy(program)


def test_what_a_program_raises_is_raised(moto: Stand) -> None:
    def program() -> None:
        raise LookupError(json.dumps({"my": "own"}))

    with pytest.raises(LookupError, match="my"):
        moto.deploy(program)


def _nothing(*made: object) -> None:
    del made
