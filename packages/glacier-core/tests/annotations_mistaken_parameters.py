"""Parameters and callables that cannot be, one function per mistake, and what each is told.

Executed twice by ``test_annotations.py``, eagerly and under the future import. Of a text, ``{f}``
stands for the task with its place, ``{kinds}`` for the types of parameters, and ``{any}`` for what
differs between Pythons.
"""

import functools
import math
import types
from datetime import date
from typing import Generic, List, Literal, Optional, Tuple, TypeVar, Union

from glacier.core import Dataset, Pipeline, Secret

CASES = {}


def case(told, *, eager=(3, 8)):
    """Register a mistake, what is said of it, and where it can be made without that import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, told, eager))[0]


raw, clean, good = Dataset("raw"), Dataset("clean"), Dataset("good")
T = TypeVar("T")
pipeline_of_module = Pipeline("module")


class Row(Generic[T]):
    """A generic class of the user's."""


@pipeline_of_module.task
def extract() -> raw: ...


# --- parameters -----------------------------------------------------------------------------------


@case(
    "{f}: parameter 'row' has type Row[int]: neither a dataset nor a run parameter. Write "
    "Annotated[Row[int], dataset] to read a dataset. {kinds}"
)
def parameter_of_another_type(pipeline):
    @pipeline.task
    def f(data: raw, row: Row[int]) -> clean: ...


@case(
    "{f}: parameter 'point' has type tuple[int, int]: neither a dataset nor a run parameter. "
    "Write Annotated[tuple[int, int], dataset] to read a dataset. {kinds}"
)
def parameter_that_is_a_tuple(pipeline):
    @pipeline.task
    def f(data: raw, point: Tuple[int, int]) -> clean: ...


@case(
    "{f}: parameter 'day' has type Union[date, str]: neither a dataset nor a run parameter. "
    "Write Annotated[Union[date, str], dataset] to read a dataset. {kinds} In a union no two "
    "may look alike in JSON."
)
def parameter_whose_text_is_ambiguous(pipeline):
    @pipeline.task
    def f(data: raw, day: Union[date, str]) -> clean: ...


@case(
    "{f}: parameter 'n' is annotated 3, which is neither a dataset nor a type. Name the "
    "dataset itself, or write a type."
)
def parameter_that_is_a_value(pipeline):
    @pipeline.task
    def f(data: raw, n: 3 = 3) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated parameter_that_is_a_function.<locals>.dataset, which "
    "is neither a dataset nor a type. Name the dataset itself, or write a type."
)
def parameter_that_is_a_function(pipeline):
    def dataset():
        return raw

    @pipeline.task
    def f(data: dataset = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated input, which is neither a dataset nor a type. Name the "
    "dataset itself, or write a type."
)
def parameter_that_is_a_builtin_function(pipeline):
    @pipeline.task
    def f(data: input = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated math, which is neither a dataset nor a type. Name the "
    "dataset itself, or write a type."
)
def parameter_that_is_a_module(pipeline):
    @pipeline.task
    def f(data: math = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated namespace(raw=Dataset('raw')), which is neither a "
    "dataset nor a type. Name the dataset itself, or write a type."
)
def parameter_that_is_a_namespace(pipeline):
    datasets = types.SimpleNamespace(raw=raw)

    @pipeline.task
    def f(data: datasets = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated <Pipeline 'module': {any}>, which is neither a "
    "dataset nor a type. Name the dataset itself, or write a type."
)
def parameter_that_is_a_pipeline(pipeline):
    @pipeline.task
    def f(data: pipeline_of_module = None) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the class Dataset, not with one of its objects. "
    "Name the object itself: 'data: raw', where raw = Dataset('raw')."
)
def class_of_datasets(pipeline):
    @pipeline.task
    def f(data: Dataset) -> clean: ...


@case(
    "{f}: parameter 'data' has Dataset('raw') for its default. What a task reads stands in the "
    "annotation: 'data: …'."
)
def class_of_datasets_with_a_dataset_for_a_default(pipeline):
    @pipeline.task
    def f(data: Dataset = raw) -> clean: ...


@case(
    "{f}: parameter 'data' is annotated with the class Dataset, not with one of its objects. "
    "Name the object itself: 'data: raw', where raw = Dataset('raw')."
)
def class_of_datasets_inside_another(pipeline):
    @pipeline.task
    def f(data: Optional[List[Dataset]] = None) -> clean: ...


@case(
    "{f}: the return is annotated with the class Dataset, not with one of its objects. Name "
    "the object itself: 'data: raw', where raw = Dataset('raw')."
)
def class_of_datasets_in_the_return(pipeline):
    @pipeline.task
    def f(data: raw) -> Dataset: ...


@case(
    "{f} has 3 problems:\n"
    "  1. {f}: parameter 'data' has Dataset('raw') for its default. What a task reads stands "
    "in the annotation: 'data: …'.\n"
    "  2. {f}: parameter 'more' has Dataset('good') for its default. What a task reads stands "
    "in the annotation: 'more: …'.\n"
    "  3. {f}: parameter 'again' has Dataset('clean') for its default. What a task reads "
    "stands in the annotation: 'again: …'."
)
def dataset_for_a_default(pipeline):
    @pipeline.task
    def f(data: Row = raw, more: int = good, again: clean = clean) -> None: ...


@case(
    "{f}: parameter 'key' has Secret('crm-key') for its default. What a task reads stands in "
    "the annotation: 'key: …'."
)
def secret_for_a_default(pipeline):
    @pipeline.task
    def f(data: raw, key: str = Secret("crm-key")) -> clean: ...


@case(
    "{f} has 2 problems:\n"
    "  1. {f}: the default of parameter 'n': '3' (a str) is not int. Make them agree.\n"
    "  2. {f}: the default of parameter 'day': '2024-01-31' (a str) is not date. Make them "
    "agree."
)
def default_of_another_type(pipeline):
    @pipeline.task
    def f(data: raw, n: int = "3", day: date = "2024-01-31") -> clean: ...


@case("{f}: the default of parameter 'n': item 1: '2' (a str) is not int. Make them agree.")
def default_with_an_item_of_another_type(pipeline):
    @pipeline.task
    def f(data: raw, n: List[int] = [1, "2"]) -> clean: ...  # noqa: B006


@case("{f}: the default of parameter 'n': 'c' (a str) is not Literal['a', 'b']. Make them agree.")
def default_that_is_no_literal(pipeline):
    @pipeline.task
    def f(data: raw, n: Literal["a", "b"] = "c") -> clean: ...


@case("{f}: 'a' and 'c' are both mapped ('.each'). Map over one dataset per task.")
def mapped_twice(pipeline):
    @pipeline.task
    def f(a: raw.each, b: good, c: good.each) -> clean: ...


@case(
    "{f}: parameter 'b' can be given by position only, but 'a' before it may be left out, to "
    "keep its default. Let the '/' of the signature stand before 'b'."
)
def positional_only_after_what_may_be_left_out(pipeline):
    @pipeline.task
    def f(a: raw = None, b: good = None, /, c: clean = None) -> None: ...


# --- the callable ---------------------------------------------------------------------------------


@case(
    "len ({file}:{any}): <built-in function len> is not a Python function, so it has no "
    "annotations to read. Wrap it in a function with annotations."
)
def builtin_function(pipeline):
    pipeline.task(len)


@case(
    "Row ({file}:{any}): <class 'annotations_mistaken_parameters.Row'> is not a Python function, "
    "so it has no annotations to read. Wrap it in a function with annotations."
)
def class_in_the_place_of_a_function(pipeline):
    pipeline.task(Row)


@case(
    "Cleaner ({file}:{any}): <class {any}Cleaner'> is not a Python function, so it has no "
    "annotations to read. Wrap it in a function with annotations."
)
def class_with_a_call_in_the_place_of_an_object(pipeline):
    class Cleaner:
        def __call__(self, data: raw) -> clean: ...

    pipeline.task(Cleaner)


@case(
    "f ({file}:{any}): functools.partial(<built-in function sorted>, reverse=True) is not a "
    "Python function, so it has no annotations to read. Wrap it in a function with annotations."
)
def partial_of_a_builtin_function(pipeline):
    pipeline.task(functools.partial(sorted, reverse=True), name="f")


# --- several at once ------------------------------------------------------------------------------


@case(
    "{f} has 8 problems:\n"
    "  1. {f}: *args and **kwargs have no fixed datasets. Name each parameter.\n"
    "  2. {f}: parameter 'self' has no annotation. A task is a plain function: make it a "
    "@staticmethod or move it out of the class.\n"
    "  3. {f}: parameter 'data' is annotated with the task 'extract'; edges go through "
    "datasets. Annotate it with what the task produces: 'raw'.\n"
    "  4. {f}: parameter 'more' has Dataset('raw') inside another type. Write Annotated[…, "
    "raw] around the whole type.\n"
    "  5. {f}: the default of parameter 'n': '3' (a str) is not int. Make them agree.\n"
    "  6. {f}: parameter 'when' is annotated 'rwa', which is not defined. Did you mean 'raw'? "
    "{inside}\n"
    "  7. {f}: the return is annotated int, which is no dataset, so its value would be lost. "
    "Write '-> Annotated[int, dataset]' to produce one, or '-> None'.\n"
    "  8. {f}: the return annotation names a dataset twice. Name each once."
)
def everything_at_once(pipeline):
    @pipeline.task
    def f(
        self, data: extract, more: List[raw], n: int = "3", *, when: "rwa", **rest: int
    ) -> (good, good, int): ...
