"""The wiring of a plan, against a model that looks everything up by name."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Blueprint, blueprints, build, chain, fan_in, fan_out

from glacier.core import Pipeline
from glacier.core.plan import Plan, make_plan
from glacier.core.step import Slot, Step
from glacier.core.wiring import NOWHERE, wire


def needs(step: Step) -> List[str]:
    """The datasets that a step waits for, each once."""
    return list(dict.fromkeys([*step.inputs, *([step.when] if step.when else [])]))


def modelled(steps: Sequence[Step], given_names: Sequence[str]) -> Dict[str, Any]:
    """The wiring in names instead of numbers, each found by looking at every step."""
    made = {name for step in steps for name in step.outputs if name not in given_names}
    everything = {name for step in steps for name in needs(step)} | made | set(given_names)
    return {
        "names": everything,
        "inputs": [list(step.inputs) for step in steps],
        "outputs": [[name if name in made else None for name in step.outputs] for step in steps],
        "conditions": [step.when for step in steps],
        "reads": [needs(step) for step in steps],
        "waits": [len(made.intersection(needs(step))) for step in steps],
        "readers": {
            name: [number for number, step in enumerate(steps) if name in needs(step)][::-1]
            for name in everything
        },
    }


@given(blueprint=blueprints(), data=st.data())
def test_the_wiring_says_what_the_steps_say(blueprint: Blueprint, data: st.DataObject) -> None:
    graph = build(blueprint).graph(inputs=blueprint.sources)
    some = sorted(graph.datasets)
    given_names = data.draw(st.lists(st.sampled_from(some), unique=True)) if some else []
    steps = make_plan(graph).steps

    wiring = wire(steps, given_names)

    def named(numbers: Sequence[int]) -> List[Any]:
        return [None if number == NOWHERE else wiring.names[number] for number in numbers]

    assert len(set(wiring.names)) == len(wiring.names)
    assert {wiring.names[number]: number for number in range(len(wiring.names))} == wiring.numbers
    assert modelled(steps, given_names) == {
        "names": set(wiring.names),
        "inputs": [named(numbers) for numbers in wiring.inputs],
        "outputs": [named(numbers) for numbers in wiring.outputs],
        "conditions": named(wiring.conditions),
        "reads": [named(numbers) for numbers in wiring.reads],
        "waits": list(wiring.waits),
        "readers": {wiring.names[n]: list(steps) for n, steps in enumerate(wiring.readers)},
    }


def test_a_dataset_that_is_read_twice_is_waited_for_once() -> None:
    both = (Slot("a", "input", "raw"), Slot("b", "input", "raw"))
    wiring = wire([Step("make", (), ("raw",)), Step("use", both, (), when="raw")], ())

    assert wiring.inputs[1] == (0, 0)
    assert wiring.reads[1] == (0,)
    assert wiring.conditions == [NOWHERE, 0]
    assert list(wiring.waits) == [0, 1]
    assert wiring.readers == [[1]]
    assert wire([Step("use", both, ())], ()).reads == [(0,)]
    with pytest.raises(AttributeError):
        wiring.names = ()  # type: ignore[misc]  # it is frozen


def test_a_given_dataset_is_not_waited_for_and_not_taken_from_its_producer() -> None:
    steps = [
        Step("make", (), ("raw", "log"), many=True),
        Step("use", (Slot("a", "input", "raw"),), ()),
    ]
    wiring = wire(steps, ("raw", "extra"))

    assert wiring.outputs[0] == (NOWHERE, wiring.numbers["log"])
    assert list(wiring.waits) == [0, 0]
    assert set(wiring.names) == {"raw", "log", "extra"}


def test_no_steps_have_an_empty_wiring() -> None:
    assert wire((), ()).names == ()


def test_a_plan_is_wired_once() -> None:
    plan = Plan("etl", (Step("make", (), ("raw",)),))

    assert plan.wiring is plan.wiring
    assert plan.wiring == wire(plan.steps, plan.given)


@pytest.mark.parametrize("shape", [chain, fan_out, fan_in])
def test_the_work_grows_with_the_number_of_steps_and_no_faster(
    shape: Callable[[int], Pipeline], work: Callable[[Callable[[], object]], int]
) -> None:
    def wiring(tasks: int) -> int:
        steps = make_plan(shape(tasks).graph()).steps
        return work(lambda: wire(steps, ()))

    assert wiring(400) < 2.2 * wiring(200)
