"""Annotations that name datasets, one function per form.

Executed twice by ``test_annotations.py``, eagerly and under the future import.
"""

import sys
import typing
from pathlib import Path
from typing import Callable, Generic, Iterator, List, Optional, Tuple, TypeVar, Union

from glacier.core import Dataset

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

CASES = {}


def case(meaning, *, eager=(3, 8)):
    """Register a form, what it means, and where it can be written without the future import."""
    return lambda declare: CASES.setdefault(declare.__name__, (declare, meaning, eager))[0]


raw, clean = Dataset("raw"), Dataset("clean")
good, bad = Dataset("good"), Dataset("bad")
Raw = Annotated[int, Dataset("raw")]
MaybeRaw = Optional[Annotated[int, raw]]
T = TypeVar("T")
RawAs = Annotated[T, raw]
datasets = {"raw": Dataset("raw-of-dict"), "many": [Dataset("first"), Dataset("second")]}


class Registry:
    raw = Dataset("raw-of-registry")


class Row(Generic[T]):
    """A generic class of the user's."""


# --- the dataset itself ---------------------------------------------------------------------------


@case("data: raw -> clean")
def dataset(pipeline):
    @pipeline.task
    def f(data: raw) -> clean: ...


@case("data: raw -> clean")
def dataset_with_options(pipeline):
    @pipeline.task(name="g", tags=["nightly"])
    def f(data: raw) -> clean: ...


@case("data: raw -> clean")
def dataset_in_quotes(pipeline):
    @pipeline.task
    def f(data: "raw") -> "clean": ...


@case("data: raw -> clean")
def dataset_in_quotes_with_space_and_comment(pipeline):
    @pipeline.task
    def f(data: " raw  # the orders") -> "(\n  clean\n)": ...


@case("data: raw = None -> clean")
def dataset_in_quotes_with_a_default(pipeline):
    @pipeline.task
    def f(data: "raw" = None) -> clean: ...


@case("data: raw = [] -> nothing")
def dataset_with_a_default(pipeline):
    @pipeline.task
    def f(data: raw = []) -> None: ...  # noqa: B006  # this is the default


@case("-> clean")
def source(pipeline):
    @pipeline.task
    def f() -> clean: ...


@case("data: raw -> nothing")
def sink(pipeline):
    @pipeline.task
    def f(data: raw) -> None: ...


@case("data: raw -> nothing")
def sink_with_none_in_quotes(pipeline):
    @pipeline.task
    def f(data: raw) -> "None": ...


@case("data: raw -> nothing")
def sink_without_a_return(pipeline):
    @pipeline.task
    def f(data: raw): ...


@case("data: raw-of-registry -> clean")
def attribute(pipeline):
    @pipeline.task
    def f(data: Registry.raw) -> clean: ...


@case("data: raw-of-dict, more: second -> clean")
def item(pipeline):
    @pipeline.task
    def f(data: datasets["raw"], more: datasets["many"][1]) -> clean: ...


@case("data: raw, again: raw -> clean")
def dataset_twice(pipeline):
    @pipeline.task
    def f(data: raw, again: raw) -> clean: ...


@case("data: raw<int> -> clean<str>")
def declared_in_the_annotation(pipeline):
    @pipeline.task
    def f(data: Annotated[int, Dataset("raw")]) -> Annotated[str, Dataset("clean")]: ...


# --- with a type ----------------------------------------------------------------------------------


@case("data: raw<int> -> clean<list[str]>")
def annotated(pipeline):
    @pipeline.task
    def f(data: Annotated[int, raw]) -> Annotated[List[str], clean]: ...


@case("data: raw<list[int]> -> clean<dict[str, int]>", eager=(3, 9))
def annotated_builtin_generics(pipeline):
    @pipeline.task
    def f(data: Annotated[list[int], raw]) -> Annotated[dict[str, int], clean]: ...


@case("data: raw<Optional[int]> -> clean<Optional[Union[int, str]]>", eager=(3, 10))
def annotated_unions_with_a_bar(pipeline):
    @pipeline.task
    def f(data: Annotated[int | None, raw]) -> Annotated[int | str | None, clean]: ...


@case("data: raw<Row[int]> -> clean<Callable[[int], str]>")
def annotated_generic_class_and_callable(pipeline):
    @pipeline.task
    def f(data: Annotated[Row[int], raw]) -> Annotated[Callable[[int], str], clean]: ...


@case("data: raw<Iterator[int]>, file: good<Path> -> nothing")
def annotated_stream_and_file(pipeline):
    @pipeline.task
    def f(data: Annotated[Iterator[int], raw], file: Annotated[Path, good]) -> None: ...


@case("data: raw<int> -> clean")
def annotated_with_remarks(pipeline):
    @pipeline.task
    def f(data: Annotated[int, "in cents", raw, 3, {"unit": "cent"}]) -> clean: ...


@case("data: raw<int> -> clean")
def annotated_in_annotated(pipeline):
    @pipeline.task
    def f(data: Annotated[Annotated[int, "in cents"], raw]) -> clean: ...


@case("data: raw -> clean")
def annotated_dataset_with_a_remark(pipeline):
    @pipeline.task
    def f(data: Annotated[raw, "the orders"]) -> Annotated[clean, "without refunds"]: ...


@case("data: raw<int> -> clean<str>")
def annotated_in_quotes(pipeline):
    @pipeline.task
    def f(data: "Annotated[int, raw]") -> "Annotated[str, clean]": ...


@case("data: raw<int> -> clean<list[str]>")
def annotated_type_in_quotes(pipeline):
    @pipeline.task
    def f(data: Annotated["int", raw]) -> Annotated[List["str"], clean]: ...


@case("data: raw<int> -> clean<str>")
def annotated_type_in_quotes_in_quotes(pipeline):
    @pipeline.task
    def f(data: "Annotated['int', raw]") -> "Annotated['str', clean]": ...


@case("data: raw<int> = None -> clean")
def annotated_with_default_none(pipeline):
    @pipeline.task
    def f(data: Annotated[int, raw] = None) -> clean: ...


@case("data: raw?<int> -> clean<float>")
def annotated_attribute_of_typing(pipeline):
    @pipeline.task
    def f(data: typing.Optional[Annotated[int, raw]]) -> Annotated[float, clean]: ...


# --- aliases --------------------------------------------------------------------------------------


@case("data: raw<int> -> clean")
def alias(pipeline):
    @pipeline.task
    def f(data: Raw) -> clean: ...


@case("data: raw<int> -> clean")
def alias_in_quotes(pipeline):
    @pipeline.task
    def f(data: "Raw") -> clean: ...


@case("data: raw<int> -> raw<int>")
def alias_in_the_return(pipeline):
    @pipeline.task
    def f(data: Raw) -> Raw: ...


@case("data: raw<int> -> clean")
def alias_with_a_remark(pipeline):
    @pipeline.task
    def f(data: Annotated[Raw, "in cents"]) -> clean: ...


@case("data: raw<int> -> clean")
def alias_in_quotes_with_a_remark(pipeline):
    @pipeline.task
    def f(data: Annotated["Raw", "in cents"]) -> clean: ...


@case("data: raw?<int>, more: raw?<int> -> clean")
def alias_that_is_optional(pipeline):
    @pipeline.task
    def f(data: MaybeRaw, more: Optional[Raw]) -> clean: ...


@case("data: raw<str> -> clean")
def generic_alias(pipeline):
    @pipeline.task
    def f(data: RawAs[str]) -> clean: ...


@case("data: raw<int> -> clean")
def local_alias(pipeline):
    Here = Annotated[int, raw]

    @pipeline.task
    def f(data: Here) -> clean: ...


@case("data: raw<int> -> clean")
def alias_that_is_text(pipeline):
    Here = "Annotated[int, raw]"

    @pipeline.task
    def f(data: Here) -> clean: ...


# --- optional -------------------------------------------------------------------------------------


@case("a: raw?, b: raw?, c: raw? -> clean")
def optional(pipeline):
    @pipeline.task
    def f(a: Optional[raw], b: Union[raw, None], c: Union[None, raw]) -> clean: ...


@case("a: raw?, b: raw?, c: raw? = None -> clean")
def optional_with_a_bar(pipeline):
    @pipeline.task
    def f(a: raw | None, b: None | raw, c: raw | None = None) -> clean: ...


@case("a: raw?<int>, b: raw?<int> = None -> clean")
def optional_annotated(pipeline):
    @pipeline.task
    def f(a: Optional[Annotated[int, raw]], b: Optional[Annotated[int, raw]] = None) -> clean: ...


@case("a: raw?<int>, b: raw?<int> -> clean", eager=(3, 10))
def optional_annotated_with_a_bar(pipeline):
    @pipeline.task
    def f(a: Annotated[int, raw] | None, b: None | Annotated[int, raw]) -> clean: ...


@case("a: raw?, b: raw?, c: raw?<int> -> clean")
def optional_in_quotes(pipeline):
    @pipeline.task
    def f(a: "Optional[raw]", b: "raw | None", c: "Optional[Annotated[int, raw]]") -> clean: ...


@case("a: raw?, b: raw?<int>, c: raw? -> clean")
def optional_of_quotes(pipeline):
    @pipeline.task
    def f(a: Optional["raw"], b: Optional["Raw"], c: Union["raw", None]) -> clean: ...


@case("-> clean<Optional[int]>")
def optional_output(pipeline):
    @pipeline.task
    def f() -> Optional[Annotated[int, clean]]: ...


@case("-> clean")
def optional_output_without_a_type(pipeline):
    @pipeline.task
    def f() -> clean | None: ...


@case("-> (good<Optional[int]>, bad)")
def optional_output_among_several(pipeline):
    @pipeline.task
    def f() -> Tuple[Optional[Annotated[int, good]], Optional[bad]]: ...


@case("a: raw?, b: raw? -> clean")
def optional_inside_annotated(pipeline):
    @pipeline.task
    def f(
        a: Annotated[Optional[raw], "the orders"], b: Annotated[raw | None, "again"]
    ) -> clean: ...


# --- mapped ---------------------------------------------------------------------------------------


@case("item: raw.each -> clean")
def each(pipeline):
    @pipeline.task
    def f(item: raw.each) -> clean: ...


@case("item: raw.each<int>, whole: raw -> clean")
def each_annotated(pipeline):
    @pipeline.task
    def f(item: Annotated[int, raw.each], whole: raw) -> clean: ...


@case("item: raw.each -> clean")
def each_in_quotes(pipeline):
    @pipeline.task
    def f(item: "raw.each") -> clean: ...


@case("item: raw.each? -> clean")
def each_optional(pipeline):
    @pipeline.task
    def f(item: Optional[raw.each]) -> clean: ...


@case("item: raw.each? -> clean")
def each_optional_with_a_bar(pipeline):
    @pipeline.task
    def f(item: raw.each | None) -> clean: ...


@case("item: raw.each?<int> -> clean")
def each_optional_annotated(pipeline):
    @pipeline.task
    def f(item: Optional[Annotated[int, raw.each]]) -> clean: ...


@case("item: raw.each -> (good, bad)")
def each_with_several_outputs(pipeline):
    @pipeline.task
    def f(item: raw.each) -> (good, bad): ...


# --- several outputs ------------------------------------------------------------------------------


@case("-> (good, bad)")
def outputs_as_a_tuple(pipeline):
    @pipeline.task
    def f() -> (good, bad): ...


@case("-> (good,)")
def outputs_as_a_tuple_of_one(pipeline):
    @pipeline.task
    def f() -> (good,): ...


@case("-> (good, bad)", eager=(3, 9))
def outputs_as_builtin_tuple(pipeline):
    @pipeline.task
    def f() -> tuple[good, bad]: ...


@case("-> (good,)", eager=(3, 9))
def outputs_as_builtin_tuple_of_one(pipeline):
    @pipeline.task
    def f() -> tuple[good]: ...


@case("-> (good, bad)")
def outputs_as_typing_tuple(pipeline):
    @pipeline.task
    def f() -> Tuple[good, bad]: ...


@case("-> (good<int>, bad<str>)")
def outputs_with_types(pipeline):
    @pipeline.task
    def f() -> Tuple[Annotated[int, good], Annotated[str, bad]]: ...


@case("-> (good<int>, bad)")
def outputs_with_and_without_types(pipeline):
    @pipeline.task
    def f() -> (Annotated[int, good], bad): ...


@case("-> (good, bad)")
def outputs_in_quotes(pipeline):
    @pipeline.task
    def f() -> "(good, bad)": ...


@case("-> (good, bad)")
def outputs_in_quotes_without_brackets(pipeline):
    @pipeline.task
    def f() -> "good, bad": ...


@case("-> (good, bad)", eager=(3, 9))
def outputs_of_quotes(pipeline):
    @pipeline.task
    def f() -> tuple["good", "bad"]: ...


@case("-> (good, bad<int>)")
def outputs_of_quotes_in_typing_tuple(pipeline):
    @pipeline.task
    def f() -> Tuple["good", "Annotated[int, bad]"]: ...


@case("-> (good<int>, bad)")
def outputs_as_an_alias(pipeline):
    Both = Tuple[Annotated[int, good], bad]

    @pipeline.task
    def f() -> Both: ...


@case("-> (good, bad)")
def outputs_with_a_remark(pipeline):
    @pipeline.task
    def f() -> Annotated[Tuple[good, bad], "by quality"]: ...


@case("-> clean<tuple[int, str]>")
def one_output_that_is_a_tuple(pipeline):
    @pipeline.task
    def f() -> Annotated[Tuple[int, str], clean]: ...
