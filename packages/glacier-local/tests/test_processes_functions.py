"""Tasks that are defined anywhere run in workers, which never import the user's main module."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import pytest

from glacier.core import Context, Dataset, Pipeline, RunFailed, Secret
from glacier.local import CannotCross, LocalExecutor

raw, clean, total = Dataset("raw"), Dataset("clean"), Dataset("total")
other = Pipeline("other")
FACTOR = 3


def executor(workers: int = 2) -> LocalExecutor:
    return LocalExecutor(workers=workers, processes=True)


def helper(value: int) -> int:
    return FACTOR * value


@other.task
def add_one(value: raw) -> clean:
    return value + 1


class Scaled:
    """A callable object, and a class with a method that is a task."""

    def __init__(self, factor: int) -> None:
        self.factor = factor

    def method(self, value: raw) -> clean:
        return self.factor * value

    def __call__(self, value: raw) -> clean:
        return self.factor * value


def twice(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return 2 * function(*args, **kwargs)

    return wrapper


def ran(task: Any, given: object = 14) -> Any:
    pipeline = Pipeline("p")
    pipeline._add(task)
    return executor(1).execute(pipeline, inputs={raw: given})["clean"]


def test_a_function_of_a_module_uses_its_globals() -> None:
    def use(value: raw) -> clean:
        return helper(value)

    assert ran(Pipeline("p").task(use)) == 42


def test_a_task_under_its_own_name_in_a_module() -> None:
    assert ran(add_one) == 15


def test_a_task_may_call_another_task() -> None:
    def use(value: raw) -> clean:
        return add_one(value) + 1

    assert ran(Pipeline("p").task(use)) == 16


def test_callables_of_every_kind() -> None:
    def work(factor: int, value: raw) -> clean:
        return factor * value

    kinds = [
        functools.partial(work, 3),
        Scaled(3),
        Scaled(3).method,
        twice(add_one.function),
        lambda value: 3 * value,
    ]
    kinds[-1].__annotations__ = {"value": raw, "return": clean}
    found = [ran(Pipeline("p").task(name="kind")(kind)) for kind in kinds]
    assert found == [42, 42, 42, 30, 42]


def test_closures_in_a_loop() -> None:
    pipeline, datasets = Pipeline("loop"), [Dataset(f"d{n}") for n in range(4)]

    def make(number: int) -> None:
        before, after = datasets[number], datasets[number + 1]

        @pipeline.task(name=f"t{number}")
        def step(value: before) -> after:
            return [*value, number]

    for number in range(3):
        make(number)
    assert executor().execute(pipeline, inputs={datasets[0]: []})["d3"] == [0, 1, 2]


def test_parameters_context_and_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLACIER_SECRET_CRM_KEY", "s3cret")
    pipeline = Pipeline("rich")

    @pipeline.task
    def work(
        item: raw.each, context: Context, key: Secret("crm-key"), *, day: str = "mon"
    ) -> clean:
        return item, context.item, context.attempt, key, day

    run = executor().execute(pipeline, inputs={raw: [7, 8]}, params={"day": "tue"})
    assert run["clean"] == [(7, 0, 1, "s3cret", "tue"), (8, 1, 1, "s3cret", "tue")]


def test_the_scratch_folder_is_one_for_all_workers() -> None:
    pipeline, here = Pipeline("scratch"), Dataset("here")

    @pipeline.task
    def write(item: raw.each, context: Context) -> clean:
        path = context.new_path(".txt")
        path.write_text(str(item))
        return path

    @pipeline.task
    async def write_beside(context: Context) -> here:
        path = context.new_path(".txt")
        path.write_text("4")
        return path

    @pipeline.task
    def read_all(paths: clean, beside: here) -> total:
        return {str(path.parent.parent) for path in [*paths, beside]}, [
            path.read_text() for path in [*paths, beside]
        ]

    folders, texts = executor().execute(pipeline, inputs={raw: [1, 2, 3]})["total"]
    assert len(folders) == 1
    assert texts == ["1", "2", "3", "4"]


def test_a_function_that_cannot_be_pickled_names_the_culprit() -> None:
    import threading

    pipeline, lock = Pipeline("lock"), threading.Lock()

    @pipeline.task
    def work() -> raw:
        with lock:
            return 1

    @pipeline.task
    def beside() -> clean:
        return 2

    with pytest.raises(RunFailed) as caught:
        executor().execute(pipeline)
    error = caught.value.__cause__
    assert isinstance(error, CannotCross)
    assert "task 'work': 'lock', a lock that its function uses, cannot be pickled" in str(error)
    assert caught.value.run["clean"] == 2


def test_a_function_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    pipeline = Pipeline("gone")

    class Refuses:
        def __reduce__(self) -> Any:
            return __import__, ("no_such_module_anywhere",)

    thing = Refuses()

    @pipeline.task
    def work() -> raw:
        return thing

    with pytest.raises(RunFailed, match=r"task 'work': its function cannot be read .*no_such_modu"):
        executor().execute(pipeline)


def script(folder: Path, text: str, *arguments: str, name: str = "etl.py") -> str:
    (folder / name).write_text(text)
    command = [sys.executable, *(arguments or [name])]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


SCRIPT = """
import os, sys
from dataclasses import dataclass
from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

print("loaded")
pipeline, raw, clean, total = Pipeline("etl"), Dataset("raw"), Dataset("clean"), Dataset("total")
scale = 10

@dataclass
class Row:
    value: int

def scaled(value):
    return Row(scale * value)

@pipeline.task
def extract(count: int = 4) -> raw:
    return [Row(n) for n in range(count)]

@pipeline.task
def transform(row: raw.each) -> clean:
    assert isinstance(row, Row)
    return scaled(row.value)

@pipeline.task
def add(rows: clean) -> total:
    assert all(isinstance(row, Row) for row in rows)
    return sum(row.value for row in rows), os.getpid()

run = LocalExecutor(processes=True).execute(pipeline, keep=True)
value, worker = run["total"]
print(value, worker != os.getpid(), run["clean"][1] == Row(10), sys.argv[1:])
"""


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    assert script(tmp_path, SCRIPT) == "loaded\n60 True True []\n"


def test_a_module_run_as_a_script_needs_none_either(tmp_path: Path) -> None:
    assert script(tmp_path, SCRIPT, "-m", "etl", "x") == "loaded\n60 True True ['x']\n"


def test_code_from_the_command_line_and_from_standard_input(tmp_path: Path) -> None:
    assert script(tmp_path, SCRIPT, "-c", SCRIPT) == "loaded\n60 True True []\n"
    done = subprocess.run(
        [sys.executable, "-"], input=SCRIPT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "loaded\n60 True True []\n", done.stderr


CELLS = """
import __main__, linecache
cells = {cells!r}
for number, cell in enumerate(cells):
    exec(compile(cell, f"<ipython-input-{{number}}>", "exec"), __main__.__dict__)
"""


def test_cells_of_a_notebook(tmp_path: Path) -> None:
    head, _, rest = SCRIPT.partition("@dataclass")
    cells = [head, "@dataclass" + rest, "print(run['total'][0])"]
    assert script(tmp_path, CELLS.format(cells=cells)).endswith("60 True True []\n60\n")


HELPED = """
from glacier.core import Dataset, Pipeline
from glacier.local import LocalExecutor

pipeline, out = Pipeline("helped"), Dataset("out")

def helper():
    return "helped"

@pipeline.task
def work() -> out:
    return helper()

print("executed by", __name__, flush=True)
run = LocalExecutor(processes=True).execute(pipeline)
print(run["out"])
below = 1
"""


def test_a_module_that_executes_when_imported_does_so_once(tmp_path: Path) -> None:
    (tmp_path / "etl.py").write_text(HELPED)
    printed = script(tmp_path, "import etl; print(etl.below)", name="main.py")
    # The worker imports it for the helper, as far as its execute.
    assert printed.splitlines() == ["executed by etl", "executed by etl", "helped", "1"]


def test_a_module_that_is_not_on_the_path(tmp_path: Path) -> None:
    """As a file that is loaded by its path: workers could not import it."""
    (tmp_path / "hidden.py").write_text(SCRIPT)
    loader = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('hidden_etl', 'hidden.py')\n"
        "module = sys.modules['hidden_etl'] = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
    )
    assert script(tmp_path, loader, name="main.py") == "loaded\n60 True True []\n"


def test_a_run_inside_a_task(tmp_path: Path) -> None:
    outer, inner = Pipeline("outer"), Pipeline("inner")
    within = executor(1)

    @inner.task
    def leaf(value: int = 4) -> raw:
        return value, os.getpid()

    @outer.task
    def nested() -> clean:
        return within.execute(inner, params={"value": 5})["raw"], os.getpid()

    (value, leaf_worker), worker = executor().execute(outer)["clean"]
    assert value == 5
    assert len({leaf_worker, worker, os.getpid()}) == 3


def test_flags_of_the_interpreter_reach_the_workers(tmp_path: Path) -> None:
    text = SCRIPT.replace("sum(row.value for row in rows)", "sys.flags.optimize")
    assert script(tmp_path, text, "-O", "etl.py") == "loaded\n1 True True []\n"


def test_a_task_needs_no_name_of_its_annotations() -> None:
    class Unpicklable:
        def __reduce__(self) -> Any:
            raise TypeError("annotations stay here")

    if sys.version_info >= (3, 9):
        from typing import Annotated
    else:
        from typing_extensions import Annotated

    pipeline, marker = Pipeline("p"), Unpicklable()

    @pipeline.task
    def work(value: Annotated[Optional[int], raw, marker]) -> clean:
        return value

    assert executor().execute(pipeline, inputs={raw: 5})["clean"] == 5
