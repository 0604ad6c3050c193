"""What Step Functions allows, and what the parts of a machine take of it at most.

An execution adds up to so many events to its history, of which AWS takes 25,000: two for each state
that is entered and left, three for each attempt of a task, four for a Parallel or a Map, two for
each item of a Map.
"""

from __future__ import annotations

from typing import NamedTuple

from glacier.core.protocols import Step

__all__ = [
    "AT_ONCE",
    "FAULTS",
    "LISTED",
    "MOST_BYTES",
    "MOST_EVENTS",
    "MOST_PAYLOAD",
    "PART",
    "Cost",
    "child_cost",
    "inline_items",
    "joined_cost",
    "step_cost",
]

MOST_EVENTS = 25_000  # of an execution
MOST_BYTES = 1_048_576  # of a definition
MOST_PAYLOAD = 262_144  # bytes of the data between two states

FAULTS = 6  # attempts that may follow one that failed by a fault of the service
LISTED = 1000  # items that are told in the payload; more are read from the bucket
AT_ONCE = 40  # items that an inline Map does at once
_MAP_EVENTS = 5_000  # of one inline Map
_ATTEMPT = 3
_STATE = 2


class Cost(NamedTuple):
    """What a part of a machine takes: steps and children, events, bytes, levels of nesting."""

    steps: int
    events: int
    size: int
    depth: int = 0

    def fits(self, other: Cost) -> bool:
        """Whether it is within what another one says."""
        return all(mine <= theirs for mine, theirs in zip(self, other, strict=True))


PART = Cost(100, 18_000, 700_000, 20)
"""What one machine is given before it is split; the rest is for beginning and finishing."""


def step_cost(step: Step, producers: int) -> Cost:
    """What a step takes; ``producers`` is how many others it waits for."""
    checked = _STATE if producers or step.when is not None else 0
    size = 2_000 + 250 * producers
    if step.each < 0:
        return Cost(1, checked + _tries(step) + _STATE, size)
    around = checked + 2 * _tries(step) + 3 * _STATE + 4
    each = _STATE + _tries(step)
    return Cost(1, around + inline_items(step) * each, size + 7_000 + 150 * producers)


def inline_items(step: Step) -> int:
    """How many items of a mapped step are done in the execution itself."""
    return max(1, min(AT_ONCE, _MAP_EVENTS // (_STATE + _tries(step))))


def child_cost(steps: int) -> Cost:
    """What a child machine with so many steps takes of the one that starts it."""
    return Cost(1, _STATE + _ATTEMPT * (1 + FAULTS) + 1 + _STATE, 1_500 + 100 * steps)


def joined_cost(costs: list[Cost], steps: int, *, parallel: bool) -> Cost:
    """What several parts take together that hold so many steps."""
    events, size, depth = (4 + 2 * len(costs), 500 + 100 * steps, 1) if parallel else (0, 0, 0)
    return Cost(
        sum(cost.steps for cost in costs),
        sum(cost.events for cost in costs) + events,
        sum(cost.size for cost in costs) + size,
        max(cost.depth for cost in costs) + depth,
    )


def _tries(step: Step) -> int:
    retries = 0 if step.policy is None else step.policy.retries
    return _STATE + _ATTEMPT * (1 + retries + FAULTS)
