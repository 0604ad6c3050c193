"""Where the steps of a deployed pipeline wait though they need not."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Tuple

from glacier.core.errors._base import joined
from glacier.core.plan import Plan
from glacier.core.stages import stages_of

__all__ = ["Wait", "waits_of"]


class Wait(NamedTuple):
    """A barrier in the orchestration: tasks by name that wait for all of some others, and need not.

    ``str`` of it is a sentence.
    """

    before: Tuple[str, ...]
    after: Tuple[str, ...]

    def to_json(self) -> Dict[str, Any]:
        """The same as JSON data."""
        return {"before": list(self.before), "after": list(self.after)}

    def __str__(self) -> str:
        are, they = ("waits", "it") if len(self.after) == 1 else ("wait", "they")
        some = "" if len(self.before) == 1 else " for all of them"
        told = f"{joined(self.after)} {are} for {joined(self.before)}"
        return f"{told}, though {they} need not{some}"


def waits_of(plan: Plan) -> List[Wait]:
    """What the stages of a plan add to the order of its steps."""
    names = [step.task for step in plan.steps]
    return [
        Wait(
            tuple([names[step] for step in one.before]), tuple([names[step] for step in one.after])
        )
        for one in stages_of(plan).barriers
    ]
