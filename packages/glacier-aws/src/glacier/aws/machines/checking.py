"""What is wrong with the structure of a definition, told without Node or AWS.

The rules are those that Step Functions applies when a machine is made: each ``Next`` leads to a
state of the same level, each state can be reached, each name is the only one in the machine, each
state that is not an end leads on, ``States.ALL`` stands alone and last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["problems_of"]

_TYPES = frozenset(("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait"))
_ENDS = frozenset(("Fail", "Succeed"))
_LONGEST = 80


def problems_of(definition: Mapping[str, Any]) -> list[str]:
    """What is wrong with a definition, each as a sentence; empty for one that is sound."""
    seen: set[str] = set()
    return list(_level(definition, "the machine", seen))


def _level(machine: Mapping[str, Any], where: str, seen: set[str]) -> Iterator[str]:
    """The problems of a machine, of a branch, or of what a Map does for each item."""
    states: Mapping[str, Mapping[str, Any]] = machine.get("States") or {}
    start = machine.get("StartAt")
    if not states:
        yield f"{where} has no states"
        return
    if start not in states:
        yield f"{where} starts at {start!r}, which is none of its states"
    for name, state in states.items():
        if name in seen:
            yield f"state {name!r} is there twice"
        seen.add(name)
        if not 0 < len(name) <= _LONGEST:
            yield f"state {name!r} has a name of {len(name)} characters; {_LONGEST} are allowed"
        yield from _state(name, state, states, seen)
    for name in sorted(states.keys() - _reached(start, states)):
        yield f"state {name!r} cannot be reached"
    if not any(_is_end(state) for state in states.values()):
        yield f"{where} has no end"


def _state(
    name: str, state: Mapping[str, Any], states: Mapping[str, Any], seen: set[str]
) -> Iterator[str]:
    kind = state.get("Type")
    if kind not in _TYPES:
        yield f"state {name!r} is of type {kind!r}, which there is not"
    for following in _following(state):
        if following not in states:
            yield f"state {name!r} leads to {following!r}, which is no state beside it"
    if kind == "Choice":
        if not state.get("Choices"):
            yield f"state {name!r} is a Choice without choices"
        if "Next" in state or "End" in state:
            yield f"state {name!r} is a Choice, which has neither Next nor End"
        for rule in state.get("Choices", ()):
            if "Next" not in rule:
                yield f"state {name!r} has a choice without Next"
    elif kind not in _ENDS and ("Next" in state) == bool(state.get("End")):
        yield f"state {name!r} must have either Next or End"
    elif kind in _ENDS and ("Next" in state or "End" in state):
        yield f"state {name!r} is an end, which has neither Next nor End"
    yield from _handlers(name, state)
    yield from _inner(name, state, seen)


def _handlers(name: str, state: Mapping[str, Any]) -> Iterator[str]:
    for field in ("Retry", "Catch"):
        handlers = state.get(field, ())
        if handlers and state.get("Type") not in ("Map", "Parallel", "Task"):
            yield f"state {name!r} is a {state.get('Type')}, which has no {field}"
        for position, handler in enumerate(handlers, 1):
            errors = handler.get("ErrorEquals") or ()
            if not errors:
                yield f"state {name!r} has a {field} for no errors"
            if "States.ALL" in errors and (len(errors) > 1 or position < len(handlers)):
                yield f"state {name!r} has States.ALL in a {field} where it is not alone and last"


def _inner(name: str, state: Mapping[str, Any], seen: set[str]) -> Iterator[str]:
    kind = state.get("Type")
    if kind == "Task" and not state.get("Resource"):
        yield f"state {name!r} is a Task without a Resource"
    if kind == "Parallel":
        if not state.get("Branches"):
            yield f"state {name!r} is a Parallel without branches"
        for number, branch in enumerate(state.get("Branches", ()), 1):
            yield from _level(branch, f"branch {number} of {name!r}", seen)
    elif kind == "Map":
        processor: Mapping[str, Any] = state.get("ItemProcessor") or {}
        yield from _level(processor, f"what {name!r} does for each item", seen)


def _following(state: Mapping[str, Any]) -> Iterator[str]:
    for field in ("Next", "Default"):
        if field in state:
            yield state[field]
    for field in ("Choices", "Catch"):
        yield from (one["Next"] for one in state.get(field, ()) if "Next" in one)


def _reached(start: object, states: Mapping[str, Mapping[str, Any]]) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if isinstance(name, str) and name in states and name not in found:
            found.add(name)
            pending.extend(_following(states[name]))
    return found


def _is_end(state: Mapping[str, Any]) -> bool:
    return state.get("Type") in _ENDS or bool(state.get("End"))
