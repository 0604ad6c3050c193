"""What is declared again replaces what it was, or is an error that names both places."""

from __future__ import annotations

import ast
import importlib
import sys
import textwrap
import threading
from code import InteractiveInterpreter
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, Iterator, List, Type

import pytest

from glacier.core import Dataset, DefinitionError, Pipeline
from glacier.core.errors import DefinitionErrors, DuplicateDataset, DuplicateProducer, DuplicateTask
from glacier.core.testing import run


class Notebook:
    """Runs cells as IPython does: each statement compiled apart, all in one namespace."""

    def __init__(self) -> None:
        self.scope: Dict[str, Any] = {"__name__": "__main__"}
        self.number = 0
        self.run("from glacier.core import Dataset, Pipeline", "pipeline = Pipeline('etl')")

    def run(self, *lines: str) -> None:
        self.number += 1
        tree = ast.parse("\n".join(map(textwrap.dedent, lines)))
        for statement in tree.body:
            module = ast.parse("")
            module.body = [statement]
            file = f"<ipython-input-{self.number}-abc>"
            exec(compile(module, file, "exec", dont_inherit=True), self.scope)

    @property
    def pipeline(self) -> Pipeline:
        found = self.scope["pipeline"]
        assert isinstance(found, Pipeline)
        return found


DATASETS = "raw, clean = Dataset('raw'), Dataset('clean')"
EXTRACT = """
    @pipeline.task
    def extract() -> raw:
        return [3, 1, 2]
"""
TRANSFORM = """
    @pipeline.task
    def transform(data: raw) -> clean:
        return sorted(data)
"""


@pytest.fixture
def notebook() -> Notebook:
    notebook = Notebook()
    for cell in (DATASETS, EXTRACT, TRANSFORM):
        notebook.run(cell)
    return notebook


def refused(pipeline: Pipeline, kind: Type[DefinitionError]) -> str:
    with pytest.raises(kind) as caught:
        pipeline.graph()
    return str(caught.value)


# --- notebooks and interpreters -------------------------------------------------------------------


def test_a_cell_run_again_replaces_its_task(notebook: Notebook) -> None:
    before = notebook.pipeline.tasks["extract"]
    notebook.run(EXTRACT)

    assert list(notebook.pipeline.tasks) == ["extract", "transform"]
    assert notebook.pipeline.tasks["extract"] is not before
    assert run(notebook.pipeline)["clean"] == [1, 2, 3]


def test_an_edited_cell_replaces_its_task(notebook: Notebook) -> None:
    run(notebook.pipeline)
    notebook.run("\n", EXTRACT.replace("3, 1, 2", "9, 8"))

    assert run(notebook.pipeline)["clean"] == [8, 9]


def test_a_cell_run_again_replaces_its_datasets_whoever_uses_which(notebook: Notebook) -> None:
    notebook.run(DATASETS)
    notebook.run(TRANSFORM)  # reads the new raw, while extract produces the old one

    assert notebook.pipeline.graph().datasets["raw"] is notebook.scope["raw"]
    assert run(notebook.pipeline)[notebook.scope["clean"]] == [1, 2, 3]


def test_all_cells_run_again_are_the_same_pipeline(notebook: Notebook) -> None:
    for cell in (DATASETS, EXTRACT, TRANSFORM) * 2:
        notebook.run(cell)

    assert len(notebook.pipeline.graph().tasks) == 2
    assert run(notebook.pipeline)["clean"] == [1, 2, 3]


def test_a_loop_in_a_cell_that_is_run_again_replaces_each_of_its_tasks(notebook: Notebook) -> None:
    loop = """
        for number in range(3):
            @pipeline.task(name=f"load-{number}")
            def load(data: clean) -> None: ...
    """
    notebook.run(loop)
    notebook.run(loop)

    assert len(notebook.pipeline.graph().tasks) == 5


def test_a_loop_in_a_cell_still_needs_names(notebook: Notebook) -> None:
    notebook.run(
        """
        for number in range(2):
            @pipeline.task
            def load(data: clean) -> None: ...
        """
    )

    text = refused(notebook.pipeline, DuplicateTask)
    assert "both declared at <ipython-input-5-abc>:3. In a loop or a factory" in text


def test_a_task_that_was_renamed_in_its_cell_is_still_there_and_the_error_says_so(
    notebook: Notebook,
) -> None:
    notebook.run(EXTRACT.replace("extract", "download"))

    text = refused(notebook.pipeline, DuplicateProducer)
    assert "extract (<ipython-input-3-abc>:2) and download (<ipython-input-5-abc>:2)." in text
    assert text.endswith(
        "If one is an older form of another, in a cell that was edited and run again, it is still "
        "declared: run the cell that makes the pipeline again, then those that declare its tasks."
    )


def test_a_function_called_by_two_cells_is_declared_anew(notebook: Notebook) -> None:
    notebook.run("def declare():\n    pipeline.task(lambda_)", "def lambda_() -> None: ...")
    notebook.run("declare()")
    notebook.run("declare()")

    assert len(notebook.pipeline.graph().tasks) == 3


def test_a_prompt_is_a_notebook_of_one_line_cells() -> None:
    prompt = InteractiveInterpreter({"__name__": "__console__"})
    for source in (
        "from glacier.core import Dataset, Pipeline",
        "pipeline, raw = Pipeline('etl'), Dataset('raw')",
        "@pipeline.task\ndef extract() -> raw: return 1\n",
        "raw = Dataset('raw')",
        "@pipeline.task\ndef load(data: raw) -> None: ...\n",
        "@pipeline.task\ndef extract() -> raw: return 2\n",
    ):
        assert prompt.runsource(source) is False
    pipeline = prompt.locals["pipeline"]
    assert isinstance(pipeline, Pipeline)

    assert run(pipeline)["raw"] == 2


# --- modules --------------------------------------------------------------------------------------


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import modules from; they are forgotten in the end."""
    known = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a pyc may be as old as an edited file
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    importlib.invalidate_caches()


def imported(name: str) -> ModuleType:
    return importlib.import_module(name)


BASE = """
    from glacier.core import Dataset, Pipeline
    pipeline, raw = Pipeline("etl"), Dataset("raw")
"""
TASKS = """
    from base import pipeline, raw
    from glacier.core import Dataset
    clean = Dataset("clean")
    @pipeline.task
    def extract() -> raw:
        return 1
    @pipeline.task
    def transform(data: raw) -> clean:
        return data + 1
"""


def test_an_edited_module_that_is_reloaded_replaces_its_tasks_and_datasets(modules: Path) -> None:
    write(modules, "base", BASE)
    write(modules, "tasks", TASKS)
    tasks = imported("tasks")
    pipeline: Pipeline = tasks.pipeline
    assert run(pipeline)["clean"] == 2

    write(modules, "tasks", "# edited\n" + textwrap.dedent(TASKS).replace("data + 1", "data + 10"))
    old = tasks.clean
    importlib.reload(tasks)

    assert list(pipeline.tasks) == ["extract", "transform"]
    assert run(pipeline)[tasks.clean] == 11
    assert pipeline.graph().datasets["clean"] is tasks.clean is not old


def test_a_reloaded_module_that_calls_a_factory_elsewhere_replaces_what_that_made(
    modules: Path,
) -> None:
    write(modules, "base", BASE)
    write(
        modules,
        "factory",
        """
        from glacier.core import Dataset
        def source(pipeline, value):
            made = Dataset("made")
            @pipeline.task
            def make() -> made:
                return value
            return made
        """,
    )
    write(modules, "tasks", "import base, factory\nmade = factory.source(base.pipeline, 1)\n")
    tasks = imported("tasks")
    importlib.reload(tasks)

    assert run(tasks.base.pipeline)[tasks.made] == 1


def test_a_factory_that_two_modules_call_is_an_error(modules: Path) -> None:
    write(modules, "base", BASE)
    write(
        modules,
        "factory",
        """
        from glacier.core import Dataset
        def shared():
            return Dataset("shared")
        """,
    )
    source = """
        import base, factory
        shared = factory.shared()
        @base.pipeline.task
    """
    write(modules, "one", source + "    def one() -> shared: ...")
    write(modules, "two", source + "    def two(data: shared) -> None: ...")
    imported("one")
    imported("two")

    text = refused(sys.modules["base"].pipeline, DuplicateDataset)
    assert text.startswith("two different datasets are named 'shared', both declared at ")
    assert "factory.py:4." in text


def test_one_name_in_two_modules_is_an_error_that_names_both(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(modules)
    write(modules, "base", BASE)
    for name in ("one", "two"):
        source = """
            from base import pipeline
            from glacier.core import Dataset
            out = Dataset("out")
            @pipeline.task(name="make")
            def make() -> out: ...
        """
        write(modules, name, source)
        imported(name)

    with pytest.raises(DefinitionErrors) as caught:
        sys.modules["base"].pipeline.graph()

    tasks, datasets, producers = map(str, caught.value.problems)
    assert "two tasks are named 'make', declared at one.py:5 and two.py:5. " in tasks
    assert "are named 'out', declared at one.py:4 and two.py:4. " in datasets
    assert "make (one.py:5) and make (two.py:5). A dataset is produced by" in producers


# --- one run of one script ------------------------------------------------------------------------


def script(source: str) -> Pipeline:
    """The pipeline of a script that runs once."""
    head = "from glacier.core import Dataset, Pipeline\npipeline = Pipeline('etl')\n"
    scope: Dict[str, Any] = {"__name__": "__main__"}
    code = compile(head + textwrap.dedent(source), "script.py", "exec", dont_inherit=True)
    exec(code, scope)
    found = scope["pipeline"]
    assert isinstance(found, Pipeline)
    return found


def test_a_name_used_twice_in_a_script_is_an_error_that_names_both() -> None:
    pipeline = script(
        """
        raw = Dataset("raw")
        @pipeline.task
        def extract() -> raw: ...
        again = Dataset("raw")
        @pipeline.task
        def extract(data: again) -> None: ...
        """
    )

    with pytest.raises(DefinitionErrors) as caught:
        pipeline.graph()

    tasks, datasets = map(str, caught.value.problems)
    assert "declared at script.py:5 and script.py:8. " in tasks
    assert "declared at script.py:4 and script.py:7. " in datasets
    assert "older form" not in tasks


def test_a_name_used_twice_in_a_loop_is_an_error() -> None:
    pipeline = script(
        """
        for number in range(2):
            raw = Dataset("raw")
            @pipeline.task(name=f"extract-{number}")
            def extract() -> raw: ...
        """
    )

    with pytest.raises(DefinitionErrors) as caught:
        pipeline.graph()

    datasets, producers = map(str, caught.value.problems)
    assert "two different datasets are named 'raw', both declared at script.py:5. " in datasets
    assert "extract-0 (script.py:6) and extract-1 (script.py:6). " in producers


def test_a_factory_called_twice_in_a_script_is_an_error() -> None:
    pipeline = script(
        """
        def source():
            made = Dataset("made")
            @pipeline.task
            def make() -> made: ...
        source()
        source()
        """
    )

    with pytest.raises(DefinitionErrors) as caught:
        pipeline.graph()

    assert [type(problem) for problem in caught.value.problems] == [
        DuplicateTask,
        DuplicateDataset,
        DuplicateProducer,
    ]
    assert "both declared at script.py:6. In a loop or a factory" in str(caught.value)


def test_a_name_used_again_on_another_thread_is_an_error() -> None:
    pipeline = Pipeline("etl")
    made: List[Dataset] = [Dataset("raw")]
    thread = threading.Thread(target=lambda: made.append(Dataset("raw")))
    thread.start()
    thread.join()

    @pipeline.task
    def extract() -> made[0]: ...

    @pipeline.task
    def load(data: made[1]) -> None: ...

    refused(pipeline, DuplicateDataset)
