"""Pulumi's SDK for GCP, imported when the first resource is registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from glacier.core.protocols import load_modules, register_component

if TYPE_CHECKING:
    import pulumi
    import pulumi_gcp as gcp

    from glacier.core.protocols import Site, Spec
    from glacier.gcp.account import Account

__all__ = ["component", "enabled", "instance"]


def instance(site: Site, account: Account) -> pulumi.ProviderResource:
    """The provider instance of an environment: no other project can be reached by mistake."""

    def make() -> pulumi.ProviderResource:
        import pulumi_gcp as gcp

        return gcp.Provider(
            site.label("gcp"), gcp.ProviderArgs(project=account.project, region=account.region)
        )

    return site.once("instance", make)


def component(
    kind: str, spec: Spec, site: Site, account: Account
) -> tuple[pulumi.ComponentResource, pulumi.ResourceOptions]:
    """The component that stands for one spec on GCP, and the options of its parts."""
    return register_component(f"glacier:gcp:{kind}", spec, site, instance(site, account))


def enabled(
    part: pulumi.ResourceOptions, site: Site, account: Account, *services: str
) -> pulumi.ResourceOptions:
    """The options of a part that is made when these services are enabled in the project.

    They stay enabled when the stack is destroyed: what is not Glacier's may use them too.
    """
    load_modules("pulumi_gcp.projects")
    import pulumi
    import pulumi_gcp as gcp

    def enable(service: str) -> Callable[[], gcp.projects.Service]:
        def make() -> gcp.projects.Service:
            return gcp.projects.Service(
                site.label(service),
                service=f"{service}.googleapis.com",
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(provider=instance(site, account)),
            )

        return make

    needed = [site.once(f"service {one}", enable(one)) for one in services]
    return pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(depends_on=needed))
