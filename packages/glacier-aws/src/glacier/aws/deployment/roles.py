"""Roles: one for each task or group of tasks, and for each service that acts for the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glacier.aws.sdk import trust

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.deployment.context import Context

__all__ = ["may_join_networks", "register_policy", "register_role"]


def register_role(context: Context, label: str, name: str, service: str) -> aws.iam.Role:
    """Register a role that one service of AWS can take."""
    import pulumi_aws as aws

    arguments = aws.iam.RoleArgs(
        name=name,
        assume_role_policy=trust(service),
        permissions_boundary=context.account.permissions_boundary,
        tags=dict(context.site.tags),
    )
    return aws.iam.Role(label, arguments, opts=context.part)


def register_policy(
    context: Context, label: str, name: str, role: aws.iam.Role, document: Any
) -> aws.iam.RolePolicy:
    """Let a role do what a document says, which may be known to the cloud alone."""
    import pulumi
    import pulumi_aws as aws

    text = document.apply(_text) if isinstance(document, pulumi.Output) else _text(document)
    arguments = aws.iam.RolePolicyArgs(name=name, role=role.id, policy=text)
    return aws.iam.RolePolicy(label, arguments, opts=context.part)


def may_join_networks(
    context: Context, label: str, role: aws.iam.Role
) -> list[pulumi.Resource]:
    """What lets functions with a role be in a network of the user's, if they are."""
    import pulumi_aws as aws

    if context.account.network is None:
        return []
    service = "service-role/AWSLambdaVPCAccessExecutionRole"
    attached = aws.iam.RolePolicyAttachmentArgs(
        role=role.name, policy_arn=f"arn:{context.account.partition}:iam::aws:policy/{service}"
    )
    return [aws.iam.RolePolicyAttachment(label, attached, opts=context.part)]


def _text(document: Mapping[str, Any]) -> str:
    import json

    return json.dumps(document, sort_keys=True)
