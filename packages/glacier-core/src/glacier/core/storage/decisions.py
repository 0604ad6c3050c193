"""Whether a step will run, and why."""

from __future__ import annotations

from time import time
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence, Tuple

from glacier.core.fingerprint import Code
from glacier.core.step import Step
from glacier.core.storage.recipes import differences, make_recipe, named_inputs
from glacier.core.storage.records import Kept
from glacier.core.storage.shelf import WritableShelf

__all__ = ["Decision", "Facts", "decide", "in_words", "never"]


class Facts(NamedTuple):
    """What a decision on a step rests on.

    ``contents`` has the content hash of the dataset of each input slot, ``None`` where it is not
    known. ``shelves`` are those of the outputs, ``cached`` is whether the run reuses results.
    """

    step: Step
    code: Optional[Code]
    params: Mapping[str, Any]
    contents: Sequence[Optional[str]]
    shelves: Sequence[Optional[WritableShelf]]
    cached: bool


class Decision(NamedTuple):
    """Whether a step will run, and why.

    ``found`` is what stands for its outputs where it will not. ``recipe`` is what its fingerprint
    was made of.
    """

    task: str
    runs: bool
    why: str
    fingerprint: Optional[str] = None
    recipe: Optional[Mapping[str, Any]] = None
    found: Tuple[Optional[Kept], ...] = ()


def decide(facts: Facts, *, now: Callable[[], float] = time) -> Decision:
    """Whether a step whose inputs are known will run."""
    fingerprint, recipe = make_recipe(facts.step, facts.code, facts.params, facts.contents)
    reason = never(facts) or _without_fingerprint(facts, fingerprint)
    if reason:
        return Decision(facts.step.task, True, reason, fingerprint, recipe)
    found = _found(facts.shelves, fingerprint or "")
    stale = _stale(facts.step, found, now()) if found else _changes(facts.shelves, recipe)
    if found and not stale:
        why = f"nothing that it depends on has changed since run {found[0].version}"
        return Decision(facts.step.task, False, why, fingerprint, recipe, found)
    return Decision(facts.step.task, True, stale, fingerprint, recipe)


def never(facts: Facts) -> str:
    """Why a step runs whatever has changed; empty if it need not."""
    step, caching = facts.step, facts.step.caching
    if not step.outputs:
        return "it produces no dataset that could be reused"
    if not facts.cached or None in facts.shelves:
        return "it is not cached"
    by_itself = caching is not None and (caching.lifetime or caching.version is not None)
    if not step.inputs and not by_itself:
        return "it reads no dataset, and has neither version= nor a lifetime, cache=timedelta(…)"
    return ""


def _without_fingerprint(facts: Facts, fingerprint: Optional[str]) -> str:
    if fingerprint is not None:
        return ""
    caching = facts.step.caching
    if facts.code is None and (caching is None or caching.version is None):
        return "its source cannot be read; version= would stand for it"
    for parameter, content in named_inputs(facts.step, facts.contents):
        if content is None:
            return f"it is not known whether its input {parameter!r} has changed"
    return "a parameter of it cannot be compared"


def _found(shelves: Sequence[Optional[WritableShelf]], fingerprint: str) -> Tuple[Kept, ...]:
    """The results of that fingerprint; nothing unless there is one for every output."""
    found = [shelf.find(fingerprint) for shelf in shelves if shelf is not None]
    kept = tuple([one for one in found if one is not None])
    return kept if len(kept) == len(shelves) else ()


def _stale(step: Step, found: Sequence[Kept], now: float) -> str:
    lifetime = None if step.caching is None else step.caching.lifetime
    age = now - min(kept.created for kept in found)
    if lifetime is None or age < lifetime:
        return ""
    return f"its result is {in_words(age)} old, and good for {in_words(lifetime)}"


def _changes(shelves: Sequence[Optional[WritableShelf]], recipe: Mapping[str, Any]) -> str:
    latest = [None if shelf is None else shelf.latest() for shelf in shelves]
    if None in latest or not latest or latest[0] is None:
        return "there is no result of it yet"
    return "; ".join(differences(latest[0].recipe, recipe)) or "its earlier result was removed"


def in_words(seconds: float) -> str:
    """A duration for people: ``90 s``, ``3.5 h``."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
