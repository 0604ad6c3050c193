"""Buckets with what guards them, and objects."""

from __future__ import annotations

from aws_stand.archives import asset_bytes
from aws_stand.resources.rows import Made, Row, capital, document, makes

__all__: list[str] = []


@makes("aws:s3/bucket:Bucket")
def _bucket(row: Row) -> Made:
    name = row.called("bucket")
    place = {"LocationConstraint": row.region}
    row.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    domain = f"{name}.s3.amazonaws.com"
    arn = f"arn:aws:s3:::{name}"
    return name, {"arn": arn, "bucket": name, "bucketDomainName": domain, "region": row.region}


@makes("aws:s3/bucketVersioning:BucketVersioning")
def _versioning(row: Row) -> Made:
    bucket, wanted = row.inputs["bucket"], capital(row.inputs["versioningConfiguration"])
    row.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=wanted)
    return bucket, {}


@makes("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def _closed(row: Row) -> Made:
    bucket, wanted = row.inputs["bucket"], row.whole("bucket", "skipDestroy")
    row.client("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted)
    return bucket, {}


@makes("aws:s3/bucketPolicy:BucketPolicy")
def _bucket_policy(row: Row) -> Made:
    bucket = row.inputs["bucket"]
    row.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(row.inputs["policy"]))
    return bucket, {}


@makes("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def _encryption(row: Row) -> Made:
    rules = []
    for rule in row.inputs["rules"]:
        default = rule["applyServerSideEncryptionByDefault"]
        by_default = {"SSEAlgorithm": default["sseAlgorithm"]}
        if default.get("kmsMasterKeyId"):
            by_default["KMSMasterKeyID"] = default["kmsMasterKeyId"]
        rules.append({"ApplyServerSideEncryptionByDefault": by_default})
    bucket = row.inputs["bucket"]
    row.client("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules}
    )
    return bucket, {}


@makes("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def _lifecycle(row: Row) -> Made:
    rules = [capital(rule) for rule in row.inputs["rules"]]
    for rule in rules:
        rule["ID"] = rule.pop("Id")
    bucket = row.inputs["bucket"]
    row.client("s3").put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )
    return bucket, {}


def _object(row: Row) -> Made:
    bucket, key, source = (row.inputs.get(name) for name in ("bucket", "key", "source"))
    content = str(row.inputs.get("content", "")).encode()
    body = content if source is None else asset_bytes(source)
    row.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return f"{bucket}/{key}", {"versionId": "null"}


makes("aws:s3/bucketObject:BucketObject")(_object)
makes("aws:s3/bucketObjectv2:BucketObjectv2")(_object)
