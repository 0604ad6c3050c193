"""The tree of errors: complete, documented, and fit to be sent to another process."""

from __future__ import annotations

import builtins
import copy
import pickle
import re
import sys
from typing import Any, Dict, Iterator, List, Optional, Tuple, Type

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core import Dataset, Pipeline, errors
from glacier.core.errors import GlacierError, Link, nearest, perhaps
from glacier.core.errors._base import described, joined, listed
from glacier.core.testing import InlineExecutor

raw = Dataset("raw")


# --- the tree -------------------------------------------------------------------------------------


def drawn() -> Iterator[Tuple[str, Optional[str]]]:
    """The classes of the tree in the docstring, each with its parent."""
    above: List[str] = []
    for text in (errors.__doc__ or "").splitlines():
        depth, name = drawn_at(text)
        if name:
            del above[depth:]
            yield name, above[-1] if above else None
            above.append(name)


def drawn_at(text: str) -> Tuple[int, str]:
    body = text[4:]
    label = body.lstrip("│├└─ ")
    if not text.startswith("    ") or not label[:1].isupper():
        return 0, ""
    return (len(body) - len(label)) // 4, label.split()[0]


def classes() -> Dict[str, Type[GlacierError]]:
    found = {name: getattr(errors, name) for name in errors.__all__}
    return {
        name: one
        for name, one in found.items()
        if isinstance(one, type) and issubclass(one, GlacierError)
    }


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    tree = dict(drawn())

    assert tree.pop("GlacierError") is None
    assert len(list(drawn())) == len(classes())
    assert tree == {
        name: next(base.__name__ for base in one.__mro__[1:] if issubclass(base, GlacierError))
        for name, one in classes().items()
        if one is not GlacierError
    }


def test_every_error_is_an_error_of_glacier_with_a_docstring_and_a_name_of_its_own() -> None:
    not_errors = {"Failure", "GlacierWarning", "Link", "Skip", "nearest", "perhaps"}
    assert set(errors.__all__) == not_errors.union(classes())
    for name, one in classes().items():
        assert one.__doc__ is not None
        assert one.__module__ == "glacier.core.errors"  # as tracebacks show it
        assert "\n\n" not in one.__doc__.split(".")[0]
        assert not hasattr(builtins, name)


EXAMPLES: Dict[str, Dict[str, Any]] = {
    "AmbiguousName": {"name": "raw", "where": "w"},
    "ChangedExternal": {"address": "orders.csv", "reason": "it changed", "mend": "Run again."},
    "ChangedTable": {"database": "d", "table": "t", "wanted": "1", "found": "that of run 2"},
    "ConflictingParameters": {"name": "day", "forms": [("day: int", ["a"]), ("day: str", ["b"])]},
    "CyclicPipeline": {"path": [Link("a", "a (f:1)", "x"), Link("b", "b (f:2)", "y", True)]},
    "DatabaseFailed": {"database": "d", "doing": "writing 't'", "reason": "r", "mend": "m"},
    "DuplicateDataset": {"name": "raw", "places": ["f:1", "f:2"]},
    "DuplicateProducer": {"dataset": "raw", "producers": ["a", "b"], "left_over": True},
    "DuplicateTask": {"name": "a", "places": ["f:1", "f:2"], "left_over": False},
    "EmptyPipeline": {"pipeline": "etl"},
    "ExtensionError": {"kind": "executor", "name": "x", "reason": "r", "mend": "m", "known": []},
    "ExternalError": {"address": "orders.csv", "reason": "r", "mend": "m"},
    "InvalidExternal": {"address": "orders.csv", "reason": "r", "mend": "m"},
    "MissingExternal": {"address": "orders.csv", "reason": "r", "mend": "m"},
    "UnreachableExternal": {"address": "orders.csv", "reason": "r", "mend": "m"},
    "IncompatibleTypes": {
        "dataset": "raw",
        "producer": "a",
        "produced": "int",
        "item": None,
        "consumer": "b",
        "parameter": "x",
        "consumed": "str",
        "each": False,
    },
    "CannotCache": {"task": "a", "reason": "it reads nothing", "mend": "Give version=."},
    "CannotReplay": {"run": "r", "task": "a", "reason": "it is gone", "mend": "Run it."},
    "CannotSynth": {"target": "etl.py", "reason": "it has none", "mend": "Declare one."},
    "DuplicateResource": {"kind": "secret", "name": "k", "environment": "e", "places": ["f:1"]},
    "ForeignResource": {"where": "w", "resource": "r", "other": "dev", "environment": "prod"},
    "NotAProvider": {"where": "w", "found": int},
    "NotAnEnvironment": {"provider": "LocalProvider", "attribute": "object_storage"},
    "NotRegistered": {"resource": "dev.secret('k')", "where": "f:1"},
    "PlaceholderUsed": {"name": "pulumi_aws.s3.Bucket", "package": "pulumi_aws"},
    "UnknownNative": {"where": "w", "token": "aws:a/b:C", "name": "c", "mend": "m"},
    "UnknownOption": {"where": "w", "option": "versionning", "known": ["versioning"]},
    "CannotResume": {"run": "r", "reason": "it is not known", "mend": "Run it."},
    "InvalidAnnotation": {"where": "w", "subject": "s", "reason": "r", "mend": "m"},
    "InvalidCondition": {"where": "w", "dataset": "flag", "found": "an array"},
    "InvalidDatabase": {"subject": "s", "reason": "r", "mend": "m"},
    "InvalidName": {"kind": "dataset", "name": "a b", "where": "f:1"},
    "InvalidOption": {"where": "w", "option": "when", "found": 3, "mend": "m"},
    "InvalidRequest": {"option": "keep", "reason": "is 3", "mend": "m"},
    "InvalidSelection": {"expression": "+", "reason": "is not a selection"},
    "MissingAnnotation": {"where": "w", "parameter": "x", "datasets": ["x"]},
    "MissingInput": {"dataset": "raw", "producer": "a", "consumers": ["b", "c"]},
    "MissingLibrary": {"name": "x", "need": "format 'npy'", "install": "x[y]", "missing": "z"},
    "MissingParameter": {"name": "day", "type_name": "date", "tasks": ["a"]},
    "MissingProducer": {"dataset": "raw", "declared": "f:1", "consumers": ["a"], "produced": []},
    "MissingSecret": {"secret": "key", "variable": "KEY", "tasks": ["a"]},
    "MissingTable": {"database": "d", "table": "ordres", "known": ["orders"]},
    "MistypedParameter": {"key": "day", "reason": "r", "type_name": "date", "tasks": ["a"]},
    "NotAPipeline": {"found": None},
    "NotCallable": {"found": raw, "mend": "m"},
    "NotMappable": {"where": "w", "dataset": "raw", "found": "a str"},
    "NotReadable": {"task": "a", "dataset": "raw", "reason": "it is damaged."},
    "NotUnique": {"kind": "version", "name": "9f", "found": ["9f3a1c", "9f81d2"], "mend": "More."},
    "NotStored": {"task": "a", "dataset": "raw", "reason": "the disk is full."},
    "NothingStored": {"dataset": "raw", "where": "s", "consumers": ["a"], "mend": "Feed it."},
    "ExternalProduced": {"dataset": "raw", "producer": "f (a.py:1)", "storage": "External('a')"},
    "FileRaised": {"target": "etl.py", "trace": "Traceback …\nValueError: no"},
    "HistoryError": {"path": "history.db", "reason": "it is damaged", "mend": "Move it away."},
    "LoadError": {"target": "etl.py", "reason": "it is a folder", "mend": "Name a file in it."},
    "PickleRefused": {"path": "data-1-0.pickle"},
    "RecordError": {"record": "plan", "found": 9, "expected": 1},
    "TaskAsAnnotation": {"where": "w", "subject": "s", "task": "a", "outputs": []},
    "TaskExited": {"where": "w", "code": 3},
    "TooManyItems": {"task": "a", "dataset": "raw", "count": 90_000, "most": 80_000},
    "TaskTimeout": {"task": "a", "limit": 5.0, "attempt": 2, "attempts": 3, "ended": "It ended."},
    "UnfitTable": {"table": "t", "place": "column 'a', row 3", "reason": "r", "mend": "m"},
    "UnfitTarget": {"format": "text", "wanted": "a frame", "mend": "Ask for a str."},
    "UnfitValue": {
        "format": "json",
        "place": "value[0]",
        "found": "{1} (a set)",
        "reason": "JSON has no sets",
        "mend": "Return a list.",
    },
    "UnknownFormat": {"name": "parket", "known": ["parquet"]},
    "UnknownName": {"kind": "dataset", "name": "rwa", "known": ["raw"], "where": "w"},
    "UnreachableDatabase": {"database": "d", "reason": "r", "mend": "m"},
    "UnreadableData": {"path": "a.json", "format": "json", "reason": "r", "mend": "Mend it."},
    "UnresolvedAnnotation": {
        "where": "w",
        "subject": "s",
        "missing": "x",
        "known": [],
        "local": True,
    },
    "UnresolvedInput": {"task": "a", "dataset": "raw", "found": "Handle"},
    "ValueUnavailable": {"dataset": "raw", "reason": "r"},
    "BundleTooLarge": {
        "unzipped": 300_000_000,
        "limit": 262_144_000,
        "of": "AWS Lambda",
        "largest": [("torch 2.9.0", 200_000_000)],
    },
    "CannotBundle": {"what": "flow.py", "reason": "r", "mend": "Mend it."},
    "CannotResolve": {
        "platform": "Python 3.13 on Linux, aarch64",
        "origin": "pyproject.toml",
        "reason": "r",
        "said": "no versions",
        "mend": "Mend it.",
    },
    "CannotDeploy": {"target": "flow.py", "reason": "r", "mend": "Mend it."},
    "DeployFailed": {"operation": "deploy", "stack": "prod", "failures": [], "done": 1},
    "MissingEngine": {"reason": "there is none"},
    "MissingPassphrase": {"stack": "prod"},
    "NoSuchStack": {
        "stack": "prdo",
        "project": "etl",
        "backend": "file:///d",
        "known": ["prod"],
        "mend": "Mend it.",
    },
    "StackLocked": {"stack": "prod", "holders": ["created by me"], "folder": "d"},
    "UnrealProvider": {"environment": "prod", "doubts": ["account '1' cannot be real"]},
    "WrongAccount": {"environment": "prod", "location": "aws 1", "told": "not allowed"},
    "CannotPublish": {"what": "w", "target": "x.csv", "reason": "r", "mend": "m"},
    "InvalidKey": {"key": "/x", "where": "file:///d", "reason": "r"},
    "KeyChanged": {"where": "file:///d/x", "expected": "a", "found": None},
    "KeyExists": {"where": "file:///d/x"},
    "KeyMissing": {"where": "file:///d/x"},
    "StoreDenied": {"where": "file:///d/x", "doing": "to write", "reason": "Read-only"},
    "StoreError": {"where": "file:///d/x", "reason": "r"},
    "StoreFull": {"where": "file:///d/x", "reason": "No space left on device"},
    "StoreGone": {"where": "file:///d"},
    "VersionDamaged": {"what": "w", "file": "file:///d/x", "expected": "3 bytes", "found": "none"},
    "VersionMissing": {"what": "w", "where": "file:///d/x"},
    "WrongOutputs": {"where": "w", "outputs": ["a", "b"], "found": "one int"},
}


def examples() -> Dict[str, GlacierError]:
    made = {name: classes()[name](**facts) for name, facts in EXAMPLES.items()}
    two = [made["InvalidName"], made["NotAPipeline"]]
    several = {
        name: classes()[name](subject="s", problems=two)
        for name in ("DefinitionErrors", "RequestErrors")
    }
    plain = {name: classes()[name]("text") for name in PLAIN}
    return {**made, **several, **plain}


PLAIN = (
    "DefinitionError",
    "DeployError",
    "FormatError",
    "GlacierError",
    "RequestError",
    "RunError",
    "VersionError",
    "WorkerLost",
    "TableError",
)


def test_there_is_an_example_of_every_error() -> None:
    assert {*examples(), "RunFailed"} == set(classes())  # test_run.py has that one


@pytest.mark.parametrize("name", sorted(examples()))
def test_an_error_can_be_sent_to_another_process(name: str) -> None:
    error = examples()[name]

    for sent in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(sent) is type(error)
        assert str(sent) == str(error)
        assert sent.args == error.args
        assert [str(one) for one in sent.problems] == [str(one) for one in error.problems]


def test_a_failed_run_can_be_sent_to_another_process() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract() -> raw:
        raise ValueError("no network")

    with pytest.raises(errors.RunFailed) as caught:
        InlineExecutor().execute(pipeline)
    sent = pickle.loads(pickle.dumps(caught.value))

    assert str(sent) == str(caught.value)
    assert sent.run.tasks["extract"].state == "failed"


def test_a_run_with_many_failures_names_the_first_of_them() -> None:
    pipeline = Pipeline("etl")

    def fail() -> None:
        raise ValueError("no network")

    for number in range(12):
        pipeline.task(name=f"t{number}")(fail)

    with pytest.raises(errors.RunFailed) as caught:
        InlineExecutor().execute(pipeline)

    text = str(caught.value)
    assert text.startswith(
        "12 of 12 tasks of pipeline 'etl' failed.\n  t0: ValueError: no network\n"
    )
    assert "\n  … and 2 more failed tasks, see error.run\n" in text
    assert len(caught.value.run.tasks) == 12


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_the_notes_of_an_error_go_with_it() -> None:
    error = examples()["NotAPipeline"]
    error.add_note("while item 3 was made")  # type: ignore[attr-defined]  # since Python 3.11

    assert pickle.loads(pickle.dumps(error)).__notes__ == ["while item 3 was made"]


def test_messages_have_no_doubled_stops_and_no_open_ends() -> None:
    for name, error in examples().items():
        text = str(error)
        assert not re.search(r"\.\.(?![a-z'])", text), name
        assert "  " not in text.partition("\n")[0], name
        assert text == text.strip(), name


# --- the parts of messages ------------------------------------------------------------------------


def test_the_nearest_name_is_found_in_any_case_and_order() -> None:
    assert nearest("Claen", ["raw", "clean", "cleaner"]) == "clean"
    assert nearest("CLEAN", ["raw", "Clean"]) == "Clean"
    assert nearest("x", ["raw", "clean"]) is None
    assert nearest("x", []) is None
    assert perhaps("claen", ["clean"]) == " Did you mean 'clean'?"
    assert perhaps("x", ["clean"]) == ""


@given(known=st.lists(st.text(min_size=1), min_size=1), data=st.data())
def test_a_known_name_is_nearest_to_itself(known: List[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(known))

    assert nearest(name, known).lower() == name.lower()  # type: ignore[union-attr]


def test_lists_read_as_a_sentence() -> None:
    assert joined([]) == ""
    assert joined(["a"]) == "a"
    assert joined(["a", "b"]) == "a and b"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(list("abcdef"), limit=2) == "a, b and 4 more"
    assert listed(["a", "b"]) == "'a' and 'b'"


def test_values_are_described_in_a_readable_length() -> None:
    assert described(None) == "None"
    assert described(3) == "3 (an int)"
    assert described("x") == "'x' (a str)"
    assert described([0] * 99) == f"{repr([0] * 99)[:79]}… (a list)"
