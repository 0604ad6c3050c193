"""Pulumi's SDK for AWS, imported when the first resource is registered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glacier.core.protocols import register_component

if TYPE_CHECKING:
    import pulumi

    from glacier.aws.account import Account
    from glacier.core.protocols import Site, Spec

__all__ = ["component", "instance", "policy", "trust"]


def instance(site: Site, account: Account) -> pulumi.ProviderResource:
    """The provider instance of an environment: no other account can be reached by mistake."""

    def make() -> pulumi.ProviderResource:
        import pulumi_aws as aws

        role = account.assume_role
        return aws.Provider(
            site.label("aws"),
            aws.ProviderArgs(
                region=account.region,
                allowed_account_ids=[account.account],
                profile=account.profile,
                assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=role)] if role else None,
            ),
        )

    return site.once("instance", make)


def component(
    kind: str, spec: Spec, site: Site, account: Account
) -> tuple[pulumi.ComponentResource, pulumi.ResourceOptions]:
    """The component that stands for one spec on AWS, and the options of its parts."""
    return register_component(f"glacier:aws:{kind}", spec, site, instance(site, account))


def policy(statements: Sequence[Mapping[str, Any]]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def trust(service: str) -> str:
    """The policy that lets one service of AWS take a role."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return policy([statement])
