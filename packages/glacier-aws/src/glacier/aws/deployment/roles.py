"""Roles: of functions, and of the services that act for a pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glacier.aws.deployment.context import is_later
from glacier.aws.policies import Document, attached
from glacier.core.protocols import CannotDeploy

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    from glacier.aws.deployment.context import Context

__all__ = ["may_join_networks", "register_policy", "register_role"]


def register_role(
    context: Context, label: str, name: str, trust: Mapping[str, Any]
) -> aws.iam.Role:
    """Register a role that can be taken by whom ``trust`` says."""
    import pulumi_aws as aws

    arguments = aws.iam.RoleArgs(
        name=name,
        assume_role_policy=_text(trust),
        permissions_boundary=context.account.permissions_boundary,
        tags=dict(context.site.tags),
    )
    return aws.iam.Role(label, arguments, opts=context.part)


def register_policy(
    context: Context, label: str, name: str, role: aws.iam.Role, document: Any
) -> list[pulumi.Resource]:
    """Let a role do what a document says, in the role and, where that is too long, beside it.

    What the cloud alone knows has to fit into the role.
    """
    import pulumi_aws as aws

    def within(inline: Any) -> aws.iam.RolePolicy:
        arguments = aws.iam.RolePolicyArgs(name=name, role=role.id, policy=inline)
        return aws.iam.RolePolicy(label, arguments, opts=context.part)

    def whole(known: Document) -> str:
        return _whole(known, name)

    if is_later(document):
        return [within(document.apply(whole))]
    inline, managed = attached(document, role=name)
    found: list[pulumi.Resource] = [within(_text(inline))]
    for number, more in enumerate(managed, 1):
        policy = aws.iam.Policy(
            f"{label}:{number}",
            aws.iam.PolicyArgs(
                name=f"{name}-{number}", policy=_text(more), tags=dict(context.site.tags)
            ),
            opts=context.part,
        )
        joined = aws.iam.RolePolicyAttachmentArgs(role=role.name, policy_arn=policy.arn)
        found.append(aws.iam.RolePolicyAttachment(f"{label}:{number}", joined, opts=context.part))
    return found


def may_join_networks(context: Context, label: str, role: aws.iam.Role) -> list[pulumi.Resource]:
    """What lets functions with a role be in a network of the user's, if they are."""
    import pulumi_aws as aws

    if context.account.network is None:
        return []
    service = "service-role/AWSLambdaVPCAccessExecutionRole"
    arguments = aws.iam.RolePolicyAttachmentArgs(
        role=role.name, policy_arn=f"arn:{context.account.partition}:iam::aws:policy/{service}"
    )
    return [aws.iam.RolePolicyAttachment(label, arguments, opts=context.part)]


def _whole(document: Document, role: str) -> str:
    inline, managed = attached(document, role=role)
    if managed:
        raise CannotDeploy(
            target=f"role {role!r}",
            reason="its policy is too long for a role, and names buckets or secrets that are not "
            "known before they are made",
            mend="Deploy those first, or put fewer tasks in one group=.",
        )
    return _text(inline)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
