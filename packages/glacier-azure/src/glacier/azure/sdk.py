"""Pulumi's SDK for Azure, imported when the first resource is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glacier.core.protocols import cloud_name, kept, load_modules, register_component

if TYPE_CHECKING:
    import pulumi
    import pulumi_azure_native as azure

    from glacier.azure.account import Account
    from glacier.core.protocols import Site, Spec

__all__ = ["allow", "component", "group", "identity", "instance", "named", "tenant", "unique"]


def instance(site: Site, account: Account) -> pulumi.ProviderResource:
    """The provider instance of an environment: no other subscription is reached by mistake."""

    def make() -> pulumi.ProviderResource:
        import pulumi_azure_native as azure

        return azure.Provider(
            site.label("azure"),
            azure.ProviderArgs(
                environment=account.cloud.name,
                location=account.region,
                subscription_id=account.subscription,
            ),
        )

    return site.once("instance", make)


def component(
    kind: str, spec: Spec, site: Site, account: Account
) -> tuple[pulumi.ComponentResource, pulumi.ResourceOptions]:
    """The component that stands for one spec on Azure, and the options of its parts."""
    return register_component(f"glacier:azure:{kind}", spec, site, instance(site, account))


def group(site: Site, account: Account) -> pulumi.Input[str]:
    """The name of the resource group that all of an environment is in.

    One that is made here stays when the stack is destroyed: with a group goes all that is in it.
    """
    if account.resource_group is not None:
        return account.resource_group

    def make() -> azure.resources.ResourceGroup:
        load_modules("pulumi_azure_native.resources")
        import pulumi
        import pulumi_azure_native as azure

        parts = [one for one in (site.pipeline, site.environment) if one]
        return azure.resources.ResourceGroup(
            site.label("azure"),
            azure.resources.ResourceGroupArgs(
                resource_group_name=cloud_name(parts, longest=90),
                location=account.region,
                tags=dict(site.tags),
            ),
            opts=kept(pulumi.ResourceOptions(provider=instance(site, account)), site),
        )

    return site.once("group", make).name


def named(spec: Spec, site: Site, *, longest: int) -> str:
    """A name that nothing else of its kind has in the resource group."""
    parts = [site.pipeline, site.environment, spec.name]
    return cloud_name([one for one in parts if one], longest=longest)


def unique(spec: Spec, site: Site, account: Account, *, longest: int, joint: str = "-") -> str:
    """A name that nothing else has in all of Azure: it is part of an address."""
    among = [account.subscription, account.region, account.resource_group or "", site.pipeline]
    parts = [site.environment, spec.name]
    return cloud_name(parts, longest=longest, among=[spec.kind, *among], joint=joint)


def tenant(site: Site, account: Account) -> pulumi.Output[str]:
    """The tenant that the subscription belongs to, of which only Azure knows."""

    def ask() -> pulumi.Output[str]:
        load_modules("pulumi_azure_native.authorization")
        import pulumi
        import pulumi_azure_native as azure

        options = pulumi.InvokeOutputOptions(provider=instance(site, account))
        return azure.authorization.get_client_config_output(opts=options).tenant_id

    return site.once("tenant", ask)


def identity(
    spec: Spec, site: Site, account: Account, part: pulumi.ResourceOptions
) -> azure.managedidentity.UserAssignedIdentity:
    """Register an identity that nobody has a password of, and that may do nothing yet."""
    load_modules("pulumi_azure_native.managedidentity")
    import pulumi_azure_native as azure

    return azure.managedidentity.UserAssignedIdentity(
        site.label(spec.name),
        resource_group_name=group(site, account),
        resource_name_=f"{named(spec, site, longest=100)}-{spec.kind.replace('_', '-')}",
        location=account.region,
        tags=dict(site.tags),
        opts=part,
    )


def allow(
    label: str,
    who: azure.managedidentity.UserAssignedIdentity,
    role: str,
    scope: pulumi.Input[str],
    account: Account,
    part: pulumi.ResourceOptions,
) -> azure.authorization.RoleAssignment:
    """Register that an identity has a role, by the role's GUID, for one thing and what is in it."""
    load_modules("pulumi_azure_native.authorization")
    import pulumi_azure_native as azure

    path = f"/subscriptions/{account.subscription}/providers/Microsoft.Authorization"
    return azure.authorization.RoleAssignment(
        label,
        azure.authorization.RoleAssignmentArgs(
            principal_id=who.principal_id,
            principal_type="ServicePrincipal",  # or Azure looks for one that it may not know yet
            role_definition_id=f"{path}/roleDefinitions/{role}",
            scope=scope,
        ),
        opts=part,
    )
