"""The workspace of a deployed pipeline: the bucket for its code, its runs, and unstored data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.aws.buckets import Rule, register_bucket
from glacier.aws.sdk import component
from glacier.core.protocols import ObjectStorageSpec, cloud_name, load_modules

if TYPE_CHECKING:
    import pulumi_aws as aws

    from glacier.aws.account import Account
    from glacier.aws.deployment.settings import Settings
    from glacier.core.protocols import Site

__all__ = ["code_key", "register_workspace", "workspace_name"]

# A run id has 30 characters; the exact form leaves out what lies below ``_runs/{run}/``.
_ONCE = ("*/version.json", "_runs/????????T??????.??????Z-??????.json", "_runs/*/begin.json")


def workspace_name(pipeline: str, environment: str, account: Account) -> str:
    """The name of the bucket. The names of buckets are shared by all accounts of a partition."""
    among = [account.partition, account.account, account.region]
    return cloud_name([environment, pipeline, "workspace"], longest=63, among=among)


def code_key(pipeline: str) -> str:
    """The key of the archive with the code of all tasks."""
    return f"_deployed/{pipeline}/code.zip"


def register_workspace(
    pipeline: str, site: Site, account: Account, settings: Settings
) -> aws.s3.Bucket:
    """Register the bucket, as a component of its own: it stays when the pipeline is destroyed."""
    load_modules("pulumi_aws.s3")
    import pulumi_aws as aws

    spec = ObjectStorageSpec(pipeline, encryption=settings.encryption)
    whole, part = component("Workspace", spec, site, account)
    name = site.changed("workspace", pipeline, workspace_name(pipeline, site.environment, account))
    arguments = aws.s3.BucketArgs(bucket=name, tags=dict(site.tags))
    if site.deletes_data:
        arguments.force_destroy = True  # S3 deletes no bucket that has something in it
    bucket = register_bucket(
        site.label(pipeline),
        arguments,
        part,
        site,
        name=name,
        partition=account.partition,
        encryption=settings.encryption,
        once=_ONCE,
        # What was stored by name of the pipeline goes; what tells of runs and deployments stays.
        rules=[Rule("data", prefix=f"{pipeline}/", days=settings.workspace_days), Rule("rest")],
    )
    whole.register_outputs({"bucket": bucket.bucket, "arn": bucket.arn})
    return bucket
