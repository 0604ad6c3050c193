"""Loading a file: what stands above its first ``execute`` is the pipeline."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Callable

import pytest

from glacier.core import DefinitionError
from glacier.core.errors import FileRaised, LoadError, UnknownName
from glacier.core.loader import load, split_target
from glacier.core.testing import run

Write = Callable[..., Path]

HEAD = """
from glacier.core import Dataset, Pipeline
from glacier.core.testing import InlineExecutor, run

pipeline = Pipeline("etl")
raw = Dataset("raw")

@pipeline.task
def extract() -> raw:
    return 1
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten_imports: None) -> Write:
    """Writes a file, by default one that begins with a pipeline; what is imported is forgotten."""
    monkeypatch.chdir(tmp_path)

    def write(text: str = "", name: str = "etl.py", head: str = HEAD) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(head + textwrap.dedent(text), encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize(
    "execute",
    [
        "InlineExecutor().execute(pipeline)",
        "run(pipeline)",
        "pipeline.prepare()",
        "InlineExecutor().execute(pipeline, select='extract', inputs={'nothing': 1})",
    ],
)
def test_the_first_execute_ends_the_loading(write: Write, execute: str) -> None:
    loaded = load(str(write(f"{execute}\nraise SystemError('below is never reached')\n")))

    assert loaded.executed is loaded.choose() is loaded.pipelines["pipeline"]
    assert run(loaded.choose())["raw"] == 1


@pytest.mark.parametrize("caught", ["Exception", "BaseException"])
def test_no_handler_in_the_file_keeps_it_going(write: Write, caught: str) -> None:
    text = f"""
    try:
        done = InlineExecutor().execute(pipeline)
    except {caught} as error:
        print("handled", error)
    print(done["raw"])
    """
    assert load(str(write(text))).choose().name == "etl"


def test_a_main_guard_is_false_and_the_rest_is_loaded(write: Write) -> None:
    text = """
    if __name__ == "__main__":
        raise SystemError("not as a script")
    later = 1
    """
    loaded = load(str(write(text)))
    assert (loaded.executed, loaded.module.later) == (None, 1)


def test_a_pipeline_that_no_variable_holds_is_found_when_it_is_executed(write: Write) -> None:
    text = """
    def build():
        one = Pipeline("built")
        one.task(extract.function)
        return one
    run(build())
    """
    loaded = load(str(write(text)))
    assert loaded.choose().name == "built"
    assert loaded.choose("built") is loaded.executed
    assert loaded.choose("pipeline").name == "etl"
    assert [one.name for one in loaded.unique()] == ["etl", "built"]


def test_one_of_several_is_chosen_by_variable_or_by_name(write: Write) -> None:
    loaded = load(str(write("other = alias = Pipeline('daily')\n")))

    assert loaded.choose("other") is loaded.choose("alias") is loaded.choose("daily")
    with pytest.raises(LoadError, match=r"2 pipelines\. Say which one: .*etl\.py:pipeline"):
        loaded.choose()
    with pytest.raises(UnknownName, match="Did you mean 'daily'"):
        loaded.choose("dayly")


def test_two_pipelines_of_one_name_are_told_apart_by_variable(write: Write) -> None:
    loaded = load(str(write("first, second = Pipeline('same'), Pipeline('same')\n")))

    with pytest.raises(LoadError, match="Name the variable: first, second"):
        loaded.choose("same")


def test_a_file_without_a_pipeline_says_so(write: Write) -> None:
    with pytest.raises(LoadError, match="no pipeline at its top level"):
        load(str(write("x = 1", head=""))).choose()


def test_an_error_of_the_file_is_shown_with_the_frames_of_the_file(write: Write) -> None:
    write("def divide():\n    return 1 / 0\n", "helper.py", head="")
    with pytest.raises(FileRaised) as caught:
        load(str(write("import helper\nhelper.divide()\n")))

    trace = caught.value.trace
    assert "helper.py" in trace
    assert trace.endswith("ZeroDivisionError: division by zero\n")
    assert "loader.py" not in trace
    assert "importlib" not in trace
    assert str(caught.value).endswith("division by zero")


def test_a_package_of_glacier_that_is_not_installed_comes_with_how_to_get_it(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "glacier.azure", None)
    path = write("import glacier.azure\n", head="")
    with pytest.raises(FileRaised, match=r"\n\nInstall it: .*'glacier-pipeline\[azure\]'\.$"):
        load(str(path))


@pytest.mark.parametrize(
    ("text", "says"), [("x = = 1", "SyntaxError"), ("raise SystemExit(3)", "SystemExit: 3")]
)
def test_a_file_that_cannot_run_says_where(write: Write, text: str, says: str) -> None:
    with pytest.raises(FileRaised, match=says) as caught:
        load(str(write(text, head="")))
    assert "etl.py" in caught.value.trace
    assert "loader.py" not in caught.value.trace


def test_a_definition_error_passes_as_it_is(write: Write) -> None:
    with pytest.raises(DefinitionError, match="parameter 'rows' has no annotation"):
        load(str(write("@pipeline.task\ndef tidy(rows) -> raw: ...\n")))


def test_neighbours_are_imported_from_the_folder_of_the_file(write: Write) -> None:
    write("value = 5", "jobs/neighbour.py", head="")
    loaded = load(str(write("from neighbour import value", "jobs/etl.py")))
    assert loaded.module.value == 5


def test_relative_imports_work_in_a_package(write: Write) -> None:
    write("", "shop/__init__.py", head="")
    write("value = 6", "shop/common.py", head="")
    file = write("from .common import value\nrun(pipeline)", "shop/jobs.py")

    for target in (str(file), "shop.jobs"):
        loaded = load(target)
        assert loaded.module.__name__ == "shop.jobs"
        assert (loaded.module.value, loaded.choose().name) == (6, "etl")


def test_a_file_that_is_named_like_a_module_in_use_gets_another_name(write: Write) -> None:
    import json

    loaded = load(str(write("", "json.py")))
    assert loaded.module.__name__ == "glacier_file_json"
    assert sys.modules["json"] is json


def test_a_file_is_loaded_afresh_each_time(write: Write) -> None:
    write("value = 1")
    first = load("etl.py")
    write("value = 2")
    assert (first.module.value, load("etl.py").module.value) == (1, 2)


def test_a_file_does_not_see_the_command_line_of_glacier(write: Write) -> None:
    before = list(sys.argv)
    loaded = load(str(write("import sys\nseen = list(sys.argv)\n")))
    assert loaded.module.seen == [str(loaded.target)]
    assert sys.argv == before


def test_mistaken_targets_name_what_was_meant(write: Write) -> None:
    write("")
    with pytest.raises(LoadError, match=r"no such file\. Did you mean 'etl.py'"):
        load("elt.py")
    with pytest.raises(LoadError, match=r"no such module\. Did you mean the file 'etl.py'"):
        load("etl2")
    with pytest.raises(LoadError, match=r"it is a folder\. Name a file in it: etl.py"):
        load(".")
    with pytest.raises(LoadError, match="no folder 'nowhere'"):
        load("nowhere/etl.py")
    with pytest.raises(FileRaised, match="No module named 'absent'"):
        load(str(write("import absent", "needs.py", head="")))


def test_a_target_is_split_at_its_last_colon(write: Write) -> None:
    assert split_target("etl.py:daily") == ("etl.py", "daily")
    assert split_target("etl.py") == ("etl.py", None)
    assert split_target("shop.jobs:daily") == ("shop.jobs", "daily")
    assert split_target(r"C:\jobs\etl.py") == (r"C:\jobs\etl.py", None)
    assert split_target(r"C:\jobs\etl.py:daily") == (r"C:\jobs\etl.py", "daily")


def test_execute_outside_of_a_loading_runs(write: Write) -> None:
    assert run(load(str(write("run(pipeline)"))).choose())["raw"] == 1
