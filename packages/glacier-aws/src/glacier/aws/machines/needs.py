"""What each step waits for: the rules of ``hindrances``, by number and without values."""

from __future__ import annotations

from typing import NamedTuple

from glacier.core.protocols import Plan, Step

__all__ = ["Need", "needs_of"]


class Need(NamedTuple):
    """The steps whose ends decide whether a step runs.

    ``producers`` are all of them in their order, with that of the condition; those in ``required``
    must not have been skipped. ``flags`` are the outputs of a step that are conditions of others.
    """

    producers: tuple[int, ...] = ()
    required: tuple[int, ...] = ()
    condition: str | None = None
    decider: int | None = None
    flags: tuple[str, ...] = ()


def needs_of(plan: Plan) -> tuple[Need, ...]:
    """What each step of a plan waits for, in the order of the plan."""
    given = frozenset(plan.given)
    producers = {
        name: number
        for number, step in enumerate(plan.steps)
        for name in step.outputs
        if name not in given
    }
    conditions = {step.when for step in plan.steps if step.when is not None}
    return tuple(_need(step, producers, conditions) for step in plan.steps)


def _need(step: Step, producers: dict[str, int], conditions: set[str]) -> Need:
    inputs = [slot for slot in step.slots if slot.kind == "input" and slot.source in producers]
    waits = dict.fromkeys(producers[slot.source] for slot in inputs)
    required = dict.fromkeys(producers[slot.source] for slot in inputs if not slot.optional)
    decider = None if step.when is None else producers.get(step.when)
    if decider is not None:
        waits[decider] = required[decider] = None
    return Need(
        tuple(waits),
        tuple(required),
        step.when,
        decider,
        tuple(name for name in step.outputs if name in conditions),
    )
