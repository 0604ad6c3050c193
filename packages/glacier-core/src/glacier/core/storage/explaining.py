"""What a run would do, and why, as far as that is known before anything runs."""

from __future__ import annotations

from typing import Dict, List

from glacier.core.storage.decisions import Decision, never
from glacier.core.storage.depot import Depot

__all__ = ["explain"]


def explain(depot: Depot) -> List[Decision]:
    """For each step, in the order of the plan, whether it will run and why.

    Nothing runs and nothing is written. A step whose input is made anew may turn out to be up to
    date, where that comes out as it was. Raises as :meth:`Depot.begin` does.
    """
    depot.begin()
    anew: Dict[str, str] = {}  # datasets, and the task that makes them
    decisions: List[Decision] = []
    for number, step in enumerate(depot.plan.steps):
        decision = _decision(depot, number, anew)
        if decision.runs:
            anew.update(dict.fromkeys(step.outputs, step.task))
        else:
            found = zip(step.outputs, decision.found)
            depot.kept.update((name, kept) for name, kept in found if kept is not None)
        decisions.append(decision)
    return decisions


def _decision(depot: Depot, number: int, anew: Dict[str, str]) -> Decision:
    step = depot.plan.steps[number]
    if number in depot.reused and depot.resumed is not None:
        why = f"run {depot.resumed.record.run} has done it"
        return Decision(step.task, False, why, found=tuple(depot.reused[number]))
    made = [name for name in dict.fromkeys(step.inputs) if name in anew]
    always = never(depot.facts(number, step))
    if made and not always:
        which = " and ".join([f"{name!r} (by {anew[name]!r})" for name in made])
        return Decision(step.task, True, f"made anew is {which}; it will not if that is as it was")
    return depot.decision(number, step)
