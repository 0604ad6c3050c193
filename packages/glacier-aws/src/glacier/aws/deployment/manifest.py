"""What the workspace holds of a deployment: the code of all tasks, and what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glacier.aws.deployment.context import is_later
from glacier.aws.deployment.functions import bindings_of
from glacier.aws.deployment.workspace import code_key
from glacier.aws.names import function_name, log_group, machine_name
from glacier.core.protocols import Bindings, Manifest, manifest_key

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.deployment.context import Context

__all__ = ["register_code", "register_manifest"]


def register_code(context: Context, bucket: aws.s3.Bucket) -> aws.s3.BucketObjectv2:
    """Put the code into the workspace, from which each function has it; of a synthesis nothing."""
    import pulumi
    import pulumi_aws as aws

    code = context.parts.code
    arguments = aws.s3.BucketObjectv2Args(
        bucket=bucket.bucket,
        key=code_key(context.parts.name),
        source=pulumi.StringAsset("") if code is None else pulumi.FileAsset(code.path),
        source_hash=None if code is None else code.sha256,
        content_type="application/zip",
        tags=dict(context.site.tags),
    )
    return aws.s3.BucketObjectv2(f"{context.label}:code", arguments, opts=context.part)


def register_manifest(
    context: Context, bucket: aws.s3.Bucket, machine: pulumi.Resource
) -> aws.s3.BucketObjectv2:
    """Say in the workspace what is deployed, when all of it is; in a synthesis only that."""
    import pulumi_aws as aws

    def written(bindings: Bindings) -> str:
        return _text(context, bindings)

    content: Any = ""
    if context.parts.code is not None:
        found = bindings_of(context, context.parts.datasets, context.parts.secrets)
        content = found.apply(written) if is_later(found) else written(found)
    arguments = aws.s3.BucketObjectv2Args(
        bucket=bucket.bucket,
        key=manifest_key(context.parts.name),
        content=content,
        content_type="application/json",
        tags=dict(context.site.tags),
    )
    opts = context.after(machine)
    return aws.s3.BucketObjectv2(f"{context.label}:manifest", arguments, opts=opts)


def _text(context: Context, bindings: Bindings) -> str:
    parts, environment = context.parts, context.site.environment
    manifest = Manifest(
        pipeline=parts.name,
        environment=environment,
        plan=parts.fingerprint,
        steps=parts.plan.to_json(),
        functions={
            task.name: log_group(function_name(parts.name, environment, task.name))
            for task in parts.tasks
        },
        bindings={
            "workspace": bindings.workspace,
            "stores": {address: list(names) for address, names in bindings.stores.items()},
            "secrets": dict(bindings.secrets),
        },
        machine=machine_name(parts.name, environment),
    )
    return manifest.to_bytes().decode()
