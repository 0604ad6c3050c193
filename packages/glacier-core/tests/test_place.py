"""Places: where something was declared, and whether it is the same place come by again."""

from __future__ import annotations

import copy
import os
import pickle
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import List

import pytest
from places import file_of, line

from glacier.core.place import Execution, Place, Where, caller, execution_of, place_of

CODE = compile("", "one.py", "exec")
AGAIN = compile("", "one.py", "exec")


def place(module: str = "m", execution: object = None) -> Place:
    return Place("m.py", 3, module, execution)  # type: ignore[arg-type]


def test_a_place_is_that_of_the_frame() -> None:
    found, number = place_of(sys._getframe()), line()

    assert (found.file, found.line, found.module) == (__file__, number, __name__)
    assert str(found) == f"{file_of(__file__)}:{number}"
    assert str(Where("load", found)) == f"load ({found})"


def test_the_caller_is_the_one_who_asked() -> None:
    def asked() -> int:
        return caller().f_lineno

    assert asked() == line()


def test_an_execution_is_the_module_that_is_running_innermost() -> None:
    scope = {"__name__": "some_module", "execution_of": execution_of, "sys": sys}
    source = "def inner():\n    return execution_of(sys._getframe())\nfound = inner()"
    code = compile(source, "some_module.py", "exec")
    exec(code, scope)

    assert scope["found"] == Execution("some_module", code)


def test_without_a_frame_there_is_a_place_all_the_same() -> None:
    assert str(place_of(None)) == "<unknown>:0"
    assert execution_of(None) is None


@pytest.mark.parametrize(
    ("earlier", "later", "replaces"),
    [
        (place("m", Execution("m", CODE)), place("m", Execution("m", AGAIN)), True),
        (place("m", Execution("m", CODE)), place("m", Execution("m", CODE)), False),
        (place("m", Execution("m", CODE)), place("n", Execution("n", AGAIN)), False),
        (place("m", Execution("a", CODE)), place("m", Execution("b", AGAIN)), False),
        (place("m", None), place("m", Execution("m", CODE)), False),
        (place("m", Execution("m", CODE)), place("m", None), False),
        (place("m", None), place("m", None), False),
    ],
    ids=["run again", "same run", "modules", "callers", "before", "thread", "threads"],
)
def test_only_another_execution_of_the_same_module_replaces(
    earlier: Place, later: Place, replaces: bool
) -> None:
    assert later.replaces(earlier) is replaces


def test_a_thread_that_runs_no_module_has_no_execution() -> None:
    found: List[Place] = []
    thread = threading.Thread(target=lambda: found.append(place_of(sys._getframe())))
    thread.start()
    thread.join()

    assert found[0].execution is None


def test_code_stays_behind_when_a_place_is_sent_elsewhere() -> None:
    found = place_of(sys._getframe())
    assert found.execution is not None

    for sent in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert sent == found._replace(execution=None)


def test_a_file_is_shown_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = tmp_path / "flows" / "etl.py", tmp_path.parent / "etl.py"

    assert str(Place(str(inside), 7, "etl", None)) == f"{Path('flows', 'etl.py')}:7"
    assert str(Place(str(outside), 7, "etl", None)) == f"{outside}:7"
    assert str(Place("<stdin>", 1, "__main__", None)) == "<stdin>:1"


def test_a_working_directory_that_is_gone_hides_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def getcwd() -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", getcwd)

    assert str(Place("/home/ada/etl.py", 7, "etl", None)) == "/home/ada/etl.py:7"


def test_a_cell_is_shown_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(compile=SimpleNamespace(_filename_map={"/tmp/ipykernel_7/42.py": 3}))
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: shell  # type: ignore[attr-defined]  # as the real one has
    monkeypatch.setitem(sys.modules, "IPython", ipython)

    assert str(Place("/tmp/ipykernel_7/42.py", 2, "__main__", None)) == "Cell In[3], line 2"
    assert str(Place("etl.py", 2, "etl", None)) == "etl.py:2"


def test_outside_a_notebook_ipython_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: None  # type: ignore[attr-defined]  # as it is without a shell
    monkeypatch.setitem(sys.modules, "IPython", ipython)

    assert str(Place("etl.py", 2, "etl", None)) == "etl.py:2"
