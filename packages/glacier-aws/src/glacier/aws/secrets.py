"""Secrets: a place in Secrets Manager, into which somebody else puts the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.aws.sdk import component
from glacier.core.protocols import kept, load_modules, set_options

if TYPE_CHECKING:
    import pulumi_aws as aws

    from glacier.aws.account import Account
    from glacier.core.protocols import SecretSpec, Site

__all__ = ["register_secret"]


def register_secret(spec: SecretSpec, site: Site, account: Account) -> aws.secretsmanager.Secret:
    """Register a secret without a value; the secret."""
    load_modules("pulumi_aws.secretsmanager")
    import pulumi_aws as aws

    whole, part = component("Secret", spec, site, account)
    name = "/".join(one for one in (site.pipeline, site.environment, spec.name) if one)
    arguments = aws.secretsmanager.SecretArgs(
        name=site.called(spec, name),
        description=f"Read by Glacier pipelines as {spec.name!r}",
        tags=dict(site.tags),
    )
    if site.deletes_data:
        arguments.recovery_window_in_days = 0  # or its name would be taken for a month
    set_options(arguments, spec, site)
    secret = aws.secretsmanager.Secret(site.label(spec.name), arguments, opts=kept(part, site))
    whole.register_outputs({"arn": secret.arn})
    return secret
