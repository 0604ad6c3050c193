"""What an executor says when it is told to run something that is not a pipeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from glacier.core import Dataset, Pipeline, errors
from glacier.core.errors import NotAPipeline
from glacier.core.testing import InlineExecutor


class Other:
    """A class that is no pipeline."""


def nothing() -> None:
    """A function that is fit to be a task."""


def build() -> NoReturn:
    raise AssertionError("an executor must not call what it is given")


pipeline = Pipeline("module-level")
HERE = sys.modules[__name__]
NAME = __name__.rpartition(".")[2]
CASES = [
    (
        pipeline.task(name="load")(nothing),
        "the task 'load'",
        (
            "Call the task like the function that it is, or run it in its pipeline: "
            "execute(pipeline, select='load')."
        ),
    ),
    (HERE, f"the module {__name__!r}", f"Pass the pipeline in it: {NAME}.pipeline."),
    (
        errors,
        "the module 'glacier.core.errors'",
        "It has no pipeline at its top level: pass the Pipeline object itself.",
    ),
    ("etl.py", "'etl.py' (a str)", "Import the pipeline from its file and pass the object."),
    (
        Pipeline,
        "the class Pipeline",
        "Make one, pipeline = Pipeline(name='…'), declare its tasks, and pass the object.",
    ),
    (
        Other,
        "the class Other",
        "Make one, pipeline = Pipeline(name='…'), declare its tasks, and pass the object.",
    ),
    (
        build,
        "the function 'build'",
        (
            "If it builds a pipeline, call it and pass what it returns. If it should be a task, "
            "put '@pipeline.task' above it and execute that pipeline."
        ),
    ),
    (pipeline.graph, "the method 'graph'", "Pass the pipeline itself, without '.graph'."),
    ([pipeline], "a list", "Execute one pipeline at a time."),
    ({"etl": pipeline}, "a dict", "Execute one pipeline at a time."),
    (
        Dataset("raw"),
        "the dataset 'raw'",
        "Execute the pipeline that produces it, then take run['raw'].",
    ),
    (None, "None", "Let the function that builds the pipeline return it."),
    (3, "3 (an int)", "Pass the Pipeline object itself: execute(pipeline)."),
]


@pytest.mark.parametrize(("found", "what", "mend"), CASES, ids=[what for _, what, _ in CASES])
def test_it_says_what_it_was_given_and_what_to_give(found: Any, what: str, mend: str) -> None:
    with pytest.raises(NotAPipeline) as caught:
        InlineExecutor().execute(found)

    assert str(caught.value) == f"cannot execute {what}: an executor runs a Pipeline. {mend}"


def test_a_path_is_not_a_pipeline(tmp_path: Path) -> None:
    with pytest.raises(NotAPipeline, match="Import the pipeline from its file"):
        InlineExecutor().execute(tmp_path)  # type: ignore[arg-type]
