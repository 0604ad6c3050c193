"""What is registered on AWS: closed, encrypted, and without a secret in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glacier.aws import Network
from glacier.core import Environment
from glacier.core.contracts.providers import Registered
from glacier.core.errors import InvalidOption, UnknownOption

Env = Callable[..., Environment]
Told = Callable[[Callable[[], object]], dict[tuple[str, str], Registered]]


def properties(rows: Any, kind: str, name: str = "prod-it") -> Any:
    return rows[kind, name].properties


def test_a_bucket_is_private_encrypted_and_reached_over_tls_alone(env: Env, told: Told) -> None:
    rows = told(lambda: env().object_storage("it"))
    bucket = properties(rows, "Bucket")
    assert bucket["tags"] == {"environment": "prod", "managed-by": "glacier", "pipeline": "etl"}
    assert properties(rows, "BucketPublicAccessBlock") == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "bucket": "<computed>",
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    (rule,) = properties(rows, "BucketServerSideEncryptionConfiguration")["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    policy = json.loads(properties(rows, "BucketPolicy")["policy"])
    statement, guard = policy["Statement"]
    assert (guard["Sid"], guard["Effect"]) == ("CreateOnly", "Deny")
    assert guard["Resource"] == ["arn:aws:s3:::prod-it-4d92e390/*/version.json"]
    assert guard["Condition"]["Null"] == {"s3:if-none-match": "true"}
    arn = f"arn:aws:s3:::{bucket['bucket']}"
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [arn, f"{arn}/*"]
    assert ("BucketVersioning", "prod-it") not in rows
    whole = "glacier:aws:ObjectStorage prod-it"
    assert {row.parent for row in rows.values()} == {"", whole}
    assert all(row.provider == "prod-aws" for row in rows.values() if row.parent == whole)


def test_a_bucket_has_what_is_asked_for(env: Env, told: Told) -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/k"
    rows = told(
        lambda: env().object_storage("it", versioning=True, encryption=key, lifecycle_days=30)
    )
    (rule,) = properties(rows, "BucketServerSideEncryptionConfiguration")["rules"]
    default = {"kmsMasterKeyId": key, "sseAlgorithm": "aws:kms"}
    assert rule == {"applyServerSideEncryptionByDefault": default, "bucketKeyEnabled": True}
    versioning = properties(rows, "BucketVersioning")["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}
    (rule,) = properties(rows, "BucketLifecycleConfiguration")["rules"]
    assert rule["expiration"] == {"days": 30}
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 30}


def test_options_reach_the_native_resource_as_they_are(env: Env, told: Told) -> None:
    options = {"force_destroy": True, "bucket": "mine", "tags": {"cost": "7"}}
    bucket = properties(told(lambda: env().object_storage("it", options=options)), "Bucket")
    assert (bucket["forceDestroy"], bucket["bucket"]) == (True, "mine")
    assert bucket["tags"] == {
        "cost": "7", "environment": "prod", "managed-by": "glacier", "pipeline": "etl",
    }  # fmt: skip


def test_an_unknown_option_names_the_nearest_and_the_resource(env: Env, told: Told) -> None:
    with pytest.raises(UnknownOption, match=r"Did you mean 'force_destroy'.*aws\.s3.*Bucket"):
        told(lambda: env().object_storage("it", options={"force_destory": True}))


def test_a_database_is_encrypted_not_public_and_has_no_password_in_it(
    env: Env, told: Told, network: Network
) -> None:
    rows = told(lambda: env(network=network).database("it", size="medium"))
    server = properties(rows, "Instance")
    assert {name: server[name] for name in ("storageEncrypted", "publiclyAccessible")} == {
        "storageEncrypted": True,
        "publiclyAccessible": False,
    }
    assert server["manageMasterUserPassword"] is True
    assert "password" not in server
    assert (server["identifier"], server["instanceClass"]) == ("etl-prod-it", "db.t4g.large")
    assert server["deletionProtection"] is True
    assert server["vpcSecurityGroupIds"] == ["sg-1"]
    assert properties(rows, "SubnetGroup")["subnetIds"] == ["subnet-1", "subnet-2"]
    (parameter,) = properties(rows, "ParameterGroup")["parameters"]
    assert (parameter["name"], parameter["value"]) == ("rds.force_ssl", "1")
    other = told(lambda: env().database("it", size="db.m8g.large"))
    assert properties(other, "Instance")["instanceClass"] == "db.m8g.large"


def test_a_secret_has_no_value(env: Env, told: Told) -> None:
    rows = told(lambda: env().secret("it"))
    types = {row.type for row in rows.values()}
    assert "aws:secretsmanager/secret:Secret" in types
    assert not any("secretVersion" in one for one in types)


def test_a_function_may_write_its_log_and_nothing_else(
    env: Env, told: Told, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context): ...")
    boundary = "arn:aws:iam::123456789012:policy/limit"

    def declare() -> None:
        made = env(network=network, permissions_boundary=boundary)
        made.serverless(
            "it", handler="index.handler", code=tmp_path / "index.py", env={"A": "b"}, timeout=1.5
        )
        made.serverless("folder", handler="index.handler", code=tmp_path)

    rows = told(declare)
    function = properties(rows, "Function")
    assert (function["handler"], function["timeout"], function["memorySize"]) == (
        "index.handler", 2, 512,
    )  # fmt: skip
    assert function["code"] == {"assets": {"index.py": {"path": "index.py"}}}
    assert properties(rows, "Function", "prod-folder")["code"] == {"path": tmp_path.name}
    assert function["environment"] == {"variables": {"A": "b"}}
    assert function["vpcConfig"]["subnetIds"] == ["subnet-1", "subnet-2"]
    assert properties(rows, "Role")["permissionsBoundary"] == boundary
    (statement,) = json.loads(properties(rows, "RolePolicy")["policy"])["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    log = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/etl-prod-it:*"
    assert statement["Resource"] == log
    assert properties(rows, "LogGroup")["retentionInDays"] == 30


@pytest.mark.parametrize(
    ("given", "told_of"),
    [({"memory": 64}, "128 to 10240 MiB"), ({"timeout": 901}, "900 seconds")],
)
def test_a_size_that_lambda_does_not_have_is_refused(
    env: Env, told: Told, given: Any, told_of: str
) -> None:
    with pytest.raises(InvalidOption, match=told_of):
        told(lambda: env().serverless("it", handler="a.b", code=..., **given))


def test_the_provider_instance_reaches_no_other_account(env: Env, told: Told) -> None:
    role = "arn:aws:iam::123456789012:role/deploy"
    rows = told(lambda: env(assume_role=role, profile="me").secret("it"))
    instance = properties(rows, "aws", "prod-aws")
    assert json.loads(instance["allowedAccountIds"]) == ["123456789012"]
    assert instance["region"] == "eu-central-1"
    assert instance["profile"] == "me"
    assert json.loads(instance["assumeRoles"]) == [{"roleArn": role}]


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_other_partitions_have_other_arns(
    env: Env, told: Told, region: str, partition: str
) -> None:
    rows = told(lambda: env(region=region).object_storage("it"))
    assert f"arn:{partition}:s3:::" in properties(rows, "BucketPolicy")["policy"]
