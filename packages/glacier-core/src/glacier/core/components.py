"""What providers register in a Pulumi program alike; pulumi is imported when the first one does."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, Tuple

from glacier.core.contracts.providers import Site
from glacier.core.errors import UnknownOption
from glacier.core.programs import session
from glacier.core.specs import Spec

if TYPE_CHECKING:
    import pulumi

__all__ = ["kept", "load_modules", "register_component", "set_options"]


def load_modules(*modules: str) -> None:
    """Import modules of an SDK, which warn of their own parts while they are imported.

    Under ``-W error`` that would leave them half imported.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name in modules:
            hasattr(import_module(name), "outputs")  # some are lazy until they are asked for one


def register_component(
    kind: str, spec: Spec, site: Site, provider: pulumi.ProviderResource
) -> Tuple[pulumi.ComponentResource, pulumi.ResourceOptions]:
    """Register the component that stands for one spec; it, and the options of its parts.

    ``kind`` is its type, such as ``glacier:aws:Database``.
    """
    import pulumi

    options = pulumi.ResourceOptions(provider=provider)
    whole = pulumi.ComponentResource(kind, site.label(spec.name), {}, options)
    return whole, pulumi.ResourceOptions(parent=whole, provider=provider)


def kept(part: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """The options of a part that holds data, which stays until its deletion is asked for."""
    import pulumi

    current = session()
    stays = current is None or not current.deletes_data
    return pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(retain_on_delete=stays))


def set_options(arguments: object, spec: Spec, site: Site, *, labels: str = "tags") -> None:
    """Put ``options=`` into the arguments of the native resource, over Glacier's own.

    ``labels`` is the argument for tags: those that are given are added to Glacier's. Raises
    :class:`~glacier.core.errors.UnknownOption`.
    """
    kind = type(arguments)
    known = [name for name, value in vars(kind).items() if isinstance(value, property)]
    for option, value in spec.options.items():
        if option not in known:
            module = kind.__module__.replace("pulumi_", "", 1).rpartition(".")[0]
            resource = kind.__name__[: -len("Args")]
            where = f"{site.environment}.{spec.kind}({spec.name!r}, options=…)"
            mend = f"These are the arguments of {module}.{resource}."
            raise UnknownOption(where=where, option=option, known=known, mend=mend)
        given: Any = {**getattr(arguments, labels), **dict(value)} if option == labels else value
        setattr(arguments, option, given)
