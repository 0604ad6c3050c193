"""Secrets: a place in Secret Manager, into which somebody else puts the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.core.protocols import cloud_name, kept, load_modules, set_options
from glacier.gcp.labels import labels_of
from glacier.gcp.sdk import component, enabled

if TYPE_CHECKING:
    import pulumi_gcp as gcp

    from glacier.core.protocols import SecretSpec, Site
    from glacier.gcp.account import Account

__all__ = ["register_secret"]


def register_secret(spec: SecretSpec, site: Site, account: Account) -> gcp.secretmanager.Secret:
    """Register a secret without a version, that never leaves its region; the secret."""
    load_modules("pulumi_gcp.secretmanager")
    import pulumi_gcp as gcp

    whole, part = component("Secret", spec, site, account)
    part = enabled(part, site, account, "secretmanager")
    names = [one for one in (site.pipeline, site.environment, spec.name) if one]
    # A secret belongs to the project: the same environment in another region has one of its own.
    name = cloud_name(names, longest=255, among=[account.region])
    here = gcp.secretmanager.SecretReplicationUserManagedReplicaArgs(location=account.region)
    replicas = gcp.secretmanager.SecretReplicationUserManagedArgs(replicas=[here])
    arguments = gcp.secretmanager.SecretArgs(
        secret_id=site.called(spec, name),
        replication=gcp.secretmanager.SecretReplicationArgs(user_managed=replicas),
        labels=labels_of(site),
    )
    set_options(arguments, spec, site, labels="labels")
    secret = gcp.secretmanager.Secret(site.label(spec.name), arguments, opts=kept(part, site))
    whole.register_outputs({"name": secret.name})
    return secret
