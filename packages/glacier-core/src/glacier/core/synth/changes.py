"""What differs between two syntheses: permissions first, for they matter most in a review."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Tuple

from glacier.core.contracts.providers import Registered
from glacier.core.synth.record import Synth

__all__ = ["Change", "changes"]


class Change(NamedTuple):
    """Something that was ``added``, ``removed`` or ``changed``; ``what`` is a permission, resource,
    barrier or warning."""

    kind: str
    what: str
    subject: str
    detail: str = ""


def changes(before: Synth, after: Synth) -> List[Change]:
    """All that differs, removed before added, in the order of the syntheses."""
    return [
        *_listed("permission", _permissions(before), _permissions(after)),
        *_resources(before, after),
        *_listed("barrier", _barriers(before), _barriers(after)),
        *_listed("warning", dict.fromkeys(before.warnings), dict.fromkeys(after.warnings)),
    ]


def _permissions(synth: Synth) -> Mapping[str, Any]:
    return {
        f"{one.task} {one.access}s {one.kind} {one.name}"
        + (f" in {one.storage}" if one.storage else ""): None
        for one in synth.permissions
    }


def _barriers(synth: Synth) -> Mapping[str, Any]:
    return dict.fromkeys(map(str, synth.barriers))


def _listed(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    yield from (Change("removed", what, one) for one in before if one not in after)
    yield from (Change("added", what, one) for one in after if one not in before)


def _resources(before: Synth, after: Synth) -> Iterator[Change]:
    old, new = _by_key(before), _by_key(after)
    names = {key: f"{key[0]} {key[1]}" for key in (*old, *new)}
    yield from (Change("removed", "resource", names[key]) for key in old if key not in new)
    yield from (Change("added", "resource", names[key]) for key in new if key not in old)
    for key, row in new.items():
        if key in old and old[key] != row:
            yield Change("changed", "resource", names[key], _differing(old[key], row))


def _by_key(synth: Synth) -> Dict[Tuple[str, str, str], Registered]:
    return {(row.type, row.name, row.parent): row for row in synth.resources}


def _differing(before: Registered, after: Registered) -> str:
    keys = sorted({*before.properties, *after.properties})
    names = [key for key in keys if before.properties.get(key) != after.properties.get(key)]
    return ", ".join([*(["provider"] if before.provider != after.provider else []), *names])
