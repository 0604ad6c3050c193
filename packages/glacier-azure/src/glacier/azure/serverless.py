"""Functions of their own: Flex Consumption, with an identity that reaches nothing but the storage
and the log of its app, which answers no caller until it is told whom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from glacier.azure.hosting import register_hosting
from glacier.azure.sdk import component, group, unique
from glacier.core.protocols import InvalidOption, load_modules, set_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi
    import pulumi_azure_native as azure

    from glacier.azure.account import Account
    from glacier.azure.hosting import Hosting
    from glacier.core.protocols import ServerlessSpec, Site

__all__ = ["register_serverless"]

_PYTHON = "3.13"
_MEMORY = (512, 2048, 4096)
_MOST_INSTANCES = 100


def register_serverless(spec: ServerlessSpec, site: Site, account: Account) -> azure.web.WebApp:
    """Register a function app with all that it stands on; the app.

    Its code is deployed to the app when that is there, for Pulumi has no resource that does it.
    ``options`` are those of the app, and those of its authentication: who may call it.
    """
    memory = _memory(spec, site)
    load_modules("pulumi_azure_native.web")
    import pulumi
    import pulumi_azure_native as azure

    whole, part = component("Serverless", spec, site, account)
    label, name = site.label(spec.name), unique(spec, site, account, longest=60)
    hosting = register_hosting(spec, site, account, part)
    arguments = azure.web.WebAppArgs(
        name=site.called(spec, name),
        resource_group_name=group(site, account),
        location=account.region,
        kind="functionapp,linux",
        server_farm_id=hosting.plan,
        https_only=True,
        identity=azure.web.ManagedServiceIdentityArgs(
            type=azure.web.ManagedServiceIdentityType.USER_ASSIGNED,
            user_assigned_identities=[hosting.identity.id],
        ),
        function_app_config=_config(memory, hosting),
        site_config=_site_config(_settings(spec, site, hosting)),
        tags=dict(site.tags),
    )
    if account.network is not None:
        arguments.virtual_network_subnet_id = account.network.functions
    callers = _callers(arguments)
    set_options(arguments, spec, site, beside=[callers])
    after = pulumi.ResourceOptions(depends_on=hosting.first)
    made = azure.web.WebApp(label, arguments, opts=pulumi.ResourceOptions.merge(part, after))
    callers.name, callers.resource_group_name = made.name, arguments.resource_group_name
    azure.web.WebAppAuthSettingsV2(label, callers, opts=part)
    _no_passwords(label, callers, part)
    whole.register_outputs({"id": made.id, "name": made.name, "packages": hosting.packages})
    return made


def _memory(spec: ServerlessSpec, site: Site) -> int:
    """The smallest size of an instance that has so much."""
    enough = [size for size in _MEMORY if size >= spec.memory]
    if not enough:
        where = f"{site.environment}.serverless({spec.name!r})"
        mend = f"Flex Consumption has {', '.join(map(str, _MEMORY))} MiB."
        raise InvalidOption(where=where, option="memory", found=spec.memory, mend=mend)
    return enough[0]


def _settings(spec: ServerlessSpec, site: Site, hosting: Hosting) -> Mapping[str, Any]:
    client = hosting.identity.client_id
    settings = {
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": client.apply(_by_identity),
        "APPLICATIONINSIGHTS_CONNECTION_STRING": hosting.log,
        "AZURE_CLIENT_ID": client,
        "AzureFunctionsJobHost__functionTimeout": _time_span(spec.timeout),
        "AzureWebJobsStorage__accountName": hosting.storage,
        "AzureWebJobsStorage__clientId": client,
        "AzureWebJobsStorage__credential": "managedidentity",
        "GLACIER_HANDLER": spec.handler,
    }
    taken = sorted(settings.keys() & spec.env.keys())
    if taken:
        where = f"{site.environment}.serverless({spec.name!r})"
        mend = "The host of the function needs it as it is: choose another name."
        raise InvalidOption(where=where, option="env", found=taken[0], mend=mend)
    return {**settings, **spec.env}


def _time_span(seconds: float) -> str:
    """A duration as .NET reads it: ``[days.]hours:minutes:seconds``."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{days}." * bool(days) + f"{hours:02}:{minutes:02}:{rest:02}"


def _by_identity(client: str) -> str:
    return f"ClientId={client};Authorization=AAD"


def _site_config(settings: Mapping[str, Any]) -> azure.web.SiteConfigArgs:
    import pulumi_azure_native as azure

    pairs = [
        azure.web.NameValuePairArgs(name=name, value=settings[name]) for name in sorted(settings)
    ]
    return azure.web.SiteConfigArgs(
        app_settings=pairs, ftps_state="Disabled", http20_enabled=True, min_tls_version="1.2"
    )


def _config(memory: int, hosting: Hosting) -> azure.web.FunctionAppConfigArgs:
    import pulumi_azure_native as azure

    return azure.web.FunctionAppConfigArgs(
        runtime=azure.web.FunctionsRuntimeArgs(name="python", version=_PYTHON),
        scale_and_concurrency=azure.web.FunctionsScaleAndConcurrencyArgs(
            instance_memory_mb=memory, maximum_instance_count=_MOST_INSTANCES
        ),
        deployment=azure.web.FunctionsDeploymentArgs(
            storage=azure.web.FunctionsDeploymentStorageArgs(
                type="blobContainer",
                value=hosting.packages,
                authentication=azure.web.FunctionsDeploymentStorageAuthenticationArgs(
                    type="UserAssignedIdentity",
                    user_assigned_identity_resource_id=hosting.identity.id,
                ),
            )
        ),
    )


def _callers(arguments: azure.web.WebAppArgs) -> azure.web.WebAppAuthSettingsV2Args:
    """Nobody, while no identity provider is given."""
    import pulumi_azure_native as azure

    return azure.web.WebAppAuthSettingsV2Args(
        name="",
        resource_group_name=arguments.resource_group_name,
        platform=azure.web.AuthPlatformArgs(enabled=True),
        global_validation=azure.web.GlobalValidationArgs(
            require_authentication=True,
            unauthenticated_client_action=azure.web.UnauthenticatedClientActionV2.RETURN401,
        ),
    )


def _no_passwords(
    label: str, app: azure.web.WebAppAuthSettingsV2Args, part: pulumi.ResourceOptions
) -> None:
    """Code is deployed by identities alone."""
    import pulumi_azure_native as azure

    where = app.resource_group_name
    azure.web.WebAppFtpAllowed(
        label,
        azure.web.WebAppFtpAllowedArgs(name=app.name, resource_group_name=where, allow=False),
        opts=part,
    )
    azure.web.WebAppScmAllowed(
        label,
        azure.web.WebAppScmAllowedArgs(name=app.name, resource_group_name=where, allow=False),
        opts=part,
    )
