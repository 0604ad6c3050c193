"""Secrets, keys and queues."""

from __future__ import annotations

from aws_stand.resources.rows import Made, Row, makes

__all__: list[str] = []


@makes("aws:secretsmanager/secret:Secret")
def _secret(row: Row) -> Made:
    made = row.client("secretsmanager").create_secret(
        Name=row.called(), Tags=row.tags, **row.some(kmsKeyId="KmsKeyId")
    )
    return made["ARN"], {"arn": made["ARN"], "name": made["Name"]}


@makes("aws:secretsmanager/secretVersion:SecretVersion")
def _secret_version(row: Row) -> Made:
    secret = row.inputs["secretId"]
    made = row.client("secretsmanager").put_secret_value(
        SecretId=secret, SecretString=row.inputs["secretString"]
    )
    return f"{secret}|{made['VersionId']}", {"arn": made["ARN"], "versionId": made["VersionId"]}


@makes("aws:kms/key:Key")
def _key(row: Row) -> Made:
    made = row.client("kms").create_key(**row.some(description="Description", policy="Policy"))
    key = made["KeyMetadata"]
    return key["KeyId"], {"arn": key["Arn"], "keyId": key["KeyId"]}


@makes("aws:sqs/queue:Queue")
def _queue(row: Row) -> Made:
    name = row.called()
    url = row.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, {"arn": row.arn("sqs", name), "name": name, "url": url}
