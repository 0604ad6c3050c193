"""The states of one step: whether it may run, its task, and how it ended otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glacier.aws.machines.flow import Flow
from glacier.aws.machines.items import write_mapped
from glacier.aws.machines.labels import labelled
from glacier.aws.machines.setting import Setting
from glacier.aws.machines.states import State, caught, failure, invoke, retry, test

__all__ = ["write_step"]


def write_step(
    setting: Setting, number: int, paths: Mapping[int, str], *, alone: bool = False
) -> Flow:
    """The states of a step; ``paths`` says where the ends of other steps are in the state data.

    How it ended is put to ``$.done.t{number}``. If it is ``alone`` in a branch it is all that
    leaves it.
    """
    step, need = setting.plan.steps[number], setting.needs[number]
    where = "$" if alone else f"$.done.t{number}"
    name, flow = step.task, Flow()
    failed = labelled(name, "{} failed")
    rules = _rules(setting, number, paths)
    ends = {state: labelled(name, f"{{}} {state.replace('_', ' ')}") for state in rules}
    if rules:
        # One that is no part of the run says so itself, however its producers ended.
        first = labelled(name, "{}" if step.each < 0 else "expand {}")
        left_out = {"Variable": f"$.left_out.t{number}", "IsPresent": True}
        choices = [test([left_out], first)]
        choices += [test(found, ends[state]) for state, found in rules.items()]
        flow.choose(labelled(name, "check {}"), choices)
    done = {f"t{one}.$": paths[one] for one in need.producers}
    payload = {"run.$": "$.run", "task": name, "retries.$": "$$.State.RetryCount", "done": done}
    if step.each < 0:
        flow.add(labelled(name), _task(setting, number, payload, where, failed))
    else:
        write_mapped(setting, number, payload, flow, failed)
    for state, end in ends.items():
        flow.side(end, _ended(state, where))
    flow.side(failed, _ended("failed", where))
    return flow


def _task(
    setting: Setting, number: int, payload: Mapping[str, Any], where: str, failed: str
) -> State:
    step = setting.plan.steps[number]
    return {
        **invoke(
            setting.function_arn(number),
            {"step": "task", **payload},
            partition=setting.account.partition,
            limit=step.limit,
        ),
        "ResultSelector": {"state.$": "$.Payload.state", "flags.$": "$.Payload.flags"},
        "ResultPath": where,
        "Retry": retry(step),
        "Catch": caught(failed),
    }


def _ended(state: str, where: str) -> State:
    return {"Type": "Pass", "Result": failure(state), "ResultPath": where}


def _rules(setting: Setting, number: int, paths: Mapping[int, str]) -> dict[str, list[State]]:
    """For each end that a step may have without a call, any of what leads to it."""
    need = setting.needs[number]
    found: dict[str, list[State]] = {}
    if need.producers:
        found["upstream_failed"] = [
            {"Variable": f"{paths[one]}.state", "StringMatches": "*failed"}
            for one in need.producers
        ]
    skips = [
        {"Variable": f"{paths[one]}.state", "StringEquals": "skipped"} for one in need.required
    ]
    if need.condition is not None:
        at = "$.flags" if need.decider is None else f"{paths[need.decider]}.flags"
        skips.append(_is_false(f"{at}['{need.condition}']"))
    if skips:
        found["skipped"] = skips
    return found


def _is_false(flag: str) -> State:
    # One that is absent or null is left to the function, which knows why.
    return {
        "And": [
            {"Variable": flag, "IsPresent": True},
            {"Variable": flag, "IsBoolean": True},
            {"Variable": flag, "BooleanEquals": False},
        ]
    }
