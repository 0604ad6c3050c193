"""A state machine of a deployed pipeline, played by a loop: it sends payloads and reads answers.

It knows no more than a real one: the plan, and what it is told. What it sends and is told passes
through JSON.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Optional, Tuple

from glacier.core.plan import Plan

__all__ = ["Ended", "Invoke", "play"]

Invoke = Callable[[Dict[str, Any]], Dict[str, Any]]
"""Calls a function with a payload."""

_GOOD = ("succeeded", "up_to_date")


class Ended:
    """How an execution ended: ``state`` of the run, ``states`` of the tasks, and what was sent."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.state = ""
        self.done: Dict[str, Dict[str, Any]] = {}
        self.states: Dict[str, str] = {}
        self.sent: List[Dict[str, Any]] = []


class _Machine:
    def __init__(self, plan: Plan, invoke: Invoke, retries: bool) -> None:
        self.plan = plan
        self.invoke = invoke
        self.retries = retries
        self.flags: Dict[str, Any] = {}
        self.left_out: Dict[str, bool] = {}
        self.ended = Ended("")
        self.makers = {name: n for n, step in enumerate(plan.steps) for name in step.outputs}

    def send(self, payload: Dict[str, Any]) -> Dict[str, Any]:
        sent = json.loads(json.dumps(payload))
        self.ended.sent.append(sent)
        answer: Dict[str, Any] = json.loads(json.dumps(self.invoke(sent)))
        assert len(json.dumps(answer)) < 250_000  # what a state machine takes
        return answer

    def tried(self, payload: Dict[str, Any], number: int) -> Dict[str, Any]:
        """The same, and again where the function asks for that."""
        policy = self.plan.steps[number].policy
        attempts = 1 + (policy.retries if policy is not None and self.retries else 0)
        for attempt in range(attempts):
            try:
                return self.send({**payload, "retries": attempt})
            except Exception as error:
                if type(error).__name__ != "GlacierRetry" or attempt + 1 == attempts:
                    raise
        raise AssertionError

    def choose(self, number: int) -> Optional[str]:
        """What becomes of a step without a call: a machine has a Choice for that."""
        step = self.plan.steps[number]
        if f"t{number}" in self.left_out:
            return None
        reads = [slot for slot in step.slots if slot.kind == "input"]
        needed = [(slot.source, slot.optional) for slot in reads]
        if step.when is not None:
            needed.append((step.when, False))
        ends = [(self.state(name), optional) for name, optional in needed]
        if any(state in ("failed", "upstream_failed") for state, _ in ends):
            return "upstream_failed"
        if any(state == "skipped" and not optional for state, optional in ends):
            return "skipped"
        return "skipped" if step.when is not None and self.flag(step.when) is False else None

    def state(self, name: str) -> str:
        return str(self.ended.done.get(f"t{self.makers.get(name)}", {}).get("state", ""))

    def flag(self, name: str) -> Any:
        if name in self.makers:
            return self.ended.done[f"t{self.makers[name]}"]["flags"].get(name)
        return self.flags.get(name)

    def step(self, number: int) -> Dict[str, Any]:
        chosen = self.choose(number)
        if chosen is not None:
            return {"state": chosen, "flags": {}}
        step = self.plan.steps[number]
        told = {"run": self.ended.run, "task": step.task, "done": self.ended.done}
        try:
            if step.each < 0:
                return self.tried({"step": "task", **told}, number)
            expanded = self.tried({"step": "expand", **told}, number)
            if expanded["state"] != "expanded":
                return {"state": expanded["state"], "flags": expanded.get("flags", {})}
            for item in expanded["items"]:
                assert self.tried({"step": "item", "item": item, **told}, number) == {}
            count = expanded["count"]
            return self.tried({"step": "collect", "count": count, **told}, number)
        except Exception as error:
            if type(error).__name__ not in ("GlacierRetry", "GlacierTaskFailed"):
                raise
            return {"state": "failed", "flags": {}}


def play(
    plan: Plan,
    invoke: Invoke,
    request: Dict[str, Any],
    *,
    execution: Tuple[str, str] = ("execution", "2026-01-31T12:00:00.123Z"),
    retries: bool = True,
) -> Ended:
    """Run a deployed pipeline; what ``begin`` raises is raised."""
    machine = _Machine(plan, invoke, retries)
    name, started = execution
    begun = machine.send(
        {"step": "begin", "execution": name, "started": started, "request": request}
    )
    machine.ended.run, machine.flags = begun["run"], begun["flags"]
    machine.left_out = begun["left_out"]
    for number, step in enumerate(plan.steps):
        end = machine.step(number)
        machine.ended.done[f"t{number}"] = end
        machine.ended.states[step.task] = end["state"]
    told = {"step": "finish", "run": machine.ended.run, "done": machine.ended.done}
    machine.ended.state = machine.send(told)["state"]
    return machine.ended
