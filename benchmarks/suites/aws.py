"""What a pipeline on AWS costs before it runs: its code, its machines and policies, its synthesis;
and, as ``deployed`` measures them, the calls of its functions."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Iterator

from benchmarks.measure import WrongResult, processes, python
from benchmarks.suites.deployed import deployed
from benchmarks.suites.options import Options
from benchmarks.table import Row, figure, ratio

_ROUNDS = 5
_TASKS = 1_000
_SYNTHESISED = 100
_LIMIT_COMPILE_S = 2.0
_LIMIT_BUNDLE_MB = 25.0
_MB = 1_000_000
_FLOW = """\
from glacier.aws import AWSProvider
from glacier.core import Dataset, Environment, Pipeline

env = Environment(AWSProvider(account="123456789012", region="eu-central-1"), name="prod")
pipeline = Pipeline("etl")
datasets = [Dataset(f"d{number}") for number in range(100)]


def declare(number, read, made):
    @pipeline.task(name=f"t{number}")
    def task(rows: read) -> made:
        return rows


@pipeline.task
def first() -> datasets[0]:
    return [1]


def declare_all(tasks):
    for number in range(1, tasks):
        declare(number, datasets[number // 2], datasets[number])


"""


def aws(options: Options) -> Iterator[Row]:
    """A call of a function, the bundle of a small task, compiling many, synthesising many."""
    if find_spec("glacier.aws") is None:
        yield Row("glacier-aws is not installed", "")
        return
    yield from deployed(options)
    with TemporaryDirectory() as folder:
        yield from _bundled(Path(folder))
        yield from _synthesised(Path(folder))
    yield _compiled()


def _bundled(root: Path) -> Iterator[Row]:
    """The size of a bundle that holds a file and needs nothing but the standard library."""
    from glacier.aws import AWSProvider
    from glacier.core.bundle import Platform, locate, make_bundle

    (root / "small").mkdir()
    flow = root / "small" / "flow.py"
    flow.write_text("from glacier.core import Pipeline\npipeline = Pipeline('etl')\n", "utf-8")
    (root / "small" / "pyproject.toml").touch()
    provider = AWSProvider(account="123456789012", region="eu-central-1")
    for architecture in ("arm64", "x86_64"):
        packing = provider.packing({"architecture": architecture}, where="benchmark")
        folder, target = locate(str(flow))
        made = make_bundle(
            root=folder,
            target=target,
            deployed={"target": target},
            packages=packing.packages,
            platform=Platform(packing.python, packing.machine, provided=packing.provided),
            into=root / architecture,
            extra_requirements=packing.requirements,
        )
        store = sum(part.size for part in made.packages if part.name == "obstore")
        what = f"bundle for {architecture}, unzipped; bare: its store alone, obstore"
        limit = _LIMIT_BUNDLE_MB
        yield figure(what, made.unzipped / _MB, "MB", bare=store / _MB, limit=limit)


def _synthesised(root: Path) -> Iterator[Row]:
    """``glacier synth`` of a pipeline of one task, and of many."""
    commands, counts = [], []
    for tasks in (1, _SYNTHESISED):
        file = root / f"of_{tasks}.py"
        file.write_text(f"{_FLOW}declare_all({tasks})\n", "utf-8")
        commands.append(("-m", "glacier.core", "synth", str(file), "--json"))
        counts.append(len(json.loads(python(*commands[-1]))["resources"]))
    small, large = (median(seconds) for seconds in processes(commands, rounds=_ROUNDS))
    what = f"glacier synth of 1 task, {counts[0]} resources (n={_ROUNDS})"
    yield figure(what, small, "s", bare=None, limit=None)
    what = f"glacier synth of {_SYNTHESISED} tasks, {counts[1]} resources; bare: of 1 task"
    yield ratio(f"{what} (n={_ROUNDS})", large, small, "s", limit=None)


def _compiled() -> Row:
    """Stages, machines and policies of a wired plan; bare: writing what they are as JSON."""
    times, bare = [], []
    for _ in range(_ROUNDS):
        begun = process_time()
        found = _documents()
        times.append(process_time() - begun)
        begun = process_time()
        written = [json.dumps(document) for document in found]
        bare.append(process_time() - begun)
    if len(written) < _TASKS:
        raise WrongResult("the policies of a plan", len(written), f"more than {_TASKS}")
    what = f"{_TASKS} tasks in layers to machines and policies (n={_ROUNDS}, CPU time); bare: JSON"
    shown = ratio(what, median(times), median(bare), "s", limit=None)
    limit = f"<= {_LIMIT_COMPILE_S:g} s"
    return shown._replace(limit=limit, ok=median(times) <= _LIMIT_COMPILE_S)


def _documents() -> list[Any]:
    """The definitions and the policies of a plan of so many tasks, 50 in a layer."""
    from glacier.aws.account import Account
    from glacier.aws.machines import machines_of
    from glacier.aws.names import Bucket, function_name, log_group
    from glacier.aws.policies import attached, machine_policy, task_policy
    from glacier.core.grants import Grant
    from glacier.core.plan import Plan
    from glacier.core.stages import stages_of
    from glacier.core.step import Slot, Step

    account, workspace = Account("123456789012", "eu-central-1"), Bucket("etl-workspace")
    steps = []
    for number in range(_TASKS):
        row, column = divmod(number, 50)
        before = [(row - 1) * 50 + (column + by) % 50 for by in (0, 1, 7)] if row else []
        slots = tuple([Slot(f"p{n}", "input", f"d{n}") for n in before])
        steps.append(Step(f"t{number}", slots, (f"d{number}",)))
    plan = Plan("etl", tuple(steps))
    found: list[Any] = []
    machines = machines_of(
        plan, stages_of(plan), environment="prod", account=account, workspace=workspace
    )
    for machine in machines:
        found.append(machine.definition)
        found.append(machine_policy(machine, workspace=workspace, account=account))
    for step in plan.steps:
        grants = [Grant(step.task, "read", "dataset", name, "workspace") for name in step.inputs]
        grants += [Grant(step.task, "write", "dataset", n, "workspace") for n in step.outputs]
        name = function_name("etl", "prod", step.task)
        made = task_policy(
            step.task,
            grants,
            pipeline="etl",
            mapped=False,
            buckets={},
            workspace=workspace,
            secrets={},
            log_group=log_group(name),
            account=account,
        )
        found.append(attached(made, role=name))
    return found
