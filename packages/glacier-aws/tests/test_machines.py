"""State machines: what they look like, that they are sound, and that they fit."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from deployed_plans import SHAPES, WORKSPACE, compiled, shape, step, validated

from glacier.aws.machines import Machine, problems_of
from glacier.aws.names import Bucket
from glacier.core.errors import CannotDeploy
from glacier.core.protocols import Step

GOLDEN = Path(__file__).parent / "golden"
PACKAGE = Path(__file__).parent / "asl" / "package.json"

PLANS: dict[str, list[Step]] = {
    "chain": [step("extract"), step("clean", ["extract"], retries=3, delay=2, timeout=90)],
    "branches": [
        step("extract"),
        step("clean", ["extract"]),
        step("count", ["extract"]),
        step("chart", ["count"]),
        step("load", ["clean", "chart"]),
    ],
    "mapped": [step("files"), step("parse", ["files"], each=True), step("load", ["parse"])],
    "conditions": [
        step("check"),
        step("mend", ["source"], when="check"),
        step("report", ["mend"], optional=True, when="wanted"),
    ],
    "alone": [step("only", ["source"])],
    "mapped-branches": [
        step("a", ["s"], each=True),
        step("b", ["s"], each=True, retries=50),
        step("c", ["a", "b"]),
    ],
    "long-names": [step("x" * 128), step("x" * 127 + "y", ["x" * 128], each=True)],
}


@pytest.fixture(scope="session")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[Machine]], None]:
    """Asserts that asl-validator has nothing against machines."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("asl-validator needs node and npm, which are not installed")
    folder = tmp_path_factory.mktemp("asl")
    shutil.copy(PACKAGE, folder)
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run(install, check=True)

    def check(machines: Sequence[Machine]) -> None:
        found = validated(folder, [machine.definition for machine in machines])
        assert found == [[] for _ in machines]

    return check


@pytest.mark.parametrize("name", PLANS)
def test_machines_are_sound(name: str, valid: Callable[[Sequence[Machine]], None]) -> None:
    """A machine of each kind passes the check here and the one of npm."""
    machines = compiled(*PLANS[name])
    assert [problems_of(machine.definition) for machine in machines] == [[]]
    valid(machines)


@pytest.mark.parametrize("name", ["chain", "branches", "mapped", "conditions"])
def test_machines_stay_what_they_were(name: str) -> None:
    """A definition is what people have looked at; ``golden`` tells how to look again."""
    (machine,) = compiled(*PLANS[name])
    path = GOLDEN / f"{name}.asl.json"
    assert json.loads(path.read_text("utf-8")) == machine.definition, (
        f"if that is meant, write it anew: python {Path(__file__).name}"
    )


@pytest.mark.parametrize("name", SHAPES)
def test_a_thousand_tasks_fit(name: str, valid: Callable[[Sequence[Machine]], None]) -> None:
    """Whatever its shape, a pipeline of 1,000 tasks is within every quota."""
    machines = compiled(*shape(name, 1000))
    for machine in machines:
        states = json.dumps(machine.definition)
        assert len(states) < 1_048_576
        assert machine.events < 25_000
        assert problems_of(machine.definition) == []
    functions = [name for machine in machines for name in machine.functions]
    assert len(functions) == len(set(functions)) == 1001
    children = [name for machine in machines for name in machine.children]
    assert sorted(children) == sorted(machine.name for machine in machines[1:])
    valid(machines[:2])  # the others are like the second


def test_a_hundred_tasks_are_one_machine() -> None:
    """What fits into one machine is not split."""
    assert len(compiled(*shape("layers", 100))) == 1
    assert len(compiled(*shape("chain", 101))) > 1


def test_a_retry_is_told_apart_from_a_fault() -> None:
    """A task's own attempts, pauses and time limit are its state's; faults of Lambda are apart."""
    (machine,) = compiled(*PLANS["chain"])
    state = machine.definition["States"]["clean"]
    own, fault = state["Retry"]
    assert (own["MaxAttempts"], own["IntervalSeconds"], own["BackoffRate"]) == (3, 2, 2)
    assert own["JitterStrategy"] == "FULL"
    assert "GlacierRetry" in own["ErrorEquals"]
    assert all(name.startswith("Lambda.") for name in fault["ErrorEquals"])
    assert state["TimeoutSeconds"] == 90 + 60


@pytest.mark.parametrize(("delay", "rate"), [(59.5, 1), (60.0, 1), (3600.0, 1), (0.2, 2)])
def test_a_long_pause_does_not_grow(delay: float, rate: int) -> None:
    """No pause exceeds a minute unless the first one does; Step Functions counts whole seconds."""
    (machine,) = compiled(step("only", retries=2, delay=delay))
    own = machine.definition["States"]["only"]["Retry"][0]
    assert own["BackoffRate"] == rate
    assert own["IntervalSeconds"] >= delay
    assert own["IntervalSeconds"] < own.get("MaxDelaySeconds", 10**8)


def test_a_prefix_of_the_workspace_is_in_the_key() -> None:
    """The numbers of many items are read from where the workspace is."""
    (machine,) = compiled(*PLANS["mapped"], workspace=Bucket("lake", "etl"))
    read = machine.definition["States"]["parse from file"]["ItemReader"]["Parameters"]
    assert read["Bucket"] == "lake"
    assert read["Key.$"] == "States.Format('etl/_runs/{}/items/parse.json', $.run)"
    assert machine.mapped == ("parse",)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([step("only", retries=9000)], "may be tried 9,001 times"),
        (
            [*(step(f"t{n}") for n in range(3000)), step("last", [f"t{n}" for n in range(3000)])],
            "waits for so many others",
        ),
        ([step(f"t{n}") for n in range(6000)], "6,000 tasks ended takes up to"),
    ],
)
def test_what_does_not_fit_is_told(steps: list[Step], told: str) -> None:
    """What no splitting can mend is refused, with the quota, the size and a mend."""
    with pytest.raises(CannotDeploy) as caught:
        compiled(*steps)
    assert told in str(caught.value)
    assert str(caught.value).startswith("cannot deploy pipeline 'etl' on AWS: ")


BROKEN: dict[str, tuple[Any, str]] = {
    "dangling": ({"a": {"Type": "Pass", "Next": "b"}}, "leads to 'b'"),
    "unreachable": ({"a": {"Type": "Succeed"}, "b": {"Type": "Succeed"}}, "cannot be reached"),
    "no end": ({"a": {"Type": "Pass", "Next": "a"}}, "has no end"),
    "neither": ({"a": {"Type": "Pass"}}, "either Next or End"),
    "both": ({"a": {"Type": "Pass", "Next": "a", "End": True}}, "either Next or End"),
    "type": ({"a": {"Type": "Sleep", "End": True}}, "of type 'Sleep'"),
    "long": ({"a": {"Type": "Pass", "Next": "x" * 81}, "x" * 81: {"Type": "Succeed"}}, "81 char"),
    "choice": (
        {"a": {"Type": "Choice", "Choices": []}, "b": {"Type": "Succeed"}},
        "without choices",
    ),
    "catch all": (
        {
            "a": {
                "Type": "Task",
                "Resource": "arn:x",
                "End": True,
                "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}],
            }
        },
        "States.ALL",
    ),
    "retry": ({"a": {"Type": "Pass", "End": True, "Retry": [{"ErrorEquals": ["X"]}]}}, "no Retry"),
    "twice": (
        {
            "a": {
                "Type": "Parallel",
                "End": True,
                "Branches": [{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}],
            }
        },
        "there twice",
    ),
    "branches": ({"a": {"Type": "Parallel", "End": True}}, "without branches"),
    "items": ({"a": {"Type": "Map", "End": True, "ItemProcessor": {}}}, "has no states"),
    "resource": ({"a": {"Type": "Task", "End": True}}, "without a Resource"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_definition_is_told(name: str) -> None:
    """What Step Functions would refuse is told here."""
    states, told = BROKEN[name]
    problems = problems_of({"StartAt": "a", "States": states})
    assert any(told in problem for problem in problems), problems


def test_a_start_that_is_no_state_is_told() -> None:
    """A machine begins at one of its states."""
    problems = problems_of({"StartAt": "b", "States": {"a": {"Type": "Succeed"}}})
    assert problems[0] == "the machine starts at 'b', which is none of its states"


if __name__ == "__main__":
    for file in sorted(GOLDEN.glob("*.asl.json")):
        (one,) = compiled(*PLANS[file.name.partition(".")[0]], workspace=WORKSPACE)
        file.write_text(json.dumps(one.definition, indent=2) + "\n", "utf-8")
