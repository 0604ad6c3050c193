"""What providers register in a Pulumi program alike; pulumi is imported when the first one does."""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, Mapping, Tuple

from glacier.core.contracts.providers import Site
from glacier.core.errors import UnknownOption
from glacier.core.specs import ServerlessSpec, Spec

if TYPE_CHECKING:
    import pulumi

__all__ = ["code_archive", "kept", "load_modules", "register_component", "set_options"]


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
    """The options of a part that holds data, which stays when the stack is destroyed."""
    import pulumi

    return pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(retain_on_delete=True))


def code_archive(spec: ServerlessSpec) -> pulumi.Archive:
    """The code of a function: a folder, an archive, one file, or nothing yet."""
    import pulumi

    if spec.code is None:
        return pulumi.AssetArchive({})
    if os.path.isfile(spec.code) and not spec.code.endswith(".zip"):
        return pulumi.AssetArchive({os.path.basename(spec.code): pulumi.FileAsset(spec.code)})
    return pulumi.FileArchive(spec.code)


def set_options(arguments: object, spec: Spec, site: Site, *, labels: str = "tags") -> None:
    """Put ``options=`` into the arguments of the native resource, over Glacier's own.

    In a group of arguments that Glacier has set too, a mapping changes what it names and nothing
    else. ``labels`` is the argument for tags, in whatever group: those that are given are added to
    Glacier's. Raises :class:`~glacier.core.errors.UnknownOption`.
    """
    where = f"{site.environment}.{spec.kind}({spec.name!r}, options=…)"
    _set(arguments, spec.options, where=where, labels=labels)


def _set(arguments: object, options: Mapping[str, Any], *, where: str, labels: str) -> None:
    kind = type(arguments)
    known = [name for name, value in vars(kind).items() if isinstance(value, property)]
    for option, value in options.items():
        if option not in known:
            module = kind.__module__.replace("pulumi_", "", 1).rpartition(".")[0]
            mend = f"These are the arguments of {module}.{kind.__name__[: -len('Args')]}."
            raise UnknownOption(where=where, option=option, known=known, mend=mend)
        earlier = getattr(arguments, option)
        if _is_group(earlier) and _is_mapping(value):
            _set(earlier, value, where=where, labels=labels)
        elif option == labels:
            setattr(arguments, option, {**earlier, **dict(value)})
        else:
            setattr(arguments, option, value)


def _is_group(value: object) -> bool:
    return type(value).__name__.endswith("Args")


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)
