"""Secrets: each a Key Vault of its own, into which somebody else puts the value.

A secret of Key Vault cannot be without a value: one of Pulumi's would write its own into the vault,
and over the real one whenever anything about it changes. A vault can be empty, costs nothing, and
is what a permission is given for, so it is the place, and ``value`` the name of what is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.azure.sdk import component, group, tenant, unique
from glacier.core.protocols import kept, load_modules, set_options

if TYPE_CHECKING:
    import pulumi_azure_native as azure

    from glacier.azure.account import Account
    from glacier.core.protocols import SecretSpec, Site

__all__ = ["register_secret"]

_UNDELETE_DAYS = 90


def register_secret(spec: SecretSpec, site: Site, account: Account) -> azure.keyvault.Vault:
    """Register a vault for one secret, without a value; the vault."""
    load_modules("pulumi_azure_native.keyvault")
    import pulumi_azure_native as azure

    whole, part = component("Secret", spec, site, account)
    arguments = azure.keyvault.VaultArgs(
        vault_name=site.called(spec, unique(spec, site, account, longest=24)),
        resource_group_name=group(site, account),
        location=account.region,
        properties=azure.keyvault.VaultPropertiesArgs(
            sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
            tenant_id=tenant(site, account),
            enable_purge_protection=True,
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=_UNDELETE_DAYS,
        ),
        tags=dict(site.tags),
    )
    set_options(arguments, spec, site)
    vault = azure.keyvault.Vault(site.label(spec.name), arguments, opts=kept(part, site))
    whole.register_outputs({"id": vault.id, "name": vault.name})
    return vault
