"""Buckets of S3: private, encrypted, reached over TLS alone, with keys that are written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.sdk import policy
from glacier.core.protocols import kept

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.core.protocols import Site

__all__ = ["Rule", "register_bucket"]

_UNFINISHED_DAYS = 7  # after which the parts of an upload that was never finished are removed


class Rule(NamedTuple):
    """What is below ``prefix`` is deleted after ``days``; ``None`` is never."""

    name: str
    prefix: str = ""
    days: int | None = None


def register_bucket(
    label: str,
    arguments: aws.s3.BucketArgs,
    part: pulumi.ResourceOptions,
    site: Site,
    *,
    name: str,
    partition: str,
    encryption: str | None,
    once: Sequence[str],
    rules: Sequence[Rule],
) -> aws.s3.Bucket:
    """Register a bucket with everything that guards it; the bucket.

    ``encryption`` is a key of KMS, ``None`` for S3's own. Keys that match one of ``once`` can be
    created, and never replaced.
    """
    import pulumi
    import pulumi_aws as aws

    bucket = aws.s3.Bucket(label, arguments, opts=kept(part, site))
    closed = aws.s3.BucketPublicAccessBlock(
        label,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=part,
    )
    after = pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(depends_on=[closed]))
    arn = f"arn:{partition}:s3:::{name}"
    guards = policy([_only_tls(arn), _create_only(arn, once)])
    aws.s3.BucketPolicy(label, bucket=bucket.id, policy=guards, opts=after)
    _encrypt(encryption, label, bucket, part)
    aws.s3.BucketLifecycleConfiguration(
        label, bucket=bucket.id, rules=[_expiring(rule) for rule in rules], opts=part
    )
    return bucket


def _only_tls(arn: str) -> dict[str, Any]:
    return {
        "Sid": "OnlyTLS",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _create_only(arn: str, once: Sequence[str]) -> dict[str, Any]:
    """Nobody writes these keys without ``If-None-Match``, with which S3 replaces nothing.

    The requests of a multipart upload before the one that creates the object cannot have it.
    """
    return {
        "Sid": "CreateOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": [f"{arn}/{key}" for key in once],
        "Condition": {
            "Null": {"s3:if-none-match": "true"},
            "Bool": {"s3:ObjectCreationOperation": "true"},
        },
    }


def _encrypt(
    encryption: str | None, label: str, bucket: aws.s3.Bucket, part: pulumi.ResourceOptions
) -> None:
    import pulumi_aws as aws

    algorithm = "AES256" if encryption is None else "aws:kms"
    by_default = (
        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm=algorithm, kms_master_key_id=encryption
        )
    )
    rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=by_default,
        bucket_key_enabled=True if encryption is not None else None,
    )
    aws.s3.BucketServerSideEncryptionConfiguration(label, bucket=bucket.id, rules=[rule], opts=part)


def _expiring(rule: Rule) -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    import pulumi_aws as aws

    unfinished = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
        days_after_initiation=_UNFINISHED_DAYS
    )
    days = rule.days
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id=rule.name,
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=rule.prefix),
        abort_incomplete_multipart_upload=unfinished,
        expiration=None
        if days is None
        else aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
        noncurrent_version_expiration=None
        if days is None
        else aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=days
        ),
    )
