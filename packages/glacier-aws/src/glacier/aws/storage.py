"""Object storage: a bucket of S3 with everything that guards it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.aws.buckets import Rule, register_bucket
from glacier.aws.sdk import component
from glacier.core.protocols import cloud_name, load_modules, set_options

if TYPE_CHECKING:
    import pulumi_aws as aws

    from glacier.aws.account import Account
    from glacier.core.protocols import ObjectStorageSpec, Site

__all__ = ["register_storage"]


def register_storage(spec: ObjectStorageSpec, site: Site, account: Account) -> aws.s3.Bucket:
    """Register a bucket with everything that guards it; the bucket."""
    load_modules("pulumi_aws.s3")
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
    bucket = register_bucket(
        label,
        arguments,
        part,
        site,
        name=name,
        partition=account.partition,
        encryption=spec.encryption,
        once=["*/version.json"],
        rules=[Rule("glacier", days=spec.lifecycle_days)],
    )
    if spec.versioning:
        state = aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled")
        aws.s3.BucketVersioning(label, bucket=bucket.id, versioning_configuration=state, opts=part)
    whole.register_outputs({"bucket": bucket.bucket, "arn": bucket.arn})
    return bucket
