"""What all modules of a deployment register with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from glacier.aws.names import Bucket

if TYPE_CHECKING:
    import pulumi

    from glacier.aws.account import Account
    from glacier.aws.deployment.places import Place
    from glacier.aws.deployment.settings import Settings
    from glacier.core.protocols import PipelineParts, Site

__all__ = ["Context", "is_later", "resolved"]


class Context(NamedTuple):
    """A pipeline on its way into a program; ``part`` are the options of its resources."""

    parts: PipelineParts
    site: Site
    account: Account
    settings: Settings
    places: Mapping[str, Place]
    workspace: Bucket
    part: pulumi.ResourceOptions

    @property
    def label(self) -> str:
        """The name of what the pipeline has once, within the program."""
        return self.site.label(self.parts.name)

    def label_of(self, name: str) -> str:
        """The name of what belongs to a task, a group or a schedule, by its name."""
        return f"{self.label}/{name}"

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """The options of a resource that is made after others."""
        import pulumi

        later = pulumi.ResourceOptions(depends_on=list(resources))
        return pulumi.ResourceOptions.merge(self.part, later)


def is_later(value: object) -> bool:
    """Whether a value is an output: known to the cloud alone, or not yet."""
    import pulumi

    return isinstance(value, pulumi.Output)


def resolved(values: Mapping[str, Any], make: Any) -> Any:
    """What ``make`` makes of the values; an output, if one of them is known to the cloud alone."""
    import pulumi

    if not any(map(is_later, values.values())):
        return make(values)
    return pulumi.Output.all(**values).apply(make)
