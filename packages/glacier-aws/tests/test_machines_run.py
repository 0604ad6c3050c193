"""State machines that are executed: the same tasks run, in a legal order, and end as they do here.

``step_functions`` executes the definitions, with a stand-in for the functions that does what the
tasks of the pipeline do; an InlineExecutor runs the same pipeline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Optional

import pytest
from deployed_plans import ACCOUNT, WORKSPACE
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from step_functions import FunctionError, StepFunctions

from glacier.aws.machines import Machine, machines_of, problems_of, splitting
from glacier.aws.machines.quotas import PART
from glacier.aws.names import begin_name, function_name
from glacier.core import Dataset, Pipeline, Skip
from glacier.core.protocols import Plan, State, stages_of
from glacier.core.testing import InlineExecutor

SOURCES: dict[str, Any] = {"few": [1, 2, 3], "none": [], "many": list(range(45)), "yes": True}
DOES = ("ok", "falsy", "fail", "skip", "flaky")


class Job(NamedTuple):
    """A task: what it reads, and what it does when it is called."""

    name: str
    reads: tuple[str, ...] = ()
    optional: bool = False
    each: bool = False
    when: str | None = None
    does: str = "ok"
    retries: int = 0


@st.composite
def jobs(draw: st.DrawFn) -> tuple[Job, ...]:
    """The tasks of a pipeline, each after those whose datasets it reads."""
    found: list[Job] = []
    known = list(SOURCES)
    for number in range(draw(st.integers(1, 9))):
        reads = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
        each = bool(reads) and reads[0] != "yes" and draw(st.booleans())
        found.append(
            Job(
                f"t{number}",
                tuple(reads),
                draw(st.booleans()),
                each,
                draw(st.none() | st.sampled_from(known)),
                draw(st.sampled_from(DOES)),
                draw(st.integers(0, 2)),
            )
        )
        known.append(f"t{number}")
    return tuple(found)


class Doing:
    """What the functions of the tasks do, wherever they are called."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = {job.name: job for job in jobs}
        self.calls: Counter[object] = Counter()

    def do(self, name: str, item: Any = None) -> Any:
        """Call the function of a task."""
        job = self.jobs[name]
        self.calls[name, repr(item)] += 1
        if job.does == "fail" or (job.does == "flaky" and self.calls[name, repr(item)] < 2):
            raise RuntimeError(name)
        if job.does == "skip":
            raise Skip(name)
        if job.does == "falsy":
            return []
        return [1, 2] if item is None else item or 7

    def pipeline(self) -> Pipeline:
        """The pipeline of these tasks."""
        made = Pipeline("random")
        datasets = {name: Dataset(name) for name in (*SOURCES, *self.jobs)}
        for job in self.jobs.values():
            self._declare(made, job, datasets)
        return made

    def _declare(self, made: Pipeline, job: Job, datasets: Mapping[str, Dataset]) -> None:
        scope: dict[str, Any] = {"do": self.do, "name": job.name}
        names = [f"p{number}" for number in range(len(job.reads))]
        told = "name, p0" if job.each else "name"
        exec(f"def function({', '.join(names)}): return do({told})", scope)
        function = scope["function"]
        annotations: dict[str, Any] = {"return": datasets[job.name]}
        for number, (name, read) in enumerate(zip(names, job.reads, strict=True)):
            mapped = job.each and not number
            dataset = datasets[read].each if mapped else datasets[read]
            annotation: Any = Annotated[Any, dataset]
            annotations[name] = Optional[annotation] if job.optional and not mapped else annotation
        function.__annotations__ = annotations
        when = None if job.when is None else datasets[job.when]
        made.task(name=job.name, when=when, retries=job.retries)(function)


class Functions:
    """The functions of a deployed pipeline, whose state is in this object and not in a bucket."""

    def __init__(self, plan: Plan, doing: Doing, left_out: Sequence[str] = ()) -> None:
        self.plan = plan
        self.left_out = left_out
        self.doing = doing
        self.names = {function_name(plan.pipeline, "prod", step.task): step for step in plan.steps}
        self.producers = {
            name: number for number, step in enumerate(plan.steps) for name in step.outputs
        }
        self.conditions = {step.when for step in plan.steps if step.when is not None}
        self.values: dict[str, Any] = dict(SOURCES)
        self.states: dict[str, str] = {}
        self.items: dict[str, dict[int, Any]] = {}
        self.ends: dict[str, Any] = {}

    def __call__(self, function: str, asked: Any) -> Any:
        """Answer a payload."""
        if function == begin_name(self.plan.pipeline, "prod"):
            return self.begin() if asked["step"] == "begin" else self.finish(asked)
        step = self.names[function]
        assert asked["run"] == "run-1"
        assert asked["task"] == step.task
        if step.task in self.left_out:
            return self._ended(step, "up_to_date", None)
        self._check(step, asked)
        try:
            return getattr(self, asked["step"])(step, asked)
        except Skip:
            return self._ended(step, "skipped", None)
        except RuntimeError as error:
            again = step.policy is not None and step.policy.retries
            raise FunctionError("GlacierRetry" if again else "GlacierTaskFailed") from error

    def _check(self, step: Any, asked: Any) -> None:
        """It is told how the steps ended that it waits for, those that ran and no others."""
        reads = [*step.inputs, *([step.when] if step.when else [])]
        waits = {self.producers[name] for name in reads if name in self.producers}
        assert set(asked["done"]) == {f"t{number}" for number in waits}
        for number in waits:
            end = asked["done"][f"t{number}"]
            assert end["state"] in ("succeeded", "skipped")
            assert end["state"] == self.states.get(self.plan.steps[number].task, "skipped")

    def begin(self) -> Any:
        flags = {name: bool(SOURCES[name]) for name in self.conditions if name in SOURCES}
        steps = enumerate(self.plan.steps)
        left_out = {f"t{number}": True for number, step in steps if step.task in self.left_out}
        return {"run": "run-1", "flags": flags, "left_out": left_out}

    def finish(self, asked: Any) -> Any:
        self.ends = {
            step.task: asked["done"][f"t{number}"]["state"]
            for number, step in enumerate(self.plan.steps)
        }
        assert len(asked["done"]) == len(self.plan.steps)
        failed = any(state.endswith("failed") for state in self.ends.values())
        return {"state": "failed" if failed else "succeeded"}

    def task(self, step: Any, asked: Any) -> Any:
        return self._ended(step, "succeeded", self.doing.do(step.task))

    def expand(self, step: Any, asked: Any) -> Any:
        count = len(self.values[step.inputs[0]])
        return {
            "state": "expanded",
            "count": count,
            "items": list(range(count)) if count <= 1000 else [],
        }

    def item(self, step: Any, asked: Any) -> Any:
        found = self.items.setdefault(step.task, {})
        item = asked["item"]
        try:
            found[item] = self.doing.do(step.task, self.values[step.inputs[0]][item])
        except Skip:
            found[item] = None
        return {}

    def collect(self, step: Any, asked: Any) -> Any:
        found = self.items.get(step.task, {})
        assert len(found) == asked["count"]
        kept = [found[item] for item in sorted(found) if found[item] is not None]
        return self._ended(step, "succeeded", kept)

    def _ended(self, step: Any, state: str, value: Any) -> Any:
        assert step.task not in self.states
        self.states[step.task] = state
        self.values[step.task] = value
        flagged = state == "succeeded" and step.task in self.conditions
        return {"state": state, "flags": {step.task: bool(value)} if flagged else {}}


def machines(plan: Plan, steps: int) -> tuple[Machine, ...]:
    """The machines of a plan, of which none has more than so many steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "PART", PART._replace(steps=steps))
        return machines_of(
            plan, stages_of(plan), environment="prod", account=ACCOUNT, workspace=WORKSPACE
        )


def run_there(
    plan: Plan, doing: Doing, steps: int = 100, left_out: Sequence[str] = ()
) -> tuple[Functions, StepFunctions, str]:
    """Execute the machines of a plan; the functions, Step Functions, and how the run ended."""
    made = machines(plan, steps)
    functions = Functions(plan, doing, left_out)
    there = StepFunctions({one.name: one.definition for one in made}, functions)
    for one in made:
        assert problems_of(one.definition) == []
    try:
        ended = there.execute(made[0].name, {})["state"]
    except FunctionError as error:
        ended = error.name
    for one in made:
        assert there.events.get(one.name, 0) <= one.events
    return functions, there, ended


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(jobs(), st.sampled_from([2, 3, 100]))
@example((Job("t0", does="skip"), Job("t1", ("t0",), optional=True), Job("t2", ("t0", "t1"))), 100)
@example((Job("t0", ("many",), each=True, does="flaky", retries=1), Job("t1", ("t0",))), 100)
@example((Job("t0", ("few",), each=True, does="skip"), Job("t1", when="t0")), 100)
def test_tasks_end_as_they_do_here(given: tuple[Job, ...], steps: int) -> None:
    """Whatever fails, is skipped or is tried again, each task ends as in a run on this machine."""
    pipeline = Doing(given).pipeline()
    inputs = {
        name: SOURCES[name]
        for name in SOURCES
        if any(name in job.reads or name == job.when for job in given)
    }
    plan = pipeline.prepare(inputs=inputs).plan
    here = InlineExecutor().execute(
        Doing(given).pipeline(), inputs=inputs, raise_on_failure=False, keep=True
    )
    doing = Doing(given)
    functions, _, ended = run_there(plan, doing, steps)
    assert functions.ends == {name: str(one.state) for name, one in here.tasks.items()}
    failed = any(one.state is State.FAILED for one in here.tasks.values())
    assert ended == ("Glacier.RunFailed" if failed else "succeeded")


def test_branches_that_do_not_wait_for_it_go_on_after_a_failure() -> None:
    """One of two branches fails at once; the other one runs to its end."""
    given = (
        Job("t0"),
        Job("t1", ("t0",), does="fail"),
        Job("t2", ("t0",)),
        Job("t3", ("t2",)),
        Job("t4", ("t1", "t3")),
    )
    plan = Doing(given).pipeline().prepare().plan
    functions, _, ended = run_there(plan, Doing(given))
    assert functions.states["t3"] == "succeeded"
    assert functions.ends["t1"] == "failed"
    assert functions.ends["t4"] == "upstream_failed"
    assert ended == "Glacier.RunFailed"


@pytest.mark.parametrize("steps", [2, 100])
def test_what_is_left_out_of_a_run_is_called_however_its_producers_ended(steps: int) -> None:
    """A task that is no part of the run says so itself, mapped or not, in whatever machine."""
    given = (Job("t0", does="fail"), Job("t1", ("t0",)), Job("t2", ("t0",), each=True))
    plan = Doing(given).pipeline().plan()
    functions, _, ended = run_there(plan, Doing(given), steps, left_out=["t1", "t2"])
    assert functions.ends == {"t0": "failed", "t1": "up_to_date", "t2": "up_to_date"}
    assert ended == "Glacier.RunFailed"


def test_pauses_double_as_they_do_here() -> None:
    """A task that fails again and again is tried as often, and after the same pauses at most."""
    given = (Job("t0", does="fail", retries=8),)
    plan = Doing(given).pipeline().prepare().plan
    _, there, _ = run_there(plan, Doing(given))
    assert there.waited == [1, 2, 4, 8, 16, 32, 60, 60]


def test_faults_of_the_service_are_tried_again_apart() -> None:
    """A task without retries survives faults of Lambda, and they do not count as its attempts."""
    given = (Job("t0"),)
    plan = Doing(given).pipeline().prepare().plan
    (machine,) = machines(plan, 100)
    functions, faults = Functions(plan, Doing(given)), Counter[str]()

    def call(function: str, asked: Any) -> Any:
        faults[function] += 1
        if faults[function] % 4:
            raise FunctionError("Lambda.TooManyRequestsException")
        return functions(function, asked)

    there = StepFunctions({machine.name: machine.definition}, call)
    assert there.execute(machine.name, {}) == {"state": "succeeded"}
    assert there.events[machine.name] <= machine.events


def test_many_items_are_read_from_the_workspace() -> None:
    """Above a thousand items their numbers come from a file; a few are told in the answer."""
    given = (Job("t0", ("few",), each=True), Job("t1", ("t0",)))
    plan = Doing(given).pipeline().prepare(inputs={"few": []}).plan
    (machine,) = machines(plan, 100)
    for count in (0, 1, 40, 41, 1000, 1001):
        functions = Functions(plan, Doing(given))
        functions.values["few"] = [1] * count
        key = WORKSPACE.name, "_runs/run-1/items/t0.json"
        there = StepFunctions(
            {machine.name: machine.definition}, functions, objects={key: list(range(count))}
        )
        assert there.execute(machine.name, {}) == {"state": "succeeded"}
        assert len(functions.values["t0"]) == count
        assert there.events[machine.name] <= machine.events
        assert ("t0" in there.entered) is (count <= 40)
        assert ("t0 from file" in there.entered) is (count > 1000)


def test_a_part_that_cannot_be_executed_has_failed() -> None:
    """If a machine of its own breaks down, its tasks have failed, and the others go on."""
    given = tuple(Job(f"t{n}", (f"t{n - 1}",) if n % 3 else ()) for n in range(6))
    plan = Doing(given).pipeline().prepare().plan
    made = machines(plan, 3)
    functions = Functions(plan, Doing(given))
    broken = {"StartAt": "x", "States": {"x": {"Type": "Fail", "Error": "States.Runtime"}}}
    definitions = {one.name: one.definition for one in made}
    assert len(made) > 2
    definitions[made[1].name] = broken
    there = StepFunctions(definitions, functions)
    with pytest.raises(FunctionError, match=r"Glacier\.RunFailed"):
        there.execute(made[0].name, {})
    assert sorted(functions.ends.values()) == ["failed"] * 3 + ["succeeded"] * 3


def test_a_mapped_task_that_is_up_to_date_still_tells_its_conditions() -> None:
    """A mapped task that has nothing to do is not expanded, and those that wait for it are told."""
    given = (Job("t0", ("few",), each=True), Job("t1", when="t0"))
    plan = Doing(given).pipeline().prepare(inputs={"few": []}).plan
    (machine,) = machines(plan, 100)
    functions = Functions(plan, Doing(given))

    def call(function: str, asked: Any) -> Any:
        if asked["step"] == "expand":
            return {"state": "up_to_date", "flags": {"t0": False}, "count": 0, "items": []}
        return functions(function, asked)

    there = StepFunctions({machine.name: machine.definition}, call)
    assert there.execute(machine.name, {}) == {"state": "succeeded"}
    assert functions.ends == {"t0": "up_to_date", "t1": "skipped"}
    assert "collect t0" not in there.entered
