"""A small Step Functions: it executes a definition at once, on a clock that skips every pause."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["FunctionError", "StepFunctions"]

_INDEX = re.compile(r"\['([^']*)'\]|\[(\d+)\]|\.(\w+)")


class FunctionError(Exception):
    """What a function raised; ``name`` is the name of its type."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class StepFunctions:
    """Executes machines, by name; ``call`` gets the name of a function and its payload.

    Branches and items are done one after the other. ``events`` counts what each execution adds to
    its history, by the name of its machine. ``objects`` are what lies in buckets.
    """

    def __init__(
        self,
        machines: Mapping[str, Mapping[str, Any]],
        call: Callable[[str, Any], Any],
        *,
        objects: Mapping[tuple[str, str], Any] | None = None,
    ) -> None:
        self.machines = machines
        self.call = call
        self.objects = dict(objects or {})
        self.events: dict[str, int] = {}
        self.waited: list[float] = []
        self.entered: list[str] = []
        self._machine = ""

    def execute(self, machine: str, data: Any, *, name: str = "one") -> Any:
        """The output of an execution. Raises :class:`FunctionError` for one that fails."""
        before, self._machine = self._machine, machine
        self.events[machine] = 2
        try:
            context = {"Execution": {"Name": name, "Id": f"arn:{name}", "StartTime": "2026"}}
            return self._run(self.machines[machine], copy.deepcopy(data), context)
        finally:
            self._machine = before

    def _note(self, events: int) -> None:
        self.events[self._machine] += events

    def _run(self, level: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> Any:
        name = level["StartAt"]
        while True:
            state = level["States"][name]
            self.entered.append(name)
            self._note(1 if state["Type"] == "Fail" else 2)
            data, following = self._state(state, data, {**context, "State": {"RetryCount": 0}})
            if following is None:
                return data
            name = following

    def _state(self, state: Any, data: Any, context: Any) -> tuple[Any, str | None]:
        kind, following = state["Type"], state.get("Next")
        if kind == "Fail":
            raise FunctionError(state["Error"])
        if kind == "Choice":
            for rule in state["Choices"]:
                if _holds(rule, data):
                    return data, rule["Next"]
            return data, state["Default"]
        if kind in ("Pass", "Succeed"):
            result = state.get("Result", _filled(state.get("Parameters"), data, context, data))
            return self._out(state, data, result, context), following
        attempts = [0] * len(state.get("Retry", ()))
        while True:
            try:
                context["State"]["RetryCount"] = sum(attempts)
                result = getattr(self, f"_{kind.lower()}")(state, data, context)
                result = _filled(state.get("ResultSelector"), result, context, result)
                return self._out(state, data, result, context), following
            except FunctionError as error:
                if self._waits(state.get("Retry", ()), attempts, error.name):
                    continue
                for catcher in state.get("Catch", ()):
                    if _covers(catcher, error.name):
                        return self._out(catcher, data, {"Error": error.name}, context), catcher[
                            "Next"
                        ]
                raise

    def _waits(self, retriers: Any, attempts: list[int], name: str) -> bool:
        for position, retrier in enumerate(retriers):
            if _covers(retrier, name):
                done = attempts[position]
                if done >= retrier["MaxAttempts"]:
                    return False
                pause = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** done
                self.waited.append(min(pause, retrier.get("MaxDelaySeconds", pause)))
                attempts[position] += 1
                return True
        return False

    def _out(self, state: Any, data: Any, result: Any, context: Any) -> Any:
        where = state.get("ResultPath", "$")
        if where is None:
            found = data
        elif where == "$":
            found = result
        else:
            found = copy.deepcopy(data)
            *above, last = where.split(".")[1:]
            inner = found
            for one in above:
                inner = inner.setdefault(one, {})
            inner[last] = copy.deepcopy(result)
        if "OutputPath" not in state:
            return found
        return {} if state["OutputPath"] is None else _at(state["OutputPath"], found, context)

    # --- what takes time --------------------------------------------------------------------------

    def _task(self, state: Any, data: Any, context: Any) -> Any:
        self._note(3)
        asked = _filled(state["Parameters"], data, context, data)
        resource = state["Resource"]
        if resource.endswith(":lambda:invoke"):
            function = asked["FunctionName"].rpartition(":")[2]
            return {"StatusCode": 200, "Payload": self.call(function, asked["Payload"])}
        if resource.endswith("startExecution.sync:2"):
            self._note(1)
            machine = asked["StateMachineArn"].rpartition(":")[2]
            return {"Output": self.execute(machine, asked["Input"], name=asked["Name"])}
        return self.call(resource.rpartition(":")[2], asked)

    def _parallel(self, state: Any, data: Any, context: Any) -> Any:
        self._note(2)
        asked = _filled(state.get("Parameters"), data, context, data)
        return [self._run(one, copy.deepcopy(asked), context) for one in state["Branches"]]

    def _map(self, state: Any, data: Any, context: Any) -> Any:
        self._note(2)
        if "ItemReader" in state:
            read = _filled(state["ItemReader"]["Parameters"], data, context, data)
            items = self.objects[read["Bucket"], read["Key"]]
        else:
            items = _at(state["ItemsPath"], data, context)
        processor, found = state["ItemProcessor"], []
        inline = processor["ProcessorConfig"]["Mode"] == "INLINE"
        for item in items:
            inside = {**context, "Map": {"Item": {"Value": item}}}
            asked = _filled(state["ItemSelector"], data, inside, data)
            before = self.events[self._machine]
            self._note(2)
            found.append(self._run(processor, asked, inside))
            if not inline:  # an execution of its own
                self.events[self._machine] = before
        return found


def _covers(handler: Any, name: str) -> bool:
    return name in handler["ErrorEquals"] or "States.ALL" in handler["ErrorEquals"]


def _at(path: str, data: Any, context: Any) -> Any:
    """What a path leads to; raises ``KeyError`` where there is nothing."""
    if path.startswith("States.Format("):
        text, *paths = path[len("States.Format(") : -1].split(", ")
        return text[1:-1].format(*[_at(one, data, context) for one in paths])
    found = context if path.startswith("$$") else data
    rest = path[2 if path.startswith("$$") else 1 :]
    assert "".join(match.group() for match in _INDEX.finditer(rest)) == rest, path
    for match in _INDEX.finditer(rest):
        name, index, plain = match.groups()
        found = found[int(index)] if index is not None else found[plain or name]
    return found


def _filled(template: Any, data: Any, context: Any, default: Any) -> Any:
    """A template with its paths filled in; without one ``default``."""
    if template is None:
        return default
    if isinstance(template, dict):
        return {
            (key[:-2] if key.endswith(".$") else key): _at(value, data, context)
            if key.endswith(".$")
            else _filled(value, data, context, value)
            for key, value in template.items()
        }
    return template


def _holds(rule: Any, data: Any) -> bool:
    if "And" in rule:
        return all(_holds(one, data) for one in rule["And"])
    if "Or" in rule:
        return any(_holds(one, data) for one in rule["Or"])
    try:
        found = _at(rule["Variable"], data, {})
    except (KeyError, IndexError, TypeError):
        if "IsPresent" in rule:
            return rule["IsPresent"] is False
        raise
    if "IsPresent" in rule:
        return rule["IsPresent"] is True
    if "IsBoolean" in rule:
        return isinstance(found, bool) is rule["IsBoolean"]
    if "BooleanEquals" in rule:
        return found is rule["BooleanEquals"]
    if "StringEquals" in rule:
        return bool(found == rule["StringEquals"])
    if "StringMatches" in rule:
        pattern = re.escape(rule["StringMatches"]).replace(r"\*", ".*")
        return re.fullmatch(pattern, found) is not None
    return bool(found <= rule["NumericLessThanEquals"])
