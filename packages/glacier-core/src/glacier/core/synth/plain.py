"""The properties of resources as Pulumi sends them, made readable, with nothing secret in them."""

from __future__ import annotations

import os
from typing import Any, Dict, Mapping, cast

__all__ = ["COMPUTED", "SECRET", "plain"]

COMPUTED = "<computed>"
SECRET = "<secret>"

# Pulumi marks values that JSON has no kind of; these are fixed in its protocol.
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGN = "4dabf18193072939515e22adb298388d"
_IS_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_IS_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_IS_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


def plain(value: Any) -> Any:
    """A value as JSON data: secrets hidden, what is not known yet named, files by relative path."""
    if isinstance(value, Mapping):
        return _plain_mapping(cast("Mapping[str, Any]", value))
    if type(value) is list:
        return [plain(one) for one in cast("Any", value)]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # the protocol knows floats alone
    return COMPUTED if value == _UNKNOWN else value


def _plain_mapping(value: Mapping[str, Any]) -> Any:
    sign = value.get(_SIGN)
    if sign is None:
        return {key: plain(value[key]) for key in sorted(value)}
    if sign == _IS_SECRET:
        return SECRET
    if sign == _IS_OUTPUT:
        if value.get("secret"):
            return SECRET
        return plain(value["value"]) if "value" in value else COMPUTED
    if sign == _IS_RESOURCE:
        return str(value.get("urn", "")).rpartition("::")[2]
    return _file(value)


def _file(value: Mapping[str, Any]) -> Dict[str, Any]:
    """An asset or archive: a path, an address, a text, or several by name."""
    told: Dict[str, Any] = {}
    for key in ("assets", "path", "text", "uri"):
        found = value.get(key)
        if found:
            told[key] = _relative(found) if key == "path" else plain(found)
    return told


def _relative(path: str) -> str:
    if not os.path.isabs(path):
        return path
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return os.path.basename(path) if near.startswith("..") else near
