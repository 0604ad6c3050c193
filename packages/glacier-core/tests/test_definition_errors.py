"""Every definition error: what, where, the name, the nearest right one, and how to mend it."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any, Dict, List, Tuple, Type

import pytest
from places import at, file_of, line

from glacier.core import Dataset, Pipeline, Secret, Task
from glacier.core.errors import (
    ConflictingParameters,
    CyclicPipeline,
    DefinitionError,
    DefinitionErrors,
    DuplicateDataset,
    DuplicateProducer,
    DuplicateTask,
    EmptyPipeline,
    GlacierError,
    IncompatibleTypes,
    InvalidOption,
    MissingProducer,
    NotCallable,
    TaskAsAnnotation,
    UnresolvedAnnotation,
)
from glacier.core.testing import InlineExecutor

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

raw = Dataset("raw")
clean = Dataset("clean")
report = Dataset("report")
flag = Dataset("flag")

HERE = file_of(__file__)


def nothing() -> None:
    """A function that is fit to be a task."""


def problem(pipeline: Pipeline, kind: Type[GlacierError]) -> str:
    """The text of the one problem that a pipeline has."""
    with pytest.raises(kind) as caught:
        pipeline.graph()
    assert type(caught.value) is kind
    assert caught.value.problems == (caught.value,)
    return str(caught.value)


# --- two producers --------------------------------------------------------------------------------


def test_two_producers_are_both_named() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract() -> raw:
        """Produce it."""

    @pipeline.task
    def download() -> raw:
        """Produce it as well."""

    assert problem(pipeline, DuplicateProducer) == (
        f"dataset 'raw' has two producers: {at(extract)} and {at(download)}. "
        "A dataset is produced by one task: let each of them return a dataset of its own."
    )


def test_all_producers_of_a_dataset_are_one_problem() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def one() -> raw: ...

    @pipeline.task
    def two() -> (clean, raw): ...

    @pipeline.task
    def three() -> raw: ...

    assert problem(pipeline, DuplicateProducer).startswith(
        f"dataset 'raw' has 3 producers: {at(one)}, {at(two)} and {at(three)}. "
    )


# --- cycles ---------------------------------------------------------------------------------------


def test_a_cycle_is_drawn_as_a_path() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract(old: report) -> raw: ...

    @pipeline.task
    def transform(data: raw) -> clean: ...

    @pipeline.task
    def publish(data: clean) -> report: ...

    assert problem(pipeline, CyclicPipeline) == (
        "tasks wait for each other in a cycle: extract -> transform -> publish -> extract\n"
        f"  {at(extract)} -> 'raw'      is read by transform\n"
        f"  {at(transform)} -> 'clean'  is read by publish\n"
        f"  {at(publish)} -> 'report'   is read by extract\n"
        "Break it: let one of them read or produce another dataset."
    )


def test_a_task_that_reads_what_it_produces_is_a_cycle() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def update(data: raw) -> raw: ...

    assert problem(pipeline, CyclicPipeline) == (
        f"{at(update)} waits for itself: update -> 'raw' -> update. "
        "Let it read or produce another dataset."
    )


def test_a_cycle_may_go_through_one_of_several_outputs() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def split(data: report) -> (raw, clean): ...

    @pipeline.task
    def merge(data: clean) -> (flag, report): ...

    text = problem(pipeline, CyclicPipeline)
    assert "in a cycle: split -> merge -> split\n" in text
    assert f"  {at(split)} -> 'clean'   is read by merge\n" in text
    assert f"  {at(merge)} -> 'report'  is read by split\n" in text


def test_a_cycle_may_go_through_a_condition() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task(when=flag)
    def extract() -> raw: ...

    @pipeline.task
    def check(data: raw) -> flag: ...

    text = problem(pipeline, CyclicPipeline)
    assert f"  {at(extract)} -> 'raw'  is read by check\n" in text
    assert f"  {at(check)} -> 'flag'   decides whether extract runs\n" in text


def test_a_condition_that_the_task_reads_too_is_drawn_as_read() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task(when=flag)
    def extract(data: flag) -> raw: ...

    @pipeline.task
    def check(data: raw) -> flag: ...

    assert "'flag'   is read by extract\n" in problem(pipeline, CyclicPipeline)


# --- a dataset without producer -------------------------------------------------------------------


def test_a_dataset_that_nothing_produces_names_its_readers_and_the_nearest_name() -> None:
    pipeline, misspelt, declared = Pipeline("etl"), Dataset("claen"), line()

    @pipeline.task
    def transform() -> clean: ...

    @pipeline.task
    def publish(data: misspelt) -> None: ...

    @pipeline.task
    def archive(data: misspelt) -> None: ...

    assert problem(pipeline, MissingProducer) == (
        f"dataset 'claen' ({HERE}:{declared}) is read by {at(publish)} and {at(archive)}, but no "
        "task produces it. Did you mean 'clean'? Write a task that returns it ('-> claen'), "
        "give it a storage to read from, or feed it: execute(pipeline, inputs={'claen': …})."
    )


def test_a_dataset_that_nothing_produces_is_named_without_a_guess_where_none_is_near() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task(when=flag)
    def transform() -> clean: ...

    assert "but no task produces it. Write a task" in problem(pipeline, MissingProducer)
    assert f"is read by {at(transform)}, but" in problem(pipeline, MissingProducer)


def test_many_readers_are_counted() -> None:
    pipeline = Pipeline("etl")
    for number in range(10):

        @pipeline.task(name=f"t{number}")
        def read(data: raw) -> None: ...

    assert "t7 (" in problem(pipeline, MissingProducer)
    assert " and 2 more, but no task" in problem(pipeline, MissingProducer)


def test_an_input_that_was_misspelt_is_the_first_guess() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def transform(data: raw) -> clean: ...

    with pytest.raises(MissingProducer, match=r"The input 'rwa' was given: did you mean 'raw'\?"):
        InlineExecutor().execute(pipeline, inputs={"rwa": []})


# --- names alike ----------------------------------------------------------------------------------


def test_two_tasks_alike_are_both_placed() -> None:
    pipeline = Pipeline("etl")

    def make(number: int) -> Task[Any, Any]:
        if number:

            @pipeline.task
            def extract() -> raw: ...

            return extract

        @pipeline.task(name="extract")
        def download() -> clean: ...

        return download

    lines = [make(number).function.__code__.co_firstlineno for number in range(2)]

    assert problem(pipeline, DuplicateTask) == (
        f"two tasks are named 'extract', declared at {HERE}:{lines[0]} and {HERE}:{lines[1]}. "
        "Rename all but one, or give them names: @pipeline.task(name='…')."
    )


def test_tasks_alike_of_a_loop_are_one_problem() -> None:
    pipeline = Pipeline("etl")
    for _number in range(3):

        @pipeline.task
        def extract(day: int = 1) -> None: ...

    where = f"{HERE}:{extract.function.__code__.co_firstlineno}"
    assert problem(pipeline, DuplicateTask) == (
        f"3 tasks are named 'extract', all declared at {where}. "
        "In a loop or a factory give each a name: @pipeline.task(name=f'extract-{…}')."
    )


def test_two_datasets_alike_are_both_placed() -> None:
    pipeline = Pipeline("etl")
    first, one = Dataset("raw"), line()
    second, two = Dataset("raw"), line()

    @pipeline.task
    def extract() -> first: ...

    @pipeline.task
    def transform(data: second) -> clean: ...

    assert problem(pipeline, DuplicateDataset) == (
        f"two different datasets are named 'raw', declared at {HERE}:{one} and {HERE}:{two}. "
        "Make one Dataset object and use it everywhere, or give each a name of its own."
    )


def test_datasets_alike_of_a_loop_are_one_problem() -> None:
    pipeline = Pipeline("etl")
    made = [Dataset("raw") for _ in range(3)]

    @pipeline.task
    def read(one: made[0], two: made[1], three: made[2]) -> None: ...

    with pytest.raises(DefinitionErrors) as caught:
        pipeline.graph()
    assert str(caught.value.problems[0]).startswith(
        f"3 different datasets are named 'raw', all declared at {HERE}:"
    )


# --- value types ----------------------------------------------------------------------------------


def typed(produced: Any, consumed: Any) -> Tuple[str, str, str]:
    """The problem of a producer and a consumer, and where these two are."""
    pipeline = Pipeline("etl")

    @pipeline.task
    def download() -> Annotated[produced, raw]: ...

    @pipeline.task
    def load(data: consumed) -> clean: ...

    return problem(pipeline, IncompatibleTypes), at(download), at(load)


def test_types_that_do_not_agree_are_both_placed() -> None:
    text, producer, consumer = typed(List[int], Annotated[Dict[str, int], raw])

    assert text == (
        "dataset 'raw' is read as another type than it is produced as:\n"
        f"  {producer} produces list[int]\n"
        f"  {consumer} reads dict[str, int] as parameter 'data'\n"
        "Make the two annotations agree, or convert in one of the tasks."
    )


def test_a_mapped_consumer_disagrees_on_the_items() -> None:
    text, _, consumer = typed(List[int], Annotated[str, raw.each])

    assert f"  {consumer} reads str per item as parameter 'data'\n" in text


def test_a_mapped_consumer_needs_something_with_items() -> None:
    text, producer, consumer = typed(int, Annotated[int, raw.each])

    assert f"  {producer} produces int\n  {consumer} reads int per item" in text
    assert text.endswith("Make the two annotations agree, or convert in one of the tasks.")


def test_a_mapped_producer_makes_a_list() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def measure(item: raw.each) -> Annotated[int, clean]: ...

    @pipeline.task
    def load(data: Annotated[int, clean]) -> None: ...

    with pytest.raises(IncompatibleTypes) as caught:
        pipeline.graph(inputs=["raw"])
    assert str(caught.value) == (
        "dataset 'clean' is read as another type than it is produced as:\n"
        f"  {at(measure)} produces list[int], for it is mapped: one int per item\n"
        f"  {at(load)} reads int as parameter 'data'\n"
        "Read all of it as list[int], or item by item with '.each'."
    )


def test_what_a_mapped_producer_makes_can_be_read_as_a_list_and_by_item() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def measure(item: raw.each) -> Annotated[int, clean]: ...

    @pipeline.task
    def total(data: Annotated[List[int], clean]) -> None: ...

    @pipeline.task
    def each(item: Annotated[int, clean.each]) -> None: ...

    assert len(pipeline.graph(inputs=["raw"]).tasks) == 3


def test_a_condition_is_a_bool() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def count() -> Annotated[int, flag]: ...

    @pipeline.task(when=flag)
    def load() -> clean: ...

    assert problem(pipeline, IncompatibleTypes) == (
        "dataset 'flag' is read as another type than it is produced as:\n"
        f"  {at(count)} produces int\n"
        f"  {at(load)} asks it whether to run (when=), so it must be bool\n"
        "Produce a bool, or let another dataset decide."
    )


def test_a_condition_may_be_of_unknown_type_or_bool() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def count() -> (Annotated[bool, flag], raw): ...

    @pipeline.task(when=flag)
    def load() -> clean: ...

    @pipeline.task(when=raw)
    def publish() -> report: ...

    assert len(pipeline.graph().tasks) == 3


# --- run parameters -------------------------------------------------------------------------------


def test_run_parameters_that_do_not_agree_are_shown_with_all_their_forms() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract(days: int = 7) -> raw: ...

    @pipeline.task
    def download(days: int) -> clean: ...

    @pipeline.task
    def load(days: int = 7) -> report: ...

    @pipeline.task
    def check(days: str = "7") -> flag: ...

    assert problem(pipeline, ConflictingParameters) == (
        "run parameter 'days' is declared in 3 ways:\n"
        f"  days: int = 7    in {at(extract)} and {at(load)}\n"
        f"  days: int        in {at(download)}\n"
        f"  days: str = '7'  in {at(check)}\n"
        "One name is one parameter: make type and default agree, or rename one."
    )


def test_run_parameters_of_two_classes_with_one_name_are_told_apart() -> None:
    pipeline = Pipeline("etl")
    first, second = Enum("Color", "RED"), Enum("Color", "RED", module="other")

    @pipeline.task
    def extract(color: first) -> raw: ...

    @pipeline.task
    def load(color: second) -> clean: ...

    text = problem(pipeline, ConflictingParameters)
    assert "is declared in two ways:\n" in text
    assert f"color: {__name__}.Color  in {at(extract)}\n" in text
    assert f"color: other.Color{' ' * (len(__name__) - 5)}  in {at(load)}\n" in text


# --- annotations and declarations -----------------------------------------------------------------


def test_a_name_that_is_still_unknown_at_graph_time_is_placed_and_guessed() -> None:
    pipeline, scope = Pipeline("etl"), {"clean": clean}
    exec("def load(data: claen) -> None: ...", scope)  # as under the import at the top
    task = pipeline.task(scope["load"])

    assert problem(pipeline, UnresolvedAnnotation) == (
        f"load ({task.place}): parameter 'data' is annotated 'claen', which is not defined. "
        "Did you mean 'clean'?"
    )


def test_a_name_that_is_like_none_lists_the_datasets_that_are_there() -> None:
    pipeline, scope = Pipeline("etl"), {"clean": clean, "raw": raw}
    exec("def load(data: orders) -> None: ...", scope)
    pipeline.task(scope["load"])

    assert problem(pipeline, UnresolvedAnnotation).endswith(
        "which is not defined. Define the dataset before the task. "
        "Datasets that are defined there: 'clean' and 'raw'."
    )


def test_a_name_that_is_defined_by_graph_time_is_an_edge() -> None:
    pipeline, scope = Pipeline("etl"), {}  # type: ignore[var-annotated]
    exec("def load(data: later) -> None: ...", scope)
    pipeline.task(scope["load"])
    scope["later"] = raw

    assert pipeline.graph(inputs=["raw"]).sources == ("raw",)


def test_a_task_in_the_place_of_its_dataset_names_the_dataset() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def extract() -> (raw, clean): ...

    with pytest.raises(TaskAsAnnotation) as caught:

        @pipeline.task
        def load(data: extract) -> None: ...

    assert str(caught.value).endswith(
        "parameter 'data' is annotated with the task 'extract'; edges go through datasets. "
        "Annotate it with what the task produces: 'raw' and 'clean'."
    )
    assert str(caught.value).startswith(f"load ({HERE}:")


@pytest.mark.parametrize(
    ("when", "mend"),
    [
        ("flag", "Give the boolean dataset that decides, such as when=is_monday."),
        (Annotated[bool, "flag"], "Give the boolean dataset that decides, such as when=is_monday."),
    ],
)
def test_a_condition_that_is_no_dataset(when: Any, mend: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        Pipeline("etl").task(when=when)(nothing)

    assert str(caught.value).startswith(
        f"nothing ({HERE}:{nothing.__code__.co_firstlineno}): when= is "
    )
    assert str(caught.value).endswith(mend)


def test_a_condition_that_is_a_task_points_to_its_dataset() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def check() -> flag: ...

    with pytest.raises(InvalidOption, match="Give the boolean dataset that this task produces"):
        pipeline.task(when=check)(nothing)  # type: ignore[call-overload]


def test_tags_that_are_no_words() -> None:
    with pytest.raises(InvalidOption, match=r"tags= is 3 \(an int\)\. Give words, such as tags="):
        Pipeline("etl").task(tags=3)(nothing)  # type: ignore[call-overload]


@pytest.mark.parametrize("called", [raw, raw.each, raw | None, Secret("key")])
def test_what_stands_in_an_annotation_cannot_be_called(called: Any) -> None:
    with pytest.raises(NotCallable, match="is not a function and cannot be called"):
        called()


def test_a_pipeline_without_tasks() -> None:
    assert problem(Pipeline("etl"), EmptyPipeline) == (
        "pipeline 'etl' has no tasks. Put '@pipeline.task' above a function, with this Pipeline "
        "object, before the pipeline is used."
    )


# --- all together ---------------------------------------------------------------------------------


def test_all_problems_of_a_pipeline_are_reported_in_one_go() -> None:
    pipeline, misspelt = Pipeline("etl"), Dataset("rwa")
    twins = [Dataset("twin") for _ in range(2)]

    @pipeline.task
    def extract(day: str) -> Annotated[int, raw]: ...

    @pipeline.task
    def download(day: int) -> raw: ...

    @pipeline.task(name="extract")
    def again(data: Annotated[str, raw]) -> twins[0]: ...

    @pipeline.task
    def loop(data: clean, other: twins[1]) -> clean: ...

    @pipeline.task
    def load(data: misspelt) -> None: ...

    with pytest.raises(DefinitionErrors) as caught:
        pipeline.graph()

    error = caught.value
    assert [type(problem) for problem in error.problems] == [
        DuplicateTask,
        DuplicateDataset,
        DuplicateProducer,
        MissingProducer,
        IncompatibleTypes,
        ConflictingParameters,
        CyclicPipeline,
    ]
    assert str(error).startswith(
        "pipeline 'etl' has 7 problems:\n  1. two tasks are named 'extract'"
    )
    numbered = "".join(
        f"  {number}. " + str(one).replace("\n", "\n     ") + "\n"
        for number, one in enumerate(error.problems, 1)
    )
    assert str(error) == f"pipeline 'etl' has 7 problems:\n{numbered}".rstrip("\n")
    assert isinstance(error, DefinitionError)


def test_what_cannot_be_read_is_reported_beside_the_rest_and_starts_no_false_alarm() -> None:
    pipeline, scope = Pipeline("etl"), {"raw": raw, "clean": clean}
    exec(
        "def extract(a: nowhere, b: nothing) -> raw: ...\n"
        "def transform(data: raw) -> clean: ...\n"
        "def copy(data: raw) -> clean: ...",
        scope,
    )
    for name in ("extract", "transform", "copy"):
        pipeline.task(scope[name])

    with pytest.raises(DefinitionErrors) as caught:
        pipeline.graph()

    assert [type(problem) for problem in caught.value.problems] == [
        UnresolvedAnnotation,
        UnresolvedAnnotation,
        DuplicateProducer,  # but raw is not said to be missing: the unread task produces it
    ]


def test_a_pipeline_that_is_mended_has_no_problem_any_more() -> None:
    pipeline = Pipeline("etl")

    @pipeline.task
    def load(data: raw) -> clean: ...

    problem(pipeline, MissingProducer)

    @pipeline.task
    def extract() -> raw: ...

    assert pipeline.graph().producers == {"clean": 0, "raw": 1}
