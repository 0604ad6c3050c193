"""A resource to make, and who makes it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aws_stand.facts import ACCOUNT

__all__ = ["Clients", "Made", "Row", "UnknownType", "capital", "document", "known", "make", "makes"]

Clients = Callable[[str], Any]
# The id of a resource, and what AWS computes.
Made = tuple[str, Mapping[str, Any]]


class UnknownType(Exception):
    """A program registers what the stand cannot make."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"the stand cannot make {kind}; it knows {', '.join(known())}. "
            "Write a function for it in aws_stand/resources."
        )


class Row(NamedTuple):
    """A resource to make: what a program calls it, what it gives it, and whom to ask."""

    name: str
    inputs: Mapping[str, Any]
    client: Clients
    region: str

    def called(self, key: str = "name") -> str:
        """What it shall be called in the cloud: as the program says, or with a random end."""
        prefix = self.inputs.get(f"{key}Prefix") or f"{self.name}-"
        return str(self.inputs.get(key) or prefix + uuid.uuid4().hex[:7])

    def some(self, **names: str) -> dict[str, Any]:
        """Those inputs that are given, under AWS's names."""
        found = {aws: self.inputs.get(own) for own, aws in names.items()}
        return {aws: value for aws, value in found.items() if value is not None}

    def whole(self, *without: str) -> dict[str, Any]:
        """All inputs under AWS's names, which begin with a capital, but for some."""
        left = {"region", "tags", "tagsAll", *without}
        found: dict[str, Any] = capital(
            {key: value for key, value in self.inputs.items() if key not in left}
        )
        return found

    def arn(self, service: str, rest: str) -> str:
        """The ARN of something of this account."""
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{rest}"

    @property
    def tags(self) -> list[dict[str, str]]:
        """Its tags as most services want them."""
        given = self.inputs.get("tags") or {}
        return [{"Key": key, "Value": value} for key, value in sorted(given.items())]


def capital(value: Any) -> Any:
    """Inputs under AWS's names, which begin with a capital, to the last part."""
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: capital(one) for key, one in value.items()}
    return [capital(one) for one in value] if isinstance(value, list) else value


_MAKERS: dict[str, Callable[[Row], Made]] = {}


def known() -> list[str]:
    """The types that a stand can make."""
    return sorted(_MAKERS)


def make(kind: str, name: str, inputs: Mapping[str, Any], *, client: Clients, region: str) -> Made:
    """Make one resource; its id and what AWS computes."""
    if kind not in _MAKERS:
        raise UnknownType(kind)
    return _MAKERS[kind](Row(name, inputs, client, region))


def makes(kind: str) -> Callable[[Callable[[Row], Made]], Callable[[Row], Made]]:
    """Mark the function that makes one type of resource."""

    def keep(maker: Callable[[Row], Made]) -> Callable[[Row], Made]:
        _MAKERS[kind] = maker
        return maker

    return keep


def document(policy: Any) -> str:
    """A policy as text."""
    return policy if isinstance(policy, str) else json.dumps(policy)
