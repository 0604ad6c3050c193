"""Raw resources of Pulumi as what datasets are kept on, recognised by their type.

Which types can keep datasets each provider says, as plain data; nothing of Pulumi is imported here.
"""

from __future__ import annotations

import sys
from typing import Any, Mapping, Optional, Sequence, Tuple

from glacier.core.errors import ExtensionError, UnknownNative
from glacier.core.errors._base import listed
from glacier.core.place import Place
from glacier.core.placeholders import placeholder_facts
from glacier.core.registry import installed, load
from glacier.core.resource import Resource
from glacier.core.specs import DatabaseSpec, ObjectStorageSpec, Spec

__all__ = ["adopt", "adopter_of", "native_facts", "type_of"]

_GROUP = "glacier.providers"
_SPECS: Mapping[str, Any] = {"database": DatabaseSpec, "object_storage": ObjectStorageSpec}
# The packages of Pulumi whose provider has another name; for messages, and to ask the right one.
_PROVIDERS = {"azure-native": "azure"}


def native_facts(value: object) -> Optional[Tuple[str, str]]:
    """The type and the name of a resource of Pulumi; ``None`` for anything else."""
    pulumi = sys.modules.get("pulumi")
    kind = getattr(pulumi, "Resource", None)
    if isinstance(kind, type) and isinstance(value, kind):
        facts = vars(value)
        return str(facts.get("_type", "")), str(facts.get("_name", ""))
    return placeholder_facts(value)


def type_of(token: str) -> str:
    """The type by which providers know a resource: that of azure-native without an API's version.

    ``azure-native:storage/v20230101:BlobContainer`` and, of a package that was generated for one
    version, ``azure-native_storage_v20230101:storage:BlobContainer`` are both
    ``azure-native:storage:BlobContainer``.
    """
    if not token.startswith("azure-native"):
        return token
    _, _, rest = token.partition(":")
    module, _, kind = rest.partition(":")
    return f"azure-native:{module.partition('/')[0]}:{kind}"


def adopt(value: object, *, where: str, place: Place) -> Optional[Resource]:
    """A raw resource as one that datasets can be kept on; ``None`` for what is no resource.

    Raises :class:`~glacier.core.errors.UnknownNative` for one of a type that no installed provider
    knows.
    """
    facts = native_facts(value)
    if facts is None:
        return None
    token, name = facts
    kind = _kind(token, where=where, name=name)
    safe = "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in name)
    spec: Spec = _SPECS[kind](safe or "raw")
    return Resource(spec, environment=None, place=place, native=value, token=token)


def adopter_of(token: str) -> Any:
    """The class of the provider that adopts resources of a type.

    Raises :class:`~glacier.core.errors.ExtensionError` for a type that no installed one knows.
    """
    wanted = type_of(token)
    own = _own(wanted)
    for provider in _asked(own):
        if wanted in _adopts(provider, wanted=provider == own):
            return load(_GROUP, provider)
    return load(_GROUP, own)


def _own(wanted: str) -> str:
    """The provider that should know a type."""
    package = wanted.partition(":")[0]
    return _PROVIDERS.get(package, package)


def _asked(own: str) -> Sequence[str]:
    return sorted(installed(_GROUP), key=lambda one: one != own)


def _kind(token: str, *, where: str, name: str) -> str:
    wanted = type_of(token)
    own = _own(wanted)
    offered = _asked(own)
    known: Mapping[str, str] = {}
    for provider in offered:
        adopts: Mapping[str, str] = _adopts(provider, wanted=provider == own)
        if wanted in adopts:
            return adopts[wanted]
        if provider == own:
            known = adopts
    if own in offered:
        kinds = listed(sorted({one.rpartition(":")[2] for one in known}), limit=20)
        mend = f"No datasets can be kept on that. Of {own!r} these are known: {kinds}."
    elif own in ("aws", "azure", "gcp"):
        mend = f"To keep datasets on it: python -m pip install 'glacier-pipeline[{own}]'."
    else:
        mend = f"No installed provider knows it; there are {listed(sorted(offered)) or 'none'}."
    raise UnknownNative(where=where, token=token, name=name, mend=mend)


def _adopts(provider: str, *, wanted: bool) -> Mapping[str, str]:
    """What a provider adopts; a broken one says nothing, unless it is the one that should know."""
    try:
        found: Mapping[str, str] = load(_GROUP, provider).adopts
    except ExtensionError:
        if wanted:
            raise
        return {}
    return found
