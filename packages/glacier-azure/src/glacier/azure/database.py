"""Databases: PostgreSQL on a flexible server, not public, over TLS alone, without a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.azure.sdk import component, group, identity, tenant, unique
from glacier.core.protocols import InvalidOption, cloud_name, kept, load_modules, set_options

if TYPE_CHECKING:
    import pulumi
    import pulumi_azure_native as azure

    from glacier.azure.account import Account
    from glacier.core.protocols import DatabaseSpec, Site

__all__ = ["register_database"]

_VERSION = "17"
_SIZES = {
    "small": ("Standard_B1ms", 32),
    "medium": ("Standard_D2ds_v5", 128),
    "large": ("Standard_E4ds_v5", 512),
}
_TIERS = {
    "Standard_B": "Burstable",
    "Standard_D": "GeneralPurpose",
    "Standard_E": "MemoryOptimized",
}
_TAKEN = ("azuremaintenance", "azuresys", "postgres", "template0", "template1")


def register_database(
    spec: DatabaseSpec, site: Site, account: Account
) -> azure.dbforpostgresql.Server:
    """Register a server with one database; the server. Other sizes are machines of Azure.

    Only identities of Entra get in. The first one, an administrator, belongs to the database.
    """
    machine, tier, gigabytes = _size(spec, site)
    load_modules("pulumi_azure_native.dbforpostgresql")
    import pulumi_azure_native as azure

    whole, part = component("Database", spec, site, account)
    who, belongs_to = identity(spec, site, account, kept(part, site)), tenant(site, account)
    arguments = azure.dbforpostgresql.ServerArgs(
        server_name=site.called(spec, unique(spec, site, account, longest=63)),
        resource_group_name=group(site, account),
        location=account.region,
        version=_VERSION,
        sku=azure.dbforpostgresql.SkuArgs(name=machine, tier=tier),
        storage=azure.dbforpostgresql.StorageArgs(auto_grow="Enabled", storage_size_gb=gigabytes),
        auth_config=_only_entra(belongs_to),
        backup=azure.dbforpostgresql.BackupArgs(backup_retention_days=7),
        network=_network(account),
        tags=dict(site.tags),
    )
    set_options(arguments, spec, site)
    server = azure.dbforpostgresql.Server(site.label(spec.name), arguments, opts=kept(part, site))
    administrator = azure.dbforpostgresql.AdministratorsMicrosoftEntraArgs(
        server_name=server.name,
        resource_group_name=arguments.resource_group_name,
        object_id=who.principal_id,
        principal_name=who.name,
        principal_type="ServicePrincipal",
        tenant_id=belongs_to,
    )
    _fill(spec, site.label(spec.name), administrator, site, part)
    whole.register_outputs({"address": server.fully_qualified_domain_name, "id": server.id})
    return server


def _size(spec: DatabaseSpec, site: Site) -> tuple[str, str, int]:
    """The machine, its tier, and the gigabytes of its disk."""
    machine, gigabytes = _SIZES.get(spec.size, (spec.size, 32))
    for beginning, tier in _TIERS.items():
        if machine.startswith(beginning):
            return machine, tier, gigabytes
    where = f"{site.environment}.database({spec.name!r})"
    mend = "Give 'small', 'medium', 'large', or a machine such as 'Standard_D4ds_v5'."
    raise InvalidOption(where=where, option="size", found=spec.size, mend=mend)


def _only_entra(tenant_id: pulumi.Output[str]) -> azure.dbforpostgresql.AuthConfigArgs:
    import pulumi_azure_native as azure

    return azure.dbforpostgresql.AuthConfigArgs(
        active_directory_auth="Enabled", password_auth="Disabled", tenant_id=tenant_id
    )


def _network(account: Account) -> azure.dbforpostgresql.NetworkArgs:
    import pulumi_azure_native as azure

    arguments = azure.dbforpostgresql.NetworkArgs(public_network_access="Disabled")
    if account.network is not None:
        arguments.delegated_subnet_resource_id = account.network.databases
        arguments.private_dns_zone_arm_resource_id = account.network.zone
    return arguments


def _fill(
    spec: DatabaseSpec,
    label: str,
    administrator: azure.dbforpostgresql.AdministratorsMicrosoftEntraArgs,
    site: Site,
    part: pulumi.ResourceOptions,
) -> None:
    """What is in a server: one after another, for it does one thing at a time."""
    import pulumi
    import pulumi_azure_native as azure

    def after(one: pulumi.Resource) -> pulumi.ResourceOptions:
        return kept(
            pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(depends_on=[one])), site
        )

    where, server = administrator.resource_group_name, administrator.server_name
    first = azure.dbforpostgresql.AdministratorsMicrosoftEntra(
        label, administrator, opts=kept(part, site)
    )
    only_tls = azure.dbforpostgresql.Configuration(
        label,
        azure.dbforpostgresql.ConfigurationArgs(
            resource_group_name=where,
            server_name=server,
            configuration_name="require_secure_transport",
            source="user-override",
            value="on",
        ),
        opts=after(first),
    )
    name = cloud_name([spec.name], longest=63, joint="")
    azure.dbforpostgresql.Database(
        label,
        azure.dbforpostgresql.DatabaseArgs(
            resource_group_name=where,
            server_name=server,
            database_name=f"{name}db" if name in _TAKEN else name,
            charset="UTF8",
        ),
        opts=after(only_tls),
    )
