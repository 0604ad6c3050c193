"""The states of several steps: one after the other, at the same time, in machines of their own.

How a step ended is in the state data at ``$.done.t3``, or below what it was part of:
``$.done.p2.t3`` after a Parallel, ``$.done.m2.t3`` after a machine. Within a branch or a machine it
is at ``$.done.t3`` again: each is given what its steps wait for, and gives back how they ended, so
that the data stay small however many branches there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from glacier.aws.machines.flow import Flow
from glacier.aws.machines.setting import Setting
from glacier.aws.machines.splitting import Child, Group, Part
from glacier.aws.machines.states import Definition, State, caught, failure, start_machine
from glacier.aws.machines.steps import write_step

__all__ = ["Paths", "Writer", "needed", "steps_of", "told"]

Paths = dict[int, str]


class Writer:
    """Writes the states of one machine; ``invoked`` are the steps, ``children`` the machines of its
    own that it holds."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.invoked: list[int] = []
        self.children: list[Child] = []
        self._parallels = count(1)
        self._results = count(1)

    def closed(self, part: Part, outside: Sequence[int] = ()) -> Definition:
        """A part as a machine or branch whose input has how the steps ``outside`` ended, and whose
        output how its own did."""
        paths = {step: f"$.done.t{step}" for step in outside}
        flow = self.write(part, paths)
        result: State = {"Type": "Pass", "Parameters": {"done": told(part, paths)}}
        flow.add(f"results {next(self._results)}", result)
        return flow.machine()

    def _branch(self, part: Part, outside: Sequence[int]) -> Definition:
        """The same, but for a single step, of which the output is how it ended."""
        if not isinstance(part, int) or not self._is_plain(part):
            return self.closed(part, outside)
        paths = {step: f"$.done.t{step}" for step in outside}
        return self._step(part, paths, alone=True).machine()

    def write(self, part: Part, paths: Paths) -> Flow:
        """The states of a part; adds to ``paths`` where the ends of its steps are."""
        if isinstance(part, int):
            flow = self._step(part, paths)
            paths[part] = f"$.done.t{part}"
            return flow
        if isinstance(part, Child):
            return self._start(part, paths)
        if part.is_parallel:
            return self._parallel(part, paths)
        flow = Flow()
        for one in part.parts:
            flow.follow(self.write(one, paths))
        return flow

    def _step(self, number: int, paths: Mapping[int, str], *, alone: bool = False) -> Flow:
        self.invoked.append(number)
        return write_step(self.setting, number, paths, alone=alone)

    def _is_plain(self, number: int) -> bool:
        return self.setting.plan.steps[number].each < 0

    def _parallel(self, group: Group, paths: Paths) -> Flow:
        number = next(self._parallels)
        outside = needed(self.setting, group.steps)
        data = self._data(outside, paths)
        selected: dict[str, str] = {}
        for position, part in enumerate(group.parts):
            if isinstance(part, int) and self._is_plain(part):
                selected[f"t{part}.$"] = f"$[{position}]"
            else:
                selected.update(
                    (f"t{step}.$", f"$[{position}].done.t{step}") for step in steps_of(part)
                )
        where, flow = f"$.done.p{number}", Flow()
        state: State = {
            "Type": "Parallel",
            "Parameters": data,
            "Branches": [self._branch(part, outside) for part in group.parts],
            "ResultSelector": selected,
            "ResultPath": where,
        }
        flow.add(f"parallel {number}", state)
        paths.update((step, f"{where}.t{step}") for step in group.steps)
        return flow

    def _start(self, child: Child, paths: Paths) -> Flow:
        self.children.append(child)
        setting, where, flow = self.setting, f"$.done.m{child.number}", Flow()
        name, failed = f"part {child.number}", f"part {child.number} failed"
        data = self._data(needed(self.setting, child.steps), paths)
        state = start_machine(setting.machine(child.number), data, child.number, setting.account)
        selected = {f"t{step}.$": f"$.Output.done.t{step}" for step in child.steps}
        ends = {"ResultSelector": selected, "ResultPath": where, "Catch": caught(failed)}
        flow.add(name, {**state, **ends})
        result = {f"t{step}": failure("failed") for step in child.steps}
        flow.side(failed, {"Type": "Pass", "Result": result, "ResultPath": where})
        paths.update((step, f"{where}.t{step}") for step in child.steps)
        return flow

    def _data(self, steps: Sequence[int], paths: Paths) -> dict[str, Any]:
        done = {f"t{step}.$": paths[step] for step in steps}
        known = {"run.$": "$.run", "flags.$": "$.flags", "left_out.$": "$.left_out"}
        return {**known, "done": done}


def needed(setting: Setting, steps: Sequence[int]) -> list[int]:
    """The steps outside of some for which those wait."""
    found = {one for step in steps for one in setting.needs[step].producers}
    return sorted(found.difference(steps))


def told(part: Part, paths: Mapping[int, str]) -> dict[str, str]:
    """How the steps of a part ended, as fields of a state's parameters."""
    return {f"t{step}.$": paths[step] for step in steps_of(part)}


def steps_of(part: Part) -> tuple[int, ...]:
    """The steps in a part."""
    return (part,) if isinstance(part, int) else part.steps
