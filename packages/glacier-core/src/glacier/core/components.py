"""What providers register in a Pulumi program alike; pulumi is imported when the first one does."""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, Mapping, Sequence, Tuple

from glacier.core.contracts.providers import Site
from glacier.core.errors import InvalidOption, UnknownOption
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


def code_archive(spec: ServerlessSpec) -> pulumi.Archive:
    """The code of a function: a folder, an archive, one file, or nothing yet."""
    import pulumi

    if spec.code is None:
        return pulumi.AssetArchive({})
    if os.path.isfile(spec.code) and not spec.code.endswith(".zip"):
        return pulumi.AssetArchive({os.path.basename(spec.code): pulumi.FileAsset(spec.code)})
    return pulumi.FileArchive(spec.code)


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


def kept(part: pulumi.ResourceOptions, site: Site) -> pulumi.ResourceOptions:
    """The options of a part that holds data, which stays until its deletion is asked for."""
    import pulumi

    stays = not site.deletes_data
    return pulumi.ResourceOptions.merge(part, pulumi.ResourceOptions(retain_on_delete=stays))


def set_options(
    arguments: object,
    spec: Spec,
    site: Site,
    *,
    labels: str = "tags",
    beside: Sequence[object] = (),
) -> None:
    """Put ``options=`` into the arguments of the native resource, over Glacier's own.

    In a group of arguments that Glacier has set too, a mapping changes what it names and nothing
    else. ``labels`` is the argument for tags, in whatever group: those that are given are added to
    Glacier's. ``beside`` are the arguments of what belongs to the resource, for options that it
    does not have itself. Raises :class:`~glacier.core.errors.UnknownOption`, and
    :class:`~glacier.core.errors.InvalidOption` for tags that are no mapping.
    """
    where = f"{site.environment}.{spec.kind}({spec.name!r}, options=…)"
    _set((arguments, *beside), spec.options, where=where, labels=labels)


def _set(owners: Sequence[object], options: Mapping[str, Any], *, where: str, labels: str) -> None:
    for option, value in options.items():
        owner = next((one for one in owners if option in _names(one)), None)
        if owner is None:
            mend = f"These are the arguments of {' and of '.join(map(_resource, owners))}."
            known = [name for one in owners for name in _names(one)]
            raise UnknownOption(where=where, option=option, known=known, mend=mend)
        earlier = getattr(owner, option)
        if _is_group(earlier) and _is_mapping(value):
            _set((earlier,), value, where=where, labels=labels)
        elif option == labels:
            if not _is_mapping(value):
                mend = f"Give a mapping, such as {{{option!r}: {{'team': 'data'}}}}."
                raise InvalidOption(where=where, option=option, found=value, mend=mend)
            setattr(owner, option, {**earlier, **value})
        else:
            setattr(owner, option, value)


def _names(arguments: object) -> Sequence[str]:
    return [name for name, value in vars(type(arguments)).items() if isinstance(value, property)]


def _resource(arguments: object) -> str:
    """What arguments are of, as users write it: ``aws.s3.Bucket``."""
    kind = type(arguments)
    module = kind.__module__.replace("pulumi_", "", 1).rpartition(".")[0]
    return f"{module}.{kind.__name__[: -len('Args')]}"


def _is_group(value: object) -> bool:
    return type(value).__name__.endswith("Args")


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)
