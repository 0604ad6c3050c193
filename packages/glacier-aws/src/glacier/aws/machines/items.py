"""The states of a mapped step: how many items there are, each of them, and what they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from glacier.aws.machines.flow import Flow
from glacier.aws.machines.labels import labelled
from glacier.aws.machines.quotas import AT_ONCE, LISTED, inline_items
from glacier.aws.machines.setting import Setting
from glacier.aws.machines.states import State, caught, invoke, retry

__all__ = ["write_mapped"]

_WIDE = 100  # items that a distributed Map does at once, of the 1,000 calls that an account has


class _Mapped(NamedTuple):
    setting: Setting
    number: int
    payload: Mapping[str, Any]
    failed: str

    @property
    def at(self) -> str:
        return f"$.done.t{self.number}"

    @property
    def task(self) -> str:
        return self.setting.plan.steps[self.number].task


def write_mapped(
    setting: Setting, number: int, payload: Mapping[str, Any], flow: Flow, failed: str
) -> None:
    """Add the states of a mapped step after its check; ``failed`` is where they lead otherwise.

    ``expand`` says what there is to do. Some items are done in the execution itself, more in
    executions of their own, and above a thousand their numbers are read from the workspace.
    """
    mapped = _Mapped(setting, number, payload, failed)
    at, task, step = mapped.at, mapped.task, setting.plan.steps[number]
    names = [labelled(task, form) for form in ("{}", "{} distributed", "{} from file")]
    collect = labelled(task, "collect {}")
    flow.add(labelled(task, "expand {}"), _expand(mapped))
    expanded = {"Variable": f"{at}.state", "StringEquals": "expanded"}
    few, listed = (
        {"Variable": f"{at}.count", "NumericLessThanEquals": most}
        for most in (inline_items(step), LISTED)
    )
    choices: list[State] = [
        {"And": [expanded, few], "Next": names[0]},
        {"And": [expanded, listed], "Next": names[1]},
        {**expanded, "Next": names[2]},
    ]
    flow.choose(labelled(task, "count {}"), choices)
    flow.put(names[0], _inline(mapped, collect))
    flow.put(names[1], {**_distributed(mapped, collect, names[1]), "ItemsPath": f"{at}.items"})
    flow.put(names[2], {**_distributed(mapped, collect, names[2]), **_from_file(mapped)})
    flow.side(collect, _collect(mapped))


def _expand(mapped: _Mapped) -> State:
    call = _invoke(mapped, {"step": "expand", **mapped.payload})
    # Called by its ARN, for then the result is the answer as it is: what is in it depends on
    # whether there is anything to do, and a ResultSelector fails for what is not there.
    call["Resource"] = call["Parameters"]["FunctionName"]
    call["Parameters"] = call["Parameters"]["Payload"]
    return {**call, "ResultPath": mapped.at, "Catch": caught(mapped.failed)}


def _collect(mapped: _Mapped) -> State:
    return {
        **_invoke(mapped, {"step": "collect", "count.$": f"{mapped.at}.count", **mapped.payload}),
        "ResultSelector": {"state.$": "$.Payload.state", "flags.$": "$.Payload.flags"},
        "ResultPath": mapped.at,
        "Catch": caught(mapped.failed),
    }


def _invoke(mapped: _Mapped, payload: Mapping[str, Any]) -> State:
    setting, step = mapped.setting, mapped.setting.plan.steps[mapped.number]
    arn, partition = setting.function_arn(mapped.number), setting.account.partition
    call = invoke(arn, payload, partition=partition, limit=step.limit)
    return {**call, "Retry": retry(step)}


def _inline(mapped: _Mapped, following: str) -> State:
    return {
        **_map(mapped, following),
        "ItemsPath": f"{mapped.at}.items",
        "MaxConcurrency": AT_ONCE,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            **_item(mapped, labelled(mapped.task, "item of {}")),
        },
    }


def _distributed(mapped: _Mapped, following: str, name: str) -> State:
    return {
        **_map(mapped, following),
        "MaxConcurrency": _WIDE,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **_item(mapped, labelled(name, "item of {}")),
        },
    }


def _from_file(mapped: _Mapped) -> State:
    setting = mapped.setting
    key = setting.workspace.path(f"_runs/{{}}/items/{mapped.task}.json")
    return {
        "ItemReader": {
            "Resource": f"arn:{setting.account.partition}:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {
                "Bucket": setting.workspace.name,
                "Key.$": f"States.Format('{key}', $.run)",
            },
        },
        "Retry": [
            {
                "ErrorEquals": ["States.ItemReaderFailed"],
                "IntervalSeconds": 1,
                "MaxAttempts": 3,
                "BackoffRate": 3,
            }
        ],
    }


def _map(mapped: _Mapped, following: str) -> State:
    return {
        "Type": "Map",
        "ItemSelector": {
            "item.$": "$$.Map.Item.Value",
            "run.$": "$.run",
            "done": mapped.payload["done"],
        },
        "ResultPath": None,
        "Catch": caught(mapped.failed),
        "Next": following,
    }


def _item(mapped: _Mapped, name: str) -> State:
    payload = {key: value for key, value in mapped.payload.items() if key != "done"}
    asked = {"step": "item", "item.$": "$.item", **payload, "done.$": "$.done"}
    # Nothing comes out of it, so that many items stay within what one state may return.
    call = {**_invoke(mapped, asked), "ResultPath": None, "OutputPath": None, "End": True}
    return {"StartAt": name, "States": {name: call}}
