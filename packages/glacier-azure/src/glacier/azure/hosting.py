"""What a function app stands on: identity, plan, log, and a storage for its host and its code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glacier.azure.sdk import allow, group, identity, instance, named, unique
from glacier.azure.storage import closed_account
from glacier.core.protocols import cloud_name, load_modules

if TYPE_CHECKING:
    import pulumi
    import pulumi_azure_native as azure

    from glacier.azure.account import Account
    from glacier.core.protocols import ServerlessSpec, Site

__all__ = ["Hosting", "register_hosting"]

_MODULES = ("applicationinsights", "operationalinsights", "storage", "web")
_PACKAGES = "packages"
_LOG_DAYS = 30
_BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"  # what a host asks for in its own storage
_METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"  # log lines are metrics to Azure


class Hosting(NamedTuple):
    """``storage`` is the name of the account, ``packages`` the address of the code in it, ``log``
    where lines go. Before an app starts its identity may do what ``rights`` are."""

    identity: azure.managedidentity.UserAssignedIdentity
    storage: pulumi.Output[str]
    packages: pulumi.Output[str]
    log: pulumi.Output[str]
    plan: pulumi.Output[str]
    rights: list[pulumi.Resource]


def register_hosting(
    spec: ServerlessSpec, site: Site, account: Account, part: pulumi.ResourceOptions
) -> Hosting:
    """Register all that an app needs before it is there itself; nothing of it holds users' data."""
    load_modules(*[f"pulumi_azure_native.{one}" for one in _MODULES])
    who, label = identity(spec, site, account, part), site.label(spec.name)
    storage = _storage(spec, site, account, part)
    log = _log(spec, site, account, part)
    return Hosting(
        identity=who,
        storage=storage.name,
        packages=_packages(label, storage, site, account, part),
        log=log.connection_string,
        plan=_plan(spec, site, account, part).id,
        rights=[
            allow(f"{label}-storage", who, _BLOB_OWNER, storage.id, account, part),
            allow(f"{label}-log", who, _METRICS_PUBLISHER, log.id, account, part),
        ],
    )


def _storage(
    spec: ServerlessSpec, site: Site, account: Account, part: pulumi.ResourceOptions
) -> azure.storage.StorageAccount:
    import pulumi_azure_native as azure

    name = unique(spec, site, account, longest=24, joint="")
    return azure.storage.StorageAccount(
        site.label(spec.name), closed_account(name, site, account), opts=part
    )


def _packages(
    label: str,
    storage: azure.storage.StorageAccount,
    site: Site,
    account: Account,
    part: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """The address of the container that code is put into."""
    import pulumi
    import pulumi_azure_native as azure

    container = azure.storage.BlobContainer(
        label,
        azure.storage.BlobContainerArgs(
            account_name=storage.name,
            container_name=_PACKAGES,
            public_access=azure.storage.PublicAccess.NONE,
            resource_group_name=group(site, account),
        ),
        opts=part,
    )
    host = f".blob.{account.cloud.storage}/"
    return pulumi.Output.concat("https://", storage.name, host, container.name)


def _plan(
    spec: ServerlessSpec, site: Site, account: Account, part: pulumi.ResourceOptions
) -> azure.web.AppServicePlan:
    """A plan of Flex Consumption, which can have one app."""
    import pulumi_azure_native as azure

    return azure.web.AppServicePlan(
        site.label(spec.name),
        azure.web.AppServicePlanArgs(
            name=named(spec, site, longest=60),
            resource_group_name=group(site, account),
            location=account.region,
            kind="functionapp",
            reserved=True,  # Linux
            sku=azure.web.SkuDescriptionArgs(name="FC1", tier="FlexConsumption"),
            tags=dict(site.tags),
        ),
        opts=part,
    )


def _log(
    spec: ServerlessSpec, site: Site, account: Account, part: pulumi.ResourceOptions
) -> azure.applicationinsights.Component:
    import pulumi_azure_native as azure

    return azure.applicationinsights.Component(
        site.label(spec.name),
        resource_name_=named(spec, site, longest=255),
        resource_group_name=group(site, account),
        location=account.region,
        application_type="web",
        kind="web",
        disable_local_auth=True,
        ingestion_mode="LogAnalytics",
        workspace_resource_id=_workspace(site, account).id,
        tags=dict(site.tags),
        opts=part,
    )


def _workspace(site: Site, account: Account) -> azure.operationalinsights.Workspace:
    """Where the logs of all functions of an environment are."""

    def make() -> azure.operationalinsights.Workspace:
        import pulumi
        import pulumi_azure_native as azure

        parts = [one for one in (site.pipeline, site.environment, "logs") if one]
        return azure.operationalinsights.Workspace(
            site.label("azure"),
            azure.operationalinsights.WorkspaceArgs(
                workspace_name=cloud_name(parts, longest=63),
                resource_group_name=group(site, account),
                location=account.region,
                retention_in_days=_LOG_DAYS,
                sku=azure.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
                tags=dict(site.tags),
            ),
            opts=pulumi.ResourceOptions(provider=instance(site, account)),
        )

    return site.once("log", make)
