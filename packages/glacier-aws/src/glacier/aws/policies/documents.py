"""Policy documents: statements that are put together, so that each says something of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Allowed", "Document", "document_of", "merged"]

Document = dict[str, Any]

_VERSION = "2012-10-17"


class Allowed:
    """What is allowed so far; what is said twice is kept once."""

    def __init__(self) -> None:
        self._actions: dict[tuple[str, str], dict[str, None]] = {}

    def add(
        self,
        actions: Iterable[str],
        resources: Iterable[str],
        condition: Mapping[str, Any] | None = None,
    ) -> None:
        """Allow each action on each resource, on a condition."""
        told = "" if condition is None else json.dumps(condition, sort_keys=True)
        actions = list(actions)
        for resource in resources:
            self._actions.setdefault((resource, told), {}).update(dict.fromkeys(actions))

    def document(self) -> Document:
        """All of it: one statement for the resources of which the same is allowed."""
        alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for (resource, condition), actions in self._actions.items():
            alike.setdefault((tuple(sorted(actions)), condition), []).append(resource)
        return document_of(
            _statement(actions, sorted(resources), json.loads(condition) if condition else None)
            for (actions, condition), resources in alike.items()
        )


def _statement(
    actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, Any] | None
) -> Document:
    statement: Document = {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    if condition is not None:
        statement["Condition"] = condition
    return statement


def document_of(statements: Iterable[Mapping[str, Any]]) -> Document:
    """A document of statements."""
    return {"Version": _VERSION, "Statement": [dict(one) for one in statements]}


def merged(documents: Iterable[Document]) -> Document:
    """What several documents allow together, for a role that several tasks share."""
    allowed = Allowed()
    for document in documents:
        for one in document["Statement"]:
            allowed.add(one["Action"], one["Resource"], one.get("Condition"))
    return allowed.document()
