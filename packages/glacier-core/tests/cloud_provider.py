"""A provider whose resources a Pulumi program registers, in the cloud of the stand-in engine."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping, Optional, Sequence

from glacier.core.components import kept, register_component
from glacier.core.contracts.providers import Location, Site
from glacier.core.specs import ObjectStorageSpec, ScheduleSpec, ServerlessSpec, Spec

__all__ = ["CloudProvider"]


class CloudProvider:
    """Buckets, each with a guard, and functions; other accounts are refused."""

    __glacier__ = "provider"
    kind: ClassVar[str] = "cloud"
    needs_program: ClassVar[bool] = True
    adopts: ClassVar[Mapping[str, str]] = {"cloud:index:Bucket": "object_storage"}
    deprecated: ClassVar[Mapping[str, str]] = {}

    def __init__(self, account: str = "123456789012") -> None:
        self.account = account

    @property
    def location(self) -> Location:
        return Location("cloud", self.account, "here")

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        return {}

    @staticmethod
    def address_of(token: str, native_id: str, location: Location) -> Optional[str]:
        return f"cloud://{native_id}" if token == "cloud:index:Bucket" else None

    def doubts(self) -> Sequence[str]:
        return () if len(self.account) == 12 else (f"account {self.account!r} cannot be real",)

    def register(self, spec: Spec, site: Site) -> Any:
        import pulumi

        if isinstance(spec, ScheduleSpec):
            return None

        def instance() -> pulumi.ProviderResource:
            settings = {"allowedAccountIds": [self.account]}
            return pulumi.ProviderResource("cloud", site.label("cloud"), settings)

        provider, label = site.once("instance", instance), site.label(spec.name)
        whole, part = register_component(f"glacier:cloud:{spec.kind}", spec, site, provider)
        made: pulumi.CustomResource
        if isinstance(spec, ObjectStorageSpec):
            empties = site.deletes_data or None
            arguments = {"bucket": label, "forceDestroy": empties, "tags": dict(site.tags)}
            made = pulumi.CustomResource("cloud:index:Bucket", label, arguments, kept(part, site))
            pulumi.CustomResource("cloud:index:Guard", label, {"on": made.id}, part)
        else:
            assert isinstance(spec, ServerlessSpec)
            arguments = {"name": label, "memory": spec.memory, "tags": dict(site.tags)}
            made = pulumi.CustomResource("cloud:index:Function", label, arguments, part)
        whole.register_outputs({})
        return made
