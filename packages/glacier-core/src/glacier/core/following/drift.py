"""What is deployed and what is here, compared."""

from __future__ import annotations

from typing import Dict, Iterator, List

from glacier.core.plan import Plan
from glacier.core.step import Step

__all__ = ["differences"]


def differences(deployed: Plan, here: Plan) -> List[str]:
    """How two plans differ, a line for each task that does; empty where they are equal."""
    there: Dict[str, Step] = {step.task: step for step in deployed.steps}
    local: Dict[str, Step] = {step.task: step for step in here.steps}
    found = [f"task {name!r} is not deployed" for name in local if name not in there]
    found += [f"task {name!r} is deployed, and not here" for name in there if name not in local]
    for name, step in local.items():
        if name in there and there[name] != step:
            found.append(f"task {name!r} differs in {', '.join(_fields(there[name], step))}")
    if not found and deployed != here:
        found.append("the order of the tasks differs")
    return found


_CALLED = {
    "slots": "what it takes",
    "outputs": "what it returns",
    "when": "its condition",
    "policy": "its retries or its timeout",
    "caching": "its cache",
}


def _fields(one: Step, other: Step) -> Iterator[str]:
    told: Dict[str, None] = {}
    for field in one._fields:
        if getattr(one, field) != getattr(other, field):
            told[_CALLED.get(field, "how it is called")] = None
    yield from told
