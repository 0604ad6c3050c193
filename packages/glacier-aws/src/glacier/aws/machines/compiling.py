"""From a plan and its stages to state machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from glacier.aws.account import Account
from glacier.aws.machines.flow import Flow
from glacier.aws.machines.machine import Machine
from glacier.aws.machines.needs import needs_of
from glacier.aws.machines.parts import Paths, Writer, needed, told
from glacier.aws.machines.quotas import LISTED, MOST_BYTES, MOST_EVENTS, MOST_PAYLOAD
from glacier.aws.machines.setting import Setting
from glacier.aws.machines.splitting import Child, Split, split
from glacier.aws.machines.states import Definition, State, always_retry, invoke
from glacier.aws.names import Bucket, function_arn
from glacier.core.protocols import CannotDeploy, Plan, Stages

__all__ = ["machines_of"]

_FIXED = 4_000  # bytes of the state data besides how steps ended, with a long request
_ITEM = 5  # bytes of an item's number
_AROUND = 90  # events of beginning and finishing, with all that may be tried again


def machines_of(
    plan: Plan,
    stages: Stages,
    *,
    environment: str,
    account: Account,
    workspace: Bucket,
) -> tuple[Machine, ...]:
    """The state machines that run a plan as its stages say; the main one is the first.

    ``workspace`` is the bucket where the runs' records are. Raises
    :class:`~glacier.core.errors.CannotDeploy` for what is beyond a quota of Step Functions.
    """
    setting = Setting(plan, needs_of(plan), environment, account, workspace)
    _check_payload(setting)
    pieces = split(plan, stages, setting.needs)
    machines = [_main(setting, pieces), *(_part(setting, child) for child in pieces.children)]
    for machine in machines:
        _check(machine, plan)
    return tuple(machines)


def _main(setting: Setting, pieces: Split) -> Machine:
    writer, paths = Writer(setting), Paths()
    flow = Flow()
    request: dict[str, Any] = {
        "step": "begin",
        "execution.$": "$$.Execution.Name",
        "started.$": "$$.Execution.StartTime",
        "request.$": "$",
    }
    names = ("run", "flags", "left_out")
    begun: State = {**{f"{name}.$": f"$.Payload.{name}" for name in names}, "done": {}}
    flow.add("begin run", {**_begin(setting, request), "ResultSelector": begun})
    flow.follow(writer.write(pieces.root, paths))
    request = {"step": "finish", "run.$": "$.run", "done": told(pieces.root, paths)}
    ended = {"state.$": "$.Payload.state"}
    finish = {**_begin(setting, request), "ResultSelector": ended, "ResultPath": "$.end"}
    flow.add("finish run", finish)
    rule = {"Variable": "$.end.state", "StringEquals": "succeeded", "Next": "run succeeded"}
    flow.choose("check run", [rule])
    cause = "A task failed; the records of the run, and the logs of its functions, say which."
    flow.add("run failed", {"Type": "Fail", "Error": "Glacier.RunFailed", "Cause": cause})
    flow.put("run succeeded", {"Type": "Succeed", "OutputPath": "$.end"})
    made = _machine(setting, writer, flow.machine(), None, pieces.cost.events + _AROUND)
    return made._replace(functions=(setting.begin, *made.functions))


def _begin(setting: Setting, request: Mapping[str, Any]) -> State:
    arn = function_arn(setting.begin, setting.account)
    call = invoke(arn, request, partition=setting.account.partition)
    return {**call, "Retry": always_retry()}


def _part(setting: Setting, child: Child) -> Machine:
    writer = Writer(setting)
    definition = writer.closed(child.root, needed(setting, child.steps))
    return _machine(setting, writer, definition, child.number, child.cost.events + 4)


def _machine(
    setting: Setting, writer: Writer, definition: Definition, number: int | None, events: int
) -> Machine:
    steps = setting.plan.steps
    about = f"pipeline {setting.plan.pipeline} in environment {setting.environment}"
    if number is not None:
        about = f"part {number} of {about}"
    return Machine(
        setting.machine(number),
        {"Comment": f"{about}, made by Glacier", **definition},
        tuple(dict.fromkeys(setting.function(step) for step in writer.invoked)),
        tuple(setting.machine(child.number) for child in writer.children),
        tuple(steps[step].task for step in writer.invoked if steps[step].each >= 0),
        events,
    )


def _check_payload(setting: Setting) -> None:
    """Whether the state data stay within what Step Functions passes on, however the steps end."""
    steps, size = len(setting.plan.steps), _FIXED + LISTED * _ITEM
    for number, need in enumerate(setting.needs):
        size += len(f'"t{number}":{{"state":"upstream_failed","flags":{{}}}},"t{number}":true,')
        size += sum(len(f'"{name}":false,') for name in need.flags)
    if size > MOST_PAYLOAD:
        raise CannotDeploy(
            target=f"pipeline {setting.plan.pipeline!r} on AWS",
            reason=f"how its {steps:,} tasks ended takes up to {size:,} bytes, and Step Functions "
            f"passes on {MOST_PAYLOAD:,} from one state to the next",
            mend="Make several pipelines of it.",
        )


def _check(machine: Machine, plan: Plan) -> None:
    """Whether a machine is within the quotas; splitting sees to it by what it estimates."""
    size = len(json.dumps(machine.definition, separators=(",", ":")).encode())
    for found, most, what in (
        (size, MOST_BYTES, "bytes of definition"),
        (machine.events, MOST_EVENTS, "events of history"),
    ):
        if found > most:
            raise CannotDeploy(
                target=f"pipeline {plan.pipeline!r} on AWS",
                reason=f"state machine {machine.name!r} takes {found:,} {what}, and Step Functions "
                f"allows {most:,}",
                mend="Make several pipelines of it.",
            )
