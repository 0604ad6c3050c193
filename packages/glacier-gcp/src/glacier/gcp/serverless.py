"""Functions of their own: Cloud Run functions, as a service account that may do nothing at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from glacier.core.protocols import (
    InvalidOption,
    cloud_name,
    code_archive,
    load_modules,
    set_options,
)
from glacier.gcp.labels import labels_of
from glacier.gcp.sdk import component, enabled, instance
from glacier.gcp.storage import bucket_arguments, bucket_name

if TYPE_CHECKING:
    import pulumi
    import pulumi_gcp as gcp

    from glacier.core.protocols import ServerlessSpec, Site
    from glacier.gcp.account import Account

__all__ = ["register_serverless"]

_RUNTIME = "python313"
_MEMORY = (128, 32768)
_LONGEST = 3600  # seconds, of a function that is called over HTTP
_SERVICES = ("artifactregistry", "cloudbuild", "cloudfunctions", "iam", "run")


def register_serverless(
    spec: ServerlessSpec, site: Site, account: Account
) -> gcp.cloudfunctionsv2.Function:
    """Register a function with its service account and its source; the function."""
    _check(spec, site)
    load_modules("pulumi_gcp.cloudfunctionsv2", "pulumi_gcp.serviceaccount", "pulumi_gcp.storage")
    import pulumi_gcp as gcp

    whole, part = component("Serverless", spec, site, account)
    part = enabled(part, site, account, *_SERVICES)
    label, names = site.label(spec.name), [site.pipeline, site.environment, spec.name]
    names = [one for one in names if one]
    name = cloud_name(names, longest=49)  # of the service in Cloud Run that it becomes
    # What it prints the platform puts into its log, without any permission of this account's.
    identity = gcp.serviceaccount.Account(
        label,
        account_id=cloud_name(names, longest=30, among=[account.region]),
        display_name=name,
        opts=part,
    )
    arguments = gcp.cloudfunctionsv2.FunctionArgs(
        name=site.called(spec, name),
        location=account.region,
        build_config=_build(spec, label, site, account, part),
        service_config=_service(spec, identity, account),
        labels=labels_of(site),
    )
    set_options(arguments, spec, site, labels="labels")
    made = gcp.cloudfunctionsv2.Function(label, arguments, opts=part)
    whole.register_outputs({"name": made.name, "url": made.url})
    return made


def _check(spec: ServerlessSpec, site: Site) -> None:
    where = f"{site.environment}.serverless({spec.name!r})"
    least, most = _MEMORY
    if not least <= spec.memory <= most:
        mend = f"Cloud Run functions have {least} to {most} MiB."
        raise InvalidOption(where=where, option="memory", found=spec.memory, mend=mend)
    if not 0 < spec.timeout <= _LONGEST:
        mend = f"Cloud Run functions run for {_LONGEST} seconds at most."
        raise InvalidOption(where=where, option="timeout", found=spec.timeout, mend=mend)


def _build(
    spec: ServerlessSpec, label: str, site: Site, account: Account, part: pulumi.ResourceOptions
) -> gcp.cloudfunctionsv2.FunctionBuildConfigArgs:
    import pulumi_gcp as gcp

    module, _, function = spec.handler.rpartition(".")
    # Named by Pulumi: other code is another object, and so another version of the function.
    source = gcp.storage.BucketObject(
        label, bucket=_sources(site, account).name, source=code_archive(spec), opts=part
    )
    where = gcp.cloudfunctionsv2.FunctionBuildConfigSourceStorageSourceArgs(
        bucket=source.bucket, object=source.name, generation=source.generation
    )
    return gcp.cloudfunctionsv2.FunctionBuildConfigArgs(
        runtime=_RUNTIME,
        entry_point=function,
        environment_variables={"GOOGLE_FUNCTION_SOURCE": f"{module.replace('.', '/')}.py"},
        source=gcp.cloudfunctionsv2.FunctionBuildConfigSourceArgs(storage_source=where),
    )


def _sources(site: Site, account: Account) -> gcp.storage.Bucket:
    """The bucket of an environment in which the sources of its functions are."""

    def make() -> gcp.storage.Bucket:
        import pulumi
        import pulumi_gcp as gcp

        name = bucket_name([site.environment, "function", "sources"], site, account)
        return gcp.storage.Bucket(
            site.label("function-sources"),
            bucket_arguments(name, site, account),
            opts=pulumi.ResourceOptions(provider=instance(site, account)),
        )

    return site.once("function sources", make)


def _service(
    spec: ServerlessSpec, identity: gcp.serviceaccount.Account, account: Account
) -> gcp.cloudfunctionsv2.FunctionServiceConfigArgs:
    import pulumi_gcp as gcp

    service = gcp.cloudfunctionsv2.FunctionServiceConfigArgs(
        service_account_email=identity.email,
        available_memory=f"{spec.memory}Mi",
        timeout_seconds=math.ceil(spec.timeout),
        ingress_settings="ALLOW_INTERNAL_ONLY",
        all_traffic_on_latest_revision=True,
    )
    if spec.env:
        service.environment_variables = dict(spec.env)
    if account.network is not None:
        inside = gcp.cloudfunctionsv2.FunctionServiceConfigDirectVpcNetworkInterfaceArgs(
            network=account.network_path, subnetwork=account.network.subnetwork
        )
        service.direct_vpc_network_interfaces = [inside]
        service.direct_vpc_egress = "VPC_EGRESS_PRIVATE_RANGES_ONLY"
    return service
