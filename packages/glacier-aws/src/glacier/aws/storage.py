"""Object storage: a bucket of S3 that is private, encrypted, and reached over TLS alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.aws.sdk import component, policy
from glacier.core.protocols import cloud_name, kept, load_modules, set_options

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.account import Account
    from glacier.core.protocols import ObjectStorageSpec, Site

__all__ = ["register_storage"]

_UNFINISHED_DAYS = 7  # after which the parts of an upload that was never finished are removed


def register_storage(spec: ObjectStorageSpec, site: Site, account: Account) -> aws.s3.Bucket:
    """Register a bucket with everything that guards it; the bucket."""
    load_modules("pulumi_aws.s3")
    import pulumi
    import pulumi_aws as aws

    whole, part = component("ObjectStorage", spec, site, account)
    label = site.label(spec.name)
    # The names of buckets are shared by all accounts of a partition.
    among = [account.partition, account.account, account.region, site.pipeline]
    name = cloud_name([site.environment, spec.name], longest=63, among=among)
    arguments = aws.s3.BucketArgs(bucket=site.called(spec, name), tags=dict(site.tags))
    if site.deletes_data:
        arguments.force_destroy = True  # S3 deletes no bucket that has something in it
    set_options(arguments, spec, site)
    bucket = aws.s3.Bucket(label, arguments, opts=kept(part))
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
    aws.s3.BucketPolicy(label, bucket=bucket.id, policy=_only_tls(name, account), opts=after)
    _encrypt(spec, label, bucket, part)
    _expire(spec, label, bucket, part)
    if spec.versioning:
        state = aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled")
        aws.s3.BucketVersioning(label, bucket=bucket.id, versioning_configuration=state, opts=part)
    whole.register_outputs({"bucket": bucket.bucket, "arn": bucket.arn})
    return bucket


def _only_tls(name: str, account: Account) -> str:
    arn = f"arn:{account.partition}:s3:::{name}"
    return policy(
        [
            {
                "Sid": "OnlyTLS",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
    )


def _encrypt(
    spec: ObjectStorageSpec, label: str, bucket: aws.s3.Bucket, part: pulumi.ResourceOptions
) -> None:
    import pulumi_aws as aws

    algorithm = "AES256" if spec.encryption is None else "aws:kms"
    by_default = (
        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm=algorithm, kms_master_key_id=spec.encryption
        )
    )
    rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=by_default,
        bucket_key_enabled=True if spec.encryption is not None else None,
    )
    aws.s3.BucketServerSideEncryptionConfiguration(label, bucket=bucket.id, rules=[rule], opts=part)


def _expire(
    spec: ObjectStorageSpec, label: str, bucket: aws.s3.Bucket, part: pulumi.ResourceOptions
) -> None:
    import pulumi_aws as aws

    unfinished = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
        days_after_initiation=_UNFINISHED_DAYS
    )
    days = spec.lifecycle_days
    rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="glacier",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
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
    aws.s3.BucketLifecycleConfiguration(label, bucket=bucket.id, rules=[rule], opts=part)
