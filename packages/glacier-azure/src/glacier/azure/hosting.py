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
    where lines go. ``first`` must be there before the app is."""

    identity: azure.managedidentity.UserAssignedIdentity
    storage: str
    packages: str
    log: pulumi.Output[str]
    plan: pulumi.Output[str]
    first: list[pulumi.Resource]


def register_hosting(
    spec: ServerlessSpec, site: Site, account: Account, part: pulumi.ResourceOptions
) -> Hosting:
    """Register all that an app needs before it is there itself; nothing of it holds users' data."""
    load_modules(*[f"pulumi_azure_native.{one}" for one in _MODULES])
    who, label = identity(spec, site, account, part), site.label(spec.name)
    name = unique(spec, site, account, longest=24, joint="")
    storage, container = _storage(label, name, site, account, part)
    log = _log(spec, site, account, part)
    return Hosting(
        identity=who,
        storage=name,
        packages=f"https://{name}.blob.{account.cloud.storage}/{_PACKAGES}",
        log=log.connection_string,
        plan=_plan(spec, site, account, part).id,
        first=[
            container,
            allow(f"{label}-storage", who, _BLOB_OWNER, storage.id, account, part),
            allow(f"{label}-log", who, _METRICS_PUBLISHER, log.id, account, part),
        ],
    )


def _storage(
    label: str, name: str, site: Site, account: Account, part: pulumi.ResourceOptions
) -> tuple[azure.storage.StorageAccount, azure.storage.BlobContainer]:
    """A storage, and the container in it that code is put into."""
    import pulumi_azure_native as azure

    storage = azure.storage.StorageAccount(label, closed_account(name, site, account), opts=part)
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
    return storage, container


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
