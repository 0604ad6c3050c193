"""Pulumi's SDK for AWS, imported when the first resource is registered."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from glacier.core.protocols import Site, UnknownOption

if TYPE_CHECKING:
    import pulumi

    from glacier.aws.account import Account
    from glacier.core.protocols import Spec

__all__ = ["component", "instance", "load", "policy", "set_options", "trust"]


def load(*modules: str) -> None:
    """Import modules of the SDK, which warn of their own parts while they are imported.

    Under ``-W error`` that would leave them half imported.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name in modules:
            module = import_module(f"pulumi_aws.{name}")
            hasattr(module, "outputs")  # it is lazy until it is asked for something


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
    """The component that stands for one spec, and the options of its parts."""
    import pulumi

    provider = instance(site, account)
    whole = pulumi.ComponentResource(
        f"glacier:aws:{kind}", site.label(spec.name), {}, pulumi.ResourceOptions(provider=provider)
    )
    return whole, pulumi.ResourceOptions(parent=whole, provider=provider)


def set_options(arguments: object, spec: Spec, site: Site) -> None:
    """Put ``options=`` into the arguments of the native resource, over Glacier's own.

    Tags are added to Glacier's. Raises :class:`~glacier.core.errors.UnknownOption`.
    """
    kind = type(arguments)
    known = [name for name, value in vars(kind).items() if isinstance(value, property)]
    for option, value in spec.options.items():
        if option not in known:
            module = kind.__module__.replace("pulumi_aws", "aws").rpartition(".")[0]
            where = f"{site.environment}.{spec.kind}({spec.name!r}, options=…)"
            mend = f"These are the arguments of {module}.{kind.__name__.removesuffix('Args')}."
            raise UnknownOption(where=where, option=option, known=known, mend=mend)
        given: Any = {**site.tags, **dict(value)} if option == "tags" else value
        setattr(arguments, option, given)


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
